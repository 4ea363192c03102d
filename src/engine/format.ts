import { Fault } from '../base/fault.ts'
import { mayHaveControls, toByteString, withoutControls } from '../base/text.ts'
import type { Catalogue, Field, Value } from '../condition/field.ts'
import type { JsonValue } from './alert.ts'
import { callLength, callToken } from './format_call.ts'
import { type FieldToken, fieldToken } from './format_field.ts'
import { noValue, valueJson, valueText } from './format_value.ts'

/** A mistake in an output. */
export class FormatFault extends Fault {
  /** Offset in the format, in UTF-16 units. */
  readonly start: number
  /** Whether the name of a field is the mistake. */
  readonly isUnknownField: boolean

  constructor(message: string, start: number, detail: { hint?: string | undefined; isUnknownField?: boolean } = {}) {
    super('format-invalid', message, { hint: detail.hint })
    this.start = start
    this.isUnknownField = detail.isUnknownField ?? false
  }
}

/** Where an output shows a value. */
interface Slot<E> {
  readonly read: (event: E) => Value
  readonly type: Field['type']
  readonly format: Field['format']
  /** Columns to pad or cut to; 0 for as many as it takes. */
  readonly width: number
}

type Part<E> = string | Slot<E>

/** A field that an output shows, by itself or inside transformers. */
export interface ShownField<E = unknown> {
  /** As written, with its argument. */
  readonly token: string
  readonly field: Field<E>
  readonly read: (event: E) => Value
}

/** An output that is ready to be filled in. */
export interface Format<E = unknown> {
  readonly text: string
  /** Whether it is shown even if some field has no value. */
  readonly isLenient: boolean
  readonly parts: readonly Part<E>[]
  /** Each token once, in the order of the text. */
  readonly fields: readonly ShownField<E>[]
}

/**
 * Reads an output: text with `%field`, `%field[arg]`, `%20field` (20 columns) and `%toupper(field)`.
 *
 * A star in front, which is not shown, makes it lenient. Rules' outputs always are.
 *
 * @throws FormatFault for the first token that cannot be.
 */
export function parseFormat<E>(text: string, catalogue: Catalogue<E>, isLenient = false): Format<E> {
  const isStarred = text.startsWith('*')
  const parts: Part<E>[] = []
  const fields = new Map<string, ShownField<E>>()
  let at = isStarred ? 1 : 0
  while (at < text.length) {
    const percent = text.indexOf('%', at)
    const end = percent < 0 ? text.length : percent
    if (end > at) parts.push(toByteString(text.slice(at, end)))
    at = end
    if (percent >= 0) at = parseToken(text, percent, catalogue, parts, fields)
  }
  return { text, isLenient: isLenient || isStarred, parts, fields: [...fields.values()] }
}

/** The output for an event, as a byte string; undefined if a field has no value and the format is not lenient. */
export function render<E>(format: Format<E>, event: E): string | undefined {
  return fill(format, event, asIs)
}

/** As `render`; control characters of values are replaced, so that no value can end the line or steer a terminal. */
export function renderLine<E>(format: Format<E>, event: E): string | undefined {
  const text = fill(format, event, asIs)
  // Few lines have any, and the format's own stay.
  return text !== undefined && mayHaveControls(text) ? fill(format, event, withoutControls) : text
}

function fill<E>(format: Format<E>, event: E, clean: (text: string) => string): string | undefined {
  let text = ''
  for (const part of format.parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = part.read(event)
    if (value === undefined && !format.isLenient) return undefined
    const shown = value === undefined ? noValue : valueText(value, part.type, part.format)
    text += clean(part.width === 0 ? shown : shown.slice(0, part.width).padEnd(part.width))
  }
  return text
}

function asIs(text: string): string {
  return text
}

/** The values of the fields that an output shows, as JSON has them; null where there is none. */
export function renderFields<E>(format: Format<E>, event: E): (readonly [token: string, value: JsonValue])[] {
  return format.fields.map(({ token, field, read }) => [token, valueJson((field.json ?? read)(event), field.type, field.format)] as const)
}

function parseToken<E>(
  text: string,
  percent: number,
  catalogue: Catalogue<E>,
  parts: Part<E>[],
  fields: Map<string, ShownField<E>>,
): number {
  const digits = /^\d*/.exec(text.slice(percent + 1))?.[0] ?? ''
  const start = percent + 1 + digits.length
  const width = Math.min(Number(digits), maxWidth)
  const length = callLength(text, start)
  if (length !== undefined) {
    const call = callToken(text.slice(start, start + length), start, catalogue)
    for (const shown of call.fields) fields.set(shown.token, shown)
    parts.push({ read: call.read, type: call.type, format: 'NA', width })
    return start + length
  }
  const token = fieldToken(text, start, catalogue)
  if (token === undefined) throw unknownToken(text, percent, start)
  fields.set(token.token, token)
  parts.push(slotOf(token, width))
  return token.end
}

const maxWidth = 10_000

function slotOf<E>({ read, field }: FieldToken<E>, width: number): Slot<E> {
  return { read, type: field.type, format: field.format, width }
}

function unknownToken(text: string, percent: number, start: number): FormatFault {
  const word = /^[\w.]*(\[[^\]]*\]?)?/.exec(text.slice(start))?.[0] ?? ''
  const hint = word === '' ? 'a percent sign always starts a field; it cannot stand for itself' : 'eyas --list shows all fields'
  return new FormatFault(`invalid formatting token ${word === '' ? text.slice(percent, percent + 2) : word}`, percent, {
    hint,
    isUnknownField: word.includes('.'),
  })
}
