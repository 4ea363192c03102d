import { addressText } from '../base/address.ts'
import { numberText, printable } from '../base/bytes.ts'
import type { Field, Scalar, Value } from '../condition/field.ts'
import type { JsonValue } from './alert.ts'

/** What stands in an output for a field without a value. */
export const noValue = '<NA>'

type Type = Field['type']
type PrintFormat = Field['format']

const addresses: ReadonlySet<Type> = new Set(['IPADDR', 'IPNET', 'IPV4ADDR', 'IPV4NET', 'IPV6ADDR', 'IPV6NET'])

/** A value as text, for people: a byte string. Lists are in parentheses, with commas. */
export function valueText(value: Exclude<Value, undefined>, type: Type, format: PrintFormat): string {
  return Array.isArray(value)
    ? `(${value.map((one) => scalarText(one, type, format)).join(',')})`
    : scalarText(value as Scalar, type, format)
}

/** A value for JSON: numbers and booleans as such, save for numbers that are not decimal; lists as arrays. */
export function valueJson(value: Value, type: Type, format: PrintFormat): JsonValue {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map((one) => scalarJson(one, type, format))
  return scalarJson(value as Scalar, type, format)
}

function scalarText(value: Scalar, type: Type, format: PrintFormat): string {
  if (typeof value === 'string') return textOf(value, type)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return type === 'DOUBLE' ? Number(value).toFixed(1) : numberText(value, format, type === 'INT32' ? 4 : 8)
}

function scalarJson(value: Scalar, type: Type, format: PrintFormat): JsonValue {
  if (typeof value === 'string') return textOf(value, type)
  const isNumber = typeof value !== 'boolean'
  return isNumber && (format === 'HEX' || format === 'OCT') ? numberText(value, format, type === 'INT32' ? 4 : 8) : value
}

function textOf(value: string, type: Type): string {
  if (addresses.has(type)) return addressText(value)
  return type === 'BYTEBUF' ? printable(value) : value
}
