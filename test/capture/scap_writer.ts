import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventSpec, encodeEvent } from '../../src/event/encode.ts'

/** One block: type, length, body, padding, length. */
export function block(type: number, ...body: readonly Buffer[]): Buffer {
  const contents = Buffer.concat(body)
  const padded = (contents.length + 3) & ~3
  const bytes = Buffer.alloc(padded + 12)
  bytes.writeUInt32LE(type, 0)
  bytes.writeUInt32LE(bytes.length, 4)
  contents.copy(bytes, 8)
  bytes.writeUInt32LE(bytes.length, bytes.length - 4)
  return bytes
}

export const u8 = (value: number): Buffer => Buffer.from([value])
export const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8])

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  return bytes
}

export const text = (value: string): Buffer => Buffer.concat([u16(value.length), Buffer.from(value, 'latin1')])

/** An entry that begins with its length, counted with (processes, users, descriptors) or without (interfaces) these 4 bytes. */
export function entry(parts: readonly Buffer[], own = 4): Buffer {
  const contents = Buffer.concat(parts)
  return Buffer.concat([u32(contents.length + own), contents])
}

export const section = (major = 1, magic = 0x1a2b3c4d): Buffer =>
  block(0x0a0d0d0a, u32(magic), u16(major), u16(2), u64(0xffffffffffffffffn))

export const machine = (hostname = 'box', type = 0x201): Buffer =>
  block(
    type,
    u32(4),
    u64(8_000_000_000),
    u64(32768),
    Buffer.concat([Buffer.from(hostname), Buffer.alloc(128 - hostname.length)]),
    u64(7n),
    u64(0),
    u64(0),
    u64(0),
  )

/** An event block of today's writers. */
export const event = (spec: EventSpec): Buffer => block(0x216, u16(spec.cpu ?? 0), encodeEvent(spec))

export const eventWithFlags = (spec: EventSpec, flags: number): Buffer => block(0x217, u16(spec.cpu ?? 0), u32(flags), encodeEvent(spec))

/** An event block of first writers: no number of parameters. */
export function oldEvent(spec: EventSpec, type = 0x204): Buffer {
  const bytes = encodeEvent(spec)
  bytes.writeUInt32LE(bytes.length - 4, 16)
  return block(type, u16(spec.cpu ?? 0), bytes.subarray(0, 22), bytes.subarray(26))
}

/** A folder for files of a test; `clean` removes it. */
export function scratch(): { file(name: string, bytes: Uint8Array): string; clean(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-scap-'))
  return {
    file(name, bytes) {
      writeFileSync(join(dir, name), bytes)
      return join(dir, name)
    },
    clean: () => rmSync(dir, { recursive: true }),
  }
}
