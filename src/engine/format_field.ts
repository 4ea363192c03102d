import { Fault } from '../base/fault.ts'
import type { Catalogue, Field, Value } from '../condition/field.ts'
import { FormatFault, type ShownField } from './format.ts'

/** A field in an output. */
export interface FieldToken<E> extends ShownField<E> {
  /** Where the text goes on. */
  readonly end: number
}

/**
 * The field whose name starts at `start`, as long as it can be: text may follow without a blank (`%proc.nameand`).
 *
 * @throws FormatFault for an argument that the field does not take.
 */
export function fieldToken<E>(text: string, start: number, catalogue: Catalogue<E>): FieldToken<E> | undefined {
  const run = /^[a-zA-Z0-9_.]{1,200}/.exec(text.slice(start, start + 200))?.[0] ?? ''
  for (let length = run.length; length > 0; length--) {
    const name = run.slice(0, length)
    const found = findField(name, catalogue)
    if (found === undefined) continue
    const bracket = found.arg === undefined && found.field.arg !== undefined ? readBracket(text, start + length) : undefined
    const arg = found.arg ?? bracket?.arg
    if (arg === undefined && found.field.arg?.required === true) continue
    const end = bracket?.end ?? start + length
    return { token: text.slice(start, end), field: found.field, read: showReader(found.field, arg, start), end }
  }
  return undefined
}

/** What an output shows of a field; `start` is the place for a mistake. */
export function showReader<E>(field: Field<E>, arg: string | undefined, start: number): (event: E) => Value {
  if (field.flags?.includes('filter_only')) return () => undefined
  try {
    const read = field.show?.(arg) ?? (arg === undefined ? field.get : field.at?.(arg))
    if (read !== undefined) return read
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new FormatFault(error.message, start, { hint: error.hint })
  }
  const written = arg === undefined ? `${field.name} without an argument` : `an argument of ${field.name}`
  throw new FormatFault(`an output cannot show ${written}`, start)
}

/** A field by its name, with the argument that may follow a dot. */
export function findField<E>(name: string, catalogue: Catalogue<E>): { field: Field<E>; arg: string | undefined } | undefined {
  const whole = catalogue.find(name)
  if (whole !== undefined) return { field: whole, arg: undefined }
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const field = catalogue.find(name.slice(0, dot))
    const arg = name.slice(dot + 1)
    if (field?.arg?.dotted?.has(arg)) return { field, arg }
  }
  return undefined
}

function readBracket(text: string, at: number): { arg: string; end: number } | undefined {
  if (text[at] !== '[') return undefined
  const match = /^\[(?:"([^"]*)"|'([^']*)'|([^\]"'[]*))\]/.exec(text.slice(at))
  if (match === null) throw new FormatFault("expected a ']' after the argument of a field", at)
  const arg = match[1] ?? match[2] ?? match[3] ?? ''
  if (arg === '') throw new FormatFault('the argument of a field is empty', at)
  return { arg, end: at + match[0].length }
}
