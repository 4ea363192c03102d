import { Fault } from '../../base/fault.ts'
import type { Field, FieldFlag, Value } from '../../condition/field.ts'
import { type Json, textOf } from '../shared/json.ts'
import type { AuditEvent } from './event.ts'

export type AuditField = Field<AuditEvent>

/** A field with one text. */
export function text(name: string, help: string, read: (event: AuditEvent) => Json | undefined, ...flags: FieldFlag[]): AuditField {
  return { name, type: 'CHARBUF', help, ...(flags.length > 0 && { flags }), get: (event) => textOf(read(event)) }
}

/** A field with several texts, such as the names of groups. */
export function list(name: string, help: string, read: (event: AuditEvent) => readonly string[]): AuditField {
  return { name, type: 'CHARBUF', flags: ['list'], help, get: (event) => some(read(event)) }
}

/**
 * A field with the texts of several things, such as the images of containers: of all of them, or with an index of one.
 *
 * `read` gives the things, `textsOf` what to show of one: none, one or more texts.
 */
export function listEach<T>(
  name: string,
  help: string,
  read: (event: AuditEvent) => readonly T[],
  textsOf: (thing: T, event: AuditEvent) => readonly string[],
): AuditField {
  return {
    name,
    type: 'CHARBUF',
    flags: ['list'],
    arg: { required: false, kind: 'index' },
    help,
    get: (event) => some(read(event).flatMap((thing) => textsOf(thing, event))),
    at: (arg) => {
      const index = indexOf(name, arg)
      return (event) => {
        const thing = read(event)[index]
        return thing === undefined ? undefined : some(textsOf(thing, event))
      }
    },
  }
}

// A list of nothing is no value: `exists` is false.
function some(values: readonly string[]): Value {
  return values.length === 0 ? undefined : values
}

function indexOf(name: string, arg: string): number {
  if (/^\+?\d{1,9}$/.test(arg)) return Number(arg)
  throw new Fault('field-argument', `${name} takes a number from 0, not ${arg}`)
}
