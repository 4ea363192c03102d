import { toByteString } from '../base/text.ts'
import type { Field, Value } from '../condition/field.ts'
import type { DocumentEvent, Plugin } from './plugin.ts'
import { type Json, textOf } from './shared/json.ts'
import { parsePointer, resolve } from './shared/pointer.ts'

const pointerHelp =
  'Value in the JSON text of the event, at the place that the argument gives as a JSON pointer (RFC 6901): /user/username.'

/** `json.*` and `jevt.*`: any value of an event that is JSON. */
export const jsonPlugin: Plugin<DocumentEvent> = {
  name: 'json',
  description: 'Values of events that are JSON, by their place.',
  contact: 'the makers of Eyas',
  version: '0.7.3',
  initSchema: { $schema: 'http://json-schema.org/draft-07/schema#', type: ['object', 'string', 'null'] },
  fields: () => ({
    name: 'json',
    description: 'Values in the JSON text of an event.',
    fields: [...fieldsOf('json', ''), ...fieldsOf('jevt', ' Older name of the same field of json.')],
  }),
}

function fieldsOf(prefix: string, note: string): Field<DocumentEvent>[] {
  return [
    { name: `${prefix}.value`, type: 'CHARBUF', arg: { required: true, kind: 'key' }, help: `${pointerHelp}${note}`, at: valueAt },
    { name: `${prefix}.obj`, type: 'CHARBUF', help: `The whole event as JSON text.${note}`, get: (e) => textOf(e.document) },
    { name: `${prefix}.rawtime`, type: 'CHARBUF', help: `Nanoseconds since the epoch, as text.${note}`, get: (e) => e.rawTime },
  ]
}

function valueAt(arg: string): (event: DocumentEvent) => Value {
  const tokens = parsePointer(toByteString(arg))
  return (event) => {
    const value = resolve(event.document, tokens)
    return textOf(isInexact(value) ? resolve(event.exactDocument(), tokens) : value)
  }
}

function isInexact(value: Json | undefined): boolean {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
}
