/** How outputs show byte buffers: unprintable bytes as dots, or all in base64. */
export type BufferFormat = 'text' | 'base64'

/** A byte string with each byte that is not printable ASCII replaced by a dot. */
export function printable(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]/g, '.')
}

/** The base64 of a byte string. */
export function toBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64')
}

/** Upper-case hexadecimal digits without a prefix, as fields in that format are written. */
export function toHex(value: number | bigint): string {
  return value.toString(16).toUpperCase()
}
