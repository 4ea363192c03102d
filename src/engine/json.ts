import { toByteString, toUnicode } from '../base/text.ts'
import type { JsonValue } from './alert.ts'
import type { Format } from './format.ts'
import { valueJson } from './format_value.ts'

/** Makes the JSON object of the fields that an output shows; undefined if one has no value and the format is not lenient. */
export function jsonRenderer<E>(format: Format<E>): (event: E) => string | undefined {
  const fields = format.fields
    .map((shown) => ({ ...shown, key: `${jsonText(toByteString(shown.token))}:` }))
    .sort((a, b) => (a.token < b.token ? -1 : 1))
  return (event) => {
    let text = ''
    for (const { key, field, read } of fields) {
      const value = (field.json ?? read)(event)
      if (value === undefined && !format.isLenient) return undefined
      text += `${text === '' ? '{' : ','}${key}${jsonValue(valueJson(value, field.type, field.format))}`
    }
    return text === '' ? '{}' : `${text}}`
  }
}

/** A byte string as a JSON string. */
export function jsonText(bytes: string): string {
  return JSON.stringify(toUnicode(bytes))
}

/** A value as JSON. */
export function jsonValue(value: JsonValue): string {
  if (typeof value === 'string') return jsonText(value)
  if (value !== null && typeof value === 'object') return `[${value.map(jsonValue).join(',')}]`
  return String(value)
}
