import { closeSync, openSync, writeSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { EventSpec } from '../../../src/event/encode.ts'
import { codeOf } from '../../../src/schema/event.ts'
import { block, event, machine, section, text, u8, u16, u32, u64 } from '../scap_writer.ts'

/** A recording that is made to take much memory or time: by what it claims, or by what it holds. */
export interface Bomb {
  readonly name: string
  /** What the program says of it; undefined where it is read to its end. */
  readonly refused: RegExp | undefined
  write(file: string): void
}

const head = Buffer.concat([section(), machine()])
const megabyte = 1024 * 1024
const tidAt = 18
const fdsPerList = 500
const most32 = 0xffff_ffff

/** Writes `before`, then a block again and again, changed by `change` each time. */
function flood(bytes: number, one: Buffer, change: (block: Buffer, index: number) => void): (file: string) => void {
  return (file) => {
    const out = openSync(file, 'w')
    const perPiece = Math.ceil(megabyte / one.length)
    const piece = Buffer.alloc(perPiece * one.length)
    writeSync(out, head)
    for (let index = 0; index * one.length < bytes; ) {
      for (let place = 0; place < perPiece; place++, index++) {
        change(one, index)
        one.copy(piece, place * one.length)
      }
      writeSync(out, piece)
    }
    closeSync(out)
  }
}

function whole(make: () => Uint8Array): (file: string) => void {
  return (file) => {
    const out = openSync(file, 'w')
    writeSync(out, make())
    closeSync(out)
  }
}

const asGzip = (...parts: readonly Buffer[]) => whole(() => gzipSync(Buffer.concat([head, ...parts]), { level: 1 }))

function at(id: string, ...params: EventSpec['params']): Buffer {
  return event({ code: codeOf(id), tid: 7, ts: 1_600_000_000_000_000_000n, params })
}

const counters = [0, 0, 0, 0, 0] as const

function exec(args: string, cgroups = 'cpu=/\0'): Buffer {
  const first = [0, '/bin/x', args, 7, 7, 1, '/', 1024, ...counters, 'x', cgroups, '', 0, 7, 1000, 0] as const
  return at('SYSCALL_EXECVE_19_X', ...first, 0, 0, 1, 77, 1n, 2n, 0, '/bin/x', 7, 0, '/bin/x')
}

const setTid = (one: Buffer, index: number) => one.writeBigUInt64LE(BigInt(index + 2), tidAt)

function number(one: Buffer, index: number, mark: string): void {
  one.write(`${index}`.padStart(10, mark), one.indexOf(mark.repeat(3)), 'latin1')
}

const opened = at('SYSCALL_OPENAT_2_X', 3, -100, `/tmp/${'x'.repeat(30)}`, 1, 0, 8, 42)
const fdAt = opened.indexOf('/tmp/') - 16

// Of a list of connections: each is one whose ends are not known yet.
const connection = Buffer.concat([u64(5), u64(9), u8(3), u32(0x0100_007f), u32(0x0200_000a), u16(3), u16(443), u8(2)])
const connections = block(0x203, u64(7), ...Array.from({ length: fdsPerList }, () => connection))

const listed = block(
  0x202,
  ...[7, 7, 1].map(u64),
  text('sh'),
  text('sh'),
  text(`-c\0${'y'.repeat(2000)}`),
  text('/'),
  u64(9),
  ...[5, 0, 0].map(u32),
)

export const bombs: readonly Bomb[] = [
  { name: 'nothing but zeros', refused: /claims 0 bytes/, write: whole(() => gzipSync(Buffer.alloc(200 * megabyte), { level: 1 })) },
  {
    name: 'an event again and again',
    refused: /unfold/,
    write: whole(() => gzipSync(Buffer.concat([head, ...new Array<Buffer>(700_000).fill(opened)]))),
  },
  {
    name: 'a block of an unknown type',
    refused: /claims 4294967295 bytes/,
    write: asGzip(u32(0x7777), u32(most32), Buffer.alloc(40 * megabyte)),
  },
  { name: 'an event of 4 GB', refused: /claims 4294967295 bytes/, write: asGzip(u32(0x216), u32(most32), Buffer.alloc(40 * megabyte)) },
  { name: 'an event of 30 MB', refused: /\(at /, write: asGzip(u32(0x216), u32(30 * megabyte), Buffer.alloc(29 * megabyte)) },
  { name: 'a list of 4 GB', refused: /\(at /, write: asGzip(u32(0x202), u32(most32), Buffer.alloc(40 * megabyte)) },
  { name: 'threads', refused: undefined, write: flood(24 * megabyte, at('SYSCALL_GETCWD_X', 0, '/'), setTid) },
  { name: 'long arguments', refused: undefined, write: flood(200 * megabyte, exec('a'.repeat(60_000)), setTid) },
  { name: 'many arguments', refused: undefined, write: flood(80 * megabyte, exec('\0'.repeat(60_000)), setTid) },
  {
    name: 'cgroups',
    refused: undefined,
    write: flood(100 * megabyte, exec('', `cpu=/docker/${'c'.repeat(3000)}\0`), (one, index) => {
      setTid(one, index)
      number(one, index, 'c')
    }),
  },
  {
    name: 'files',
    refused: undefined,
    write: flood(80 * megabyte, opened, (one, index) => {
      setTid(one, index >> 10)
      one.writeBigInt64LE(BigInt(index & 1023), fdAt)
      number(one, index, 'x')
    }),
  },
  {
    name: 'users',
    refused: undefined,
    write: flood(80 * megabyte, at('USER_ADDED_E', 7, 5, 'n'.repeat(60), '/h', '/s', ''), (one, index) => number(one, index, 'n')),
  },
  {
    name: 'listed threads',
    refused: /no events/,
    write: flood(100 * megabyte, listed, (one, index) => {
      one.writeBigUInt64LE(BigInt(index + 2), 8)
      one.writeBigUInt64LE(BigInt(index + 2), 16)
    }),
  },
  {
    name: 'listed connections',
    refused: /no events/,
    write: flood(30 * megabyte, connections, (one, index) => {
      one.writeBigUInt64LE(BigInt(index + 2), 8)
      for (let num = 0; num < fdsPerList; num++) one.writeBigUInt64LE(BigInt(num), 16 + num * connection.length)
    }),
  },
]
