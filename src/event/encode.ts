import { events, paramBytes } from '../schema/event.ts'
import type { ParamType } from '../schema/params.ts'
import { recordHeaderBytes, recordPrefixBytes } from './event.ts'

/** A parameter's value: text gets its NUL, pieces one each, numbers the size of the parameter's type; nothing is an empty parameter. */
export type ParamValue = string | number | bigint | Uint8Array | readonly string[] | undefined

/** An event to be written; text is byte strings. */
export interface EventSpec {
  readonly code: number
  readonly params: readonly ParamValue[]
  readonly tid?: number
  /** ns since the epoch. */
  readonly ts?: bigint
  readonly cpu?: number
  /** Flags of the record: `recordStateOnly`. */
  readonly flags?: number
}

/** The record of an event, as a batch holds it (`event.ts`). */
export function encodeRecord(spec: EventSpec): Buffer {
  const event = encodeEvent(spec)
  const bytes = Buffer.alloc((recordPrefixBytes + event.length + 7) & ~7)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(spec.cpu ?? 0, 4)
  bytes.writeUInt16LE(spec.flags ?? 0, 6)
  event.copy(bytes, recordPrefixBytes)
  return bytes
}

/** An event in the wire format of drivers and .scap files: header, lengths, values. */
export function encodeEvent(spec: EventSpec): Buffer {
  const info = events[spec.code]
  const values = spec.params.map((value, index) => encodeValue(info?.params[index]?.type ?? 'BYTEBUF', value))
  const lengthBytes = info?.isLarge ? 4 : 2
  const head = Buffer.alloc(recordHeaderBytes - recordPrefixBytes + values.length * lengthBytes)
  head.writeBigUInt64LE(spec.ts ?? 0n, 0)
  head.writeBigInt64LE(BigInt(spec.tid ?? 0), 8)
  head.writeUInt32LE(
    values.reduce((sum, value) => sum + value.length, head.length),
    16,
  )
  head.writeUInt16LE(spec.code, 20)
  head.writeUInt32LE(values.length, 22)
  values.forEach(({ length }, index) => {
    if (lengthBytes === 4) head.writeUInt32LE(length, 26 + index * 4)
    else head.writeUInt16LE(length, 26 + index * 2)
  })
  return Buffer.concat([head, ...values])
}

const textTypes: ReadonlySet<ParamType> = new Set<ParamType>(['CHARBUF', 'FSPATH', 'FSRELPATH'])

function encodeValue(type: ParamType, value: ParamValue): Buffer {
  if (value === undefined) return Buffer.alloc(0)
  if (typeof value === 'string') return Buffer.from(textTypes.has(type) ? `${value}\0` : value, 'latin1')
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value === 'object') return Buffer.from(value.map((piece) => `${piece}\0`).join(''), 'latin1')
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  return bytes.subarray(0, paramBytes.get(type) || 8)
}
