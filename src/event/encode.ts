import { events, paramBytes } from '../schema/event.ts'
import type { ParamType } from '../schema/params.ts'
import { type Batch, recordHeaderBytes, recordPrefixBytes } from './event.ts'

/**
 * Value of a parameter: integers by the size of their type; text as a byte string (its NUL is added where the type has one);
 * bytes as they are; undefined for an empty parameter.
 */
export type ParamValue = number | bigint | string | Uint8Array | undefined

export interface EventSpec {
  readonly type: number
  readonly tid: number
  /** ns since the epoch. */
  readonly ts?: bigint
  readonly cpu?: number
  /** Flags of the record. */
  readonly flags?: number
  /** In the order of the event's table; fewer are taken as an older, shorter version. */
  readonly params: readonly ParamValue[]
}

const textTypes: ReadonlySet<ParamType> = new Set(['CHARBUF', 'FSPATH', 'FSRELPATH'])

/** One event as a record of a `Batch`, padded to a multiple of 8 bytes. */
export function encodeEvent(spec: EventSpec): Buffer {
  const info = events[spec.type]
  if (!info) throw new Error(`no event has code ${spec.type}`)
  const values = spec.params.map((value, index) => encodeParam(value, info.params[index]?.type))
  const lengthBytes = info.isLarge ? 4 : 2
  const bodyBytes = values.reduce((sum, value) => sum + value.length, values.length * lengthBytes)
  const record = Buffer.alloc(Math.ceil((recordHeaderBytes + bodyBytes) / 8) * 8)
  record.writeUInt32LE(record.length, 0)
  record.writeUInt16LE(spec.cpu ?? 0, 4)
  record.writeUInt16LE(spec.flags ?? 0, 6)
  record.writeBigUInt64LE(spec.ts ?? 0n, 8)
  record.writeBigInt64LE(BigInt(spec.tid), 16)
  record.writeUInt32LE(recordHeaderBytes - recordPrefixBytes + bodyBytes, 24)
  record.writeUInt16LE(spec.type, 28)
  record.writeUInt32LE(values.length, 30)
  let at = recordHeaderBytes
  for (const value of values) at = lengthBytes === 4 ? record.writeUInt32LE(value.length, at) : record.writeUInt16LE(value.length, at)
  for (const value of values) at += value.copy(record, at)
  return record
}

/** Events as one batch, in the given order. */
export function encodeBatch(specs: readonly EventSpec[]): Batch {
  const bytes = Buffer.concat(specs.map(encodeEvent))
  return { bytes, length: bytes.length }
}

function encodeParam(value: ParamValue, type: ParamType | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0)
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value === 'string') return Buffer.from(type !== undefined && textTypes.has(type) ? `${value}\0` : value, 'latin1')
  const bytes = (type === undefined ? undefined : paramBytes.get(type)) || 8
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), 0)
  return buffer.subarray(0, bytes)
}
