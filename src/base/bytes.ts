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

/** Upper-case hexadecimal digits without a prefix, as fields in that format are written; a negative number has `size` bytes. */
export function toHex(value: number | bigint, size = 8): string {
  return positive(value, size).toString(16).toUpperCase()
}

/** A number of `size` bytes in the print format of a field or parameter (`schema/params.ts`): decimal unless the format says otherwise. */
export function numberText(value: number | bigint, format: string | undefined, size = 8): string {
  if (format === 'HEX') return toHex(value, size)
  if (format === 'OCT') return Number(value) === 0 ? '0' : `0${positive(value, size).toString(8)}`
  return format === '10_PADDED_DEC' ? String(value).padStart(9, '0') : String(value)
}

function positive(value: number | bigint, size: number): number | bigint {
  return value < 0 ? BigInt.asUintN(size * 8, BigInt(value)) : value
}
