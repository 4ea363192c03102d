import { priorityName } from '../base/priority.ts'
import { toUnicode } from '../base/text.ts'
import { clockTime, isoTime, isoTimeZ } from '../base/timestamp.ts'
import type { Alert, JsonValue } from './alert.ts'
import { jsonObject, jsonText, jsonValue } from './json.ts'

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
  return `${isIso8601 ? isoTime(ts) : clockTime(ts)}: ${priorityName(priority)} ${toUnicode(text)}${fields}`
}

function textField([name, value]: readonly [string, JsonValue]): string {
  return `${toUnicode(name)}=${jsonValue(value)}`
}

// What the program says of itself, in Falco's form: the text has no fields in it, and they follow it.
function isInternal({ source }: Alert): boolean {
  return source === 'internal'
}

function jsonLine(alert: Alert, format: AlertFormat): string {
  const parts = [`"hostname":${jsonText(alert.hostname)}`]
  if (format.hasId) parts.push(`"id":"${Bun.randomUUIDv7()}"`)
  if (format.hasMessage) parts.push(`"message":${jsonText(alert.text)}`)
  if (format.hasOutput)
    parts.push(`"output":${isInternal(alert) ? jsonText(alert.text) : JSON.stringify(textLine(alert, format.isIso8601))}`)
  if (format.hasOutputFields) parts.push(`"output_fields":${jsonFields(alert, format.isIso8601)}`)
  parts.push(`"priority":"${priorityName(alert.priority)}"`, `"rule":${jsonText(alert.rule)}`, `"source":${jsonText(alert.source)}`)
  if (format.hasTags) parts.push(`"tags":[${alert.tags.map(jsonText).join(',')}]`)
  parts.push(`"time":"${isoTimeZ(alert.ts)}"`)
  return `{${parts.join(',')}}`
}

// The time that begins the line counts as one of its fields.
function jsonFields(alert: Alert, isIso8601: boolean): string {
  const { fields, ts } = alert
  return jsonObject(isInternal(alert) ? fields : [[isIso8601 ? 'evt.time.iso8601' : 'evt.time', ts], ...fields])
}
