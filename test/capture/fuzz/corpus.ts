import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { EventSpec, ParamValue } from '../../../src/event/encode.ts'
import { type EventInfo, events, type ParamInfo } from '../../../src/schema/event.ts'
import type { Random } from '../../bench/recording/random.ts'
import { block, entry, event, eventWithFlags, machine, oldEvent, section, text, u8, u16, u32, u64 } from '../scap_writer.ts'

/** What recordings are put together from: blocks of lists, and blocks of events. */
export interface Corpus {
  readonly lists: readonly Buffer[]
  readonly events: readonly Buffer[]
}

const leastBytes = 12
const eventTypes: ReadonlySet<number> = new Set([0x204, 0x208, 0x216, 0x217, 0x221, 0x222, 0x8010abcd])
const mostListBytes = 65_536

/** The recordings in a folder, plain and gzip. */
export function corporaIn(folder: string): Corpus[] {
  const files = readdirSync(folder).filter((name) => /\.scap(\.gz)?$/.test(name))
  return files.map((name) => corpusOf(plain(readFileSync(join(folder, name))))).filter(({ events: { length } }) => length > 0)
}

function plain(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
}

function corpusOf(bytes: Buffer): Corpus {
  const blocks = blocksOf(bytes)
  const isEvent = (one: Buffer) => eventTypes.has(one.readUInt32LE(0))
  const lists = blocks.filter((one) => !isEvent(one) && one.length <= mostListBytes)
  return { lists, events: blocks.filter(isEvent) }
}

/** The blocks of a recording, as far as their lengths are right. */
export function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = 0; at + leastBytes <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4)
    if (length < leastBytes || at + length > bytes.length) break
    blocks.push(bytes.subarray(at, at + length))
    at += length
  }
  return blocks
}

/** All kinds of lists in all their versions, and events of every code: of today, of old writers, with missing parameters. */
export function madeCorpus(random: Random, rounds: number): Corpus {
  const specs = Array.from({ length: rounds }, () => events.map((info) => specOf(info, random))).flat()
  return { lists: lists(), events: specs.map((spec) => written(spec, random)) }
}

function written(spec: EventSpec, random: Random): Buffer {
  if (random.chance(0.15)) return oldEvent(spec, random.pick([0x204, 0x8010abcd]))
  return random.chance(0.1) ? eventWithFlags(spec, random.below(4)) : event(spec)
}

const first = 1_600_000_000_000_000_000n

function specOf(info: EventInfo, random: Random): EventSpec {
  const known = info.params.map((param) => (random.chance(0.04) ? undefined : someValue(param, random)))
  const params = random.chance(0.02) ? known.slice(0, random.below(known.length + 1)) : known
  const ts = first + BigInt(random.below(2_000_000_000))
  return { code: info.code, tid: random.pick([1, 7, 7, 7, 9, 9, 10, 11, 300, -1, 0]), params, ts, cpu: random.below(4) }
}

const zeros = '\0'.repeat(16)
const texts = ['sh', '/etc/passwd', '../a/./b', '/', '', '<NA>', 'a\nb', '\xff\xfe', 'é', '/memfd:x (deleted)', 'x'.repeat(300)]
const lists4 = ['-c\0ls -l\0', 'A=1\0B=\0', '', 'cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0', '\0\0']
const inet6 = `\x0a${zeros}\x00\x50${'\x20\x01'.repeat(8)}\x01\xbb`
const byType: Partial<Record<ParamInfo['type'], readonly ParamValue[]>> = {
  CHARBUF: texts,
  FSPATH: texts,
  FSRELPATH: texts,
  CHARBUFARRAY: lists4,
  CHARBUF_PAIR_ARRAY: lists4,
  BYTEBUF: [...lists4, 'GET / HTTP/1.1\r\nHost: a\r\n', '\0'.repeat(40), 'y'.repeat(5000)],
  SOCKADDR: ['\x02\x0a\0\0\x01\x1f\x90', `\x0a${zeros}\x01\xbb`, '\x01/run/a', '', '\x02', '\x10\x01\0\0\0\x02\0\0\0'],
  SOCKTUPLE: ['\x02\x0a\0\0\x01\x1f\x90\x0a\x01\x02\x03\x01\xbb', inet6, `\x01${zeros}/run/a.sock`, '', '\x0a\0', '\x03abc'],
  FDLIST: ['\x02\0\x03\0\0\0\0\0\0\0\x01\0\x04\0\0\0\0\0\0\0\x04\0', '\0\0', '\xff\xff', '\x01'],
  FD: [-100, -2, -1, 0, 3, 4, 5, 70_000, 4_294_967_196],
  PID: [0, 1, 7, 9, 10, 11, -3, 2 ** 31],
  ERRNO: [0, 0, -2, -115, -133, 7, 2 ** 31],
  DYN: ['\0', '\x01\x05\0\0\0\0\0\0\0', '\x02', ''],
}
const numbers = [0, 1, 2, 3, 9, 64, 577, 0o644, 4097, 1 << 20, 0x7fff_ffff, 0xffff_ffff, 2n ** 53n + 1n, 2n ** 64n - 1n]

function someValue({ type }: ParamInfo, random: Random): ParamValue {
  return random.pick(byType[type] ?? numbers)
}

const threadIds = [u64(7), u64(7), u64(1)]
const names = [text('sh'), text('/bin/sh')]
const afterNames = [text('-c\0ls\0'), text('/'), u64(1024), u32(5), u32(0), u32(0)]
const sizes = [u32(10), u32(5), u32(0), u64(1), u64(2)]
const cgroups = text('cpu=/\0memory=/a\0')

// Process lists of each version, by the types of their blocks.
function processLists(): Buffer[] {
  const v1 = [...threadIds, ...names, ...afterNames]
  const v4 = [...v1, ...sizes, text('A=1\0'), u64(7), u64(7), cgroups]
  const v6 = [...threadIds, u64(7), ...names, ...afterNames, ...sizes, text('A=1\0'), u64(7), u64(7), cgroups, text('/')]
  const v8 = [u64(9), u64(9), u64(7), u64(7), u64(7), ...names, text('/bin/sh'), ...v6.slice(6)]
  const tail = [u64(first), u32(34816), u32(1000), u8(1), u64(3), u64(3), u64(3), u8(0), u64(5), u64(6), u64(7), u8(0), u8(1), u64(9)]
  return [
    block(0x202, ...v1, ...v1),
    block(0x207, ...v1, ...sizes),
    block(0x210, ...v4),
    block(0x212, ...v6),
    block(0x215, entry([...v8, ...tail]), entry([...v8, ...tail.slice(0, 9)]), entry([...v8, ...tail.slice(2, 7)])),
  ]
}

function lists(): Buffer[] {
  const file = [u64(3), u64(4), u8(1), text('/a')]
  const unix = [u64(4), u64(4), u8(8), u64(1), u64(2), text('/run/x')]
  const inet = [u64(5), u64(9), u8(3), u32(0x0100_007f), u32(0x0200_000a), u16(3), u16(443), u8(2)]
  const listening = [u64(6), u64(9), u8(5), u32(0), u16(80), u8(2)]
  const address = [u16(3), u16(2), u32(1), u32(2), u32(3), Buffer.from('lo')]
  return [
    section(),
    machine(),
    block(0x205, ...address),
    block(0x219, entry(address, 0)),
    block(0x220, entry([u8(0), u32(0), u32(0), text('root'), text('/root'), text('/bin/sh')]), entry([u8(1), u32(0), text('root')])),
    ...processLists(),
    block(0x203, u64(7), ...file, ...unix, ...inet),
    block(
      0x218,
      u64(9),
      entry(file),
      entry(unix),
      entry(inet),
      entry(listening),
      entry([u64(8), u64(4), u8(16), u32(3), text('/b'), u32(5)]),
    ),
    block(0x7777, Buffer.alloc(40)),
  ]
}
