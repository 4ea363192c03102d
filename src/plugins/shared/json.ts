/** What JSON.parse makes. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

// A document is as deep as people write it; ours are checked when they come in (`document.ts`), but a value may come another way.
const maxDepth = 512

/**
 * A value as the text of a field: a string as it is, anything else as JSON; none for null and for what is missing.
 *
 * Strings of documents are byte strings, and so is this.
 */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object') return String(value)
  return isWithin(value, maxDepth) ? JSON.stringify(value) : undefined
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The elements of an array; none of anything else. */
export function elements(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** The texts of an array's elements, or of a single value; those without a text are left out. */
export function texts(value: Json | undefined): string[] {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value]
  return items.map(textOf).filter((text) => text !== undefined)
}

function isWithin(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((child) => child === undefined || isWithin(child as Json, depth - 1))
}
