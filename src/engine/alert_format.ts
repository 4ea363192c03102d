import { priorityName } from '../base/priority.ts'
import { toUnicode } from '../base/text.ts'
import { clockTime, isoTime, isoTimeZ } from '../base/timestamp.ts'
import type { Alert, JsonValue } from './alert.ts'
import { jsonText, jsonValue } from './json.ts'

export interface AlertFormat {
  readonly isJson: boolean
  /** Date and time in UTC instead of the local time of day. */
  readonly isIso8601: boolean
  /** Whether JSON has `id`, which no other alert has. */
  readonly hasId?: boolean
  /** Which of the optional keys JSON has. */
  readonly hasOutput: boolean
  readonly hasMessage: boolean
  readonly hasTags: boolean
  readonly hasOutputFields: boolean
}

/** The line of an alert, without a newline: `HH:MM:SS.nnnnnnnnn: Priority text`, or one JSON object with sorted keys. */
export function formatAlert(alert: Alert, format: AlertFormat): string {
  return format.isJson ? jsonLine(alert, format) : textLine(alert, format.isIso8601)
}

function textLine(alert: Alert, isIso8601: boolean): string {
  const { ts, priority, text } = alert
  const fields = isInternal(alert) && alert.fields.length > 0 ? ` (${alert.fields.map(textField).join(' ')})` : ''
  return flat(`${isIso8601 ? isoTime(ts) : clockTime(ts)}: ${priorityName(priority)} ${toUnicode(text)}${fields}`)
}

function textField([name, value]: readonly [string, JsonValue]): string {
  return `${toUnicode(name)}=${jsonValue(value)}`
}

// What the program says of itself, in Falco's form: the text has no fields in it, and they follow it.
function isInternal({ source }: Alert): boolean {
  return source === 'internal'
}

function jsonLine(alert: Alert, format: AlertFormat): string {
  let text = `{"hostname":${constant(alert.hostname)}`
  if (format.hasId) text += `,"id":"${Bun.randomUUIDv7()}"`
  if (format.hasMessage) text += `,"message":${jsonText(alert.text)}`
  if (format.hasOutput) text += `,"output":${isInternal(alert) ? jsonText(alert.text) : JSON.stringify(textLine(alert, format.isIso8601))}`
  if (format.hasOutputFields) text += `,"output_fields":${jsonFields(alert, format.isIso8601)}`
  text += `,"priority":"${priorityName(alert.priority)}","rule":${constant(alert.rule)},"source":${constant(alert.source)}`
  if (format.hasTags) text += `,"tags":[${alert.tags.map(constant).join(',')}]`
  return flat(`${text},"time":"${isoTimeZ(alert.ts)}"}`)
}

let looked = 0

// A text that was put together is kept in its parts, which take three times the room while it waits, until somebody looks into it.
function flat(text: string): string {
  looked = text.charCodeAt(looked & 0)
  return text
}

// The time that begins the line counts as one of its fields.
function jsonFields(alert: Alert, isIso8601: boolean): string {
  const { rule, fields, ts } = alert
  const all: Alert['fields'] = isInternal(alert) ? fields : [[isIso8601 ? 'evt.time.iso8601' : 'evt.time', ts], ...fields]
  const known = orders.get(rule)
  if (known && isSame(known.names, all)) return inOrder(known, all)
  const order = orderOf(all)
  remember(orders, rule, order)
  return inOrder(order, all)
}

/** How the fields of alerts of a rule become an object: they are the same ones each time. */
interface Order {
  readonly names: readonly string[]
  /** Which field comes when, with what stands before its value; of fields with the same name the last one counts. */
  readonly places: readonly { readonly at: number; readonly key: string }[]
}

// Storms bring the same rules, hosts and tags again and again.
const orders = new Map<string, Order>()
const constants = new Map<string, string>()
const mostKept = 2000

function remember<T>(kept: Map<string, T>, key: string, value: T): void {
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, value)
}

function constant(text: string): string {
  const known = constants.get(text)
  if (known !== undefined) return known
  const json = jsonText(text)
  remember(constants, text, json)
  return json
}

function isSame(names: readonly string[], fields: Alert['fields']): boolean {
  if (names.length !== fields.length) return false
  for (let i = 0; i < names.length; i++) if (names[i] !== fields[i]?.[0]) return false
  return true
}

function orderOf(fields: Alert['fields']): Order {
  const last = new Map(fields.map(([name], at) => [name, at]))
  const sorted = [...last].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    names: fields.map(([name]) => name),
    places: sorted.map(([name, at], i) => ({ at, key: `${i === 0 ? '{' : ','}${jsonText(name)}:` })),
  }
}

function inOrder({ places }: Order, fields: Alert['fields']): string {
  let text = ''
  for (const { at, key } of places) text += key + jsonValue(fields[at]?.[1] ?? null)
  return text === '' ? '{}' : `${text}}`
}
