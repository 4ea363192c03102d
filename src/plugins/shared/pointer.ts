import type { Json } from './json.ts'

/**
 * Reads the reference tokens of a JSON pointer (RFC 6901), in byte strings: `/a~1b/0` is `a/b`, then `0`.
 *
 * A slash in front may be missing.
 */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return []
  const body = pointer.startsWith('/') ? pointer.slice(1) : pointer
  return body.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What the tokens lead to; undefined where there is nothing. */
export function resolve(document: Json, tokens: readonly string[]): Json | undefined {
  let value: Json | undefined = document
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) {
      if (!arrayIndex.test(token)) return undefined
      value = (value as readonly Json[])[Number(token)]
    } else {
      value = Object.hasOwn(value, token) ? (value as Readonly<Record<string, Json>>)[token] : undefined
    }
  }
  return value
}

const arrayIndex = /^(?:0|[1-9]\d{0,8})$/
