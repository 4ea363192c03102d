import { priorityName } from '../base/priority.ts'
import { toUnicode } from '../base/text.ts'
import { clockTime, isoTime, isoTimeZ } from '../base/timestamp.ts'
import type { Alert } from './alert.ts'
import { jsonObject, jsonText } from './json.ts'

export interface AlertFormat {
  readonly isJson: boolean
  /** Date and time in UTC instead of the local time of day. */
  readonly isIso8601: boolean
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

function textLine({ ts, priority, text }: Alert, isIso8601: boolean): string {
  return `${isIso8601 ? isoTime(ts) : clockTime(ts)}: ${priorityName(priority)} ${toUnicode(text)}`
}

function jsonLine(alert: Alert, format: AlertFormat): string {
  const parts = [`"hostname":${jsonText(alert.hostname)}`]
  if (format.hasMessage) parts.push(`"message":${jsonText(alert.text)}`)
  if (format.hasOutput) parts.push(`"output":${JSON.stringify(textLine(alert, format.isIso8601))}`)
  if (format.hasOutputFields) parts.push(`"output_fields":${jsonFields(alert, format.isIso8601)}`)
  parts.push(`"priority":"${priorityName(alert.priority)}"`, `"rule":${jsonText(alert.rule)}`, `"source":${jsonText(alert.source)}`)
  if (format.hasTags) parts.push(`"tags":[${alert.tags.map(jsonText).join(',')}]`)
  parts.push(`"time":"${isoTimeZ(alert.ts)}"`)
  return `{${parts.join(',')}}`
}

// The time that begins the line counts as one of its fields.
function jsonFields({ fields, ts }: Alert, isIso8601: boolean): string {
  return jsonObject([[isIso8601 ? 'evt.time.iso8601' : 'evt.time', ts], ...fields])
}
