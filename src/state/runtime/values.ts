import { toByteString } from '../../base/text.ts'

/** An object of JSON. */
export type Json = { readonly [key: string]: unknown }

/** What JSON holds that may be anything; an empty object where it is none. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function parse(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '')
  } catch {
    return undefined
  }
}

export function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** A text as a byte string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? toByteString(value) : undefined
}

/** The same of a text that is not empty. */
export function shownText(value: unknown): string | undefined {
  return textOf(value) || undefined
}

export function textsOf(value: unknown): string[] {
  return listOf(value).flatMap((each) => textOf(each) ?? [])
}

export function labelsOf(value: unknown): Map<string, string> {
  const labels = new Map<string, string>()
  for (const [key, text] of Object.entries(objectOf(value))) if (typeof text === 'string') labels.set(toByteString(key), toByteString(text))
  return labels
}

/** A time of RFC 3339, ns since the epoch; the year 1 stands for never. */
export function timeOf(value: unknown): bigint | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return ms > 0 ? BigInt(ms) * 1_000_000n : undefined
}
