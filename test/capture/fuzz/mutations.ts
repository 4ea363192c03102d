import { constants, gzipSync } from 'node:zlib'
import type { Random } from '../../bench/recording/random.ts'
import { section } from '../scap_writer.ts'
import { blocksOf, type Corpus } from './corpus.ts'

const mostEvents = 40
const mostLists = 12

/** Some lists and events of a corpus as a recording that is whole. */
export function sample(corpora: readonly Corpus[], random: Random): Buffer[] {
  const { lists, events } = random.pick(corpora)
  const head = lists.length <= mostLists ? lists : [lists[0] as Buffer, ...several(lists, mostLists, random)]
  const from = random.below(Math.max(1, events.length - mostEvents))
  return [...head, ...events.slice(from, from + 1 + random.below(mostEvents))]
}

function several<T>(list: readonly T[], count: number, random: Random): T[] {
  return Array.from({ length: count }, () => random.pick(list))
}

/** The recording with one to four things wrong, most of them where they count; sometimes compressed, sometimes damaged after that. */
export function mutated(blocks: readonly Buffer[], random: Random): Buffer {
  let list = [...blocks]
  if (random.chance(0.3)) list = random.pick(listChanges)(list, random)
  let bytes: Buffer = Buffer.concat(list)
  for (let left = 1 + random.skewed(4); left > 0 && bytes.length > 0; left--) bytes = random.pick(byteChanges)(bytes, random)
  return random.chance(0.2) ? compressed(bytes, random) : bytes
}

type ListChange = (list: Buffer[], random: Random) => Buffer[]
type ByteChange = (bytes: Buffer, random: Random) => Buffer

const listChanges: readonly ListChange[] = [
  (list, random) => list.toSpliced(random.below(list.length), 1),
  (list, random) => list.toSpliced(random.below(list.length), 0, random.pick(list)),
  (list, random) => list.toSpliced(random.below(list.length), 0, ...several([random.pick(list)], 300, random)),
  (list, random) => list.toSpliced(random.below(list.length), 1 + random.below(5)),
  (list, random) => list.map((one) => (random.chance(0.2) ? random.pick(list) : one)),
  (list, random) => list.toSpliced(random.below(list.length), 0, section()),
  (list) => [...list, ...list],
]

const interesting = [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 0x7f, 0xff, 0x100, 0xfffe, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]
// Where a block and its event have lengths, codes and counts; 10 or 14 bytes of block come before an event.
const placesOfBlock = [0, 4, 8, 10, 12, 14, 16, 18, 22, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 50]

const byteChanges: readonly ByteChange[] = [
  flipBits,
  (bytes, random) => put(bytes, random.below(bytes.length), random),
  atPlaceOfBlock,
  atPlaceOfBlock,
  atPlaceOfBlock,
  nudge,
  (bytes, random) => {
    const at = random.below(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(64))])
  },
  (bytes, random) => {
    const at = random.below(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), noise(random.below(64), random), bytes.subarray(at)])
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => Buffer.concat([bytes, random.chance(0.5) ? noise(random.below(40), random) : Buffer.alloc(random.below(40))]),
  // The other byte order.
  (bytes, random) => (bytes.length % 4 === 0 && random.chance(0.1) ? Buffer.from(bytes).swap32() : flipBits(bytes, random)),
]

function flipBits(bytes: Buffer, random: Random): Buffer {
  for (let left = 1 + random.below(8); left > 0; left--) {
    const at = random.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  }
  return bytes
}

function atPlaceOfBlock(bytes: Buffer, random: Random): Buffer {
  return put(bytes, startOfBlock(bytes, random) + random.pick(placesOfBlock), random)
}

// A length that is a little wrong gets further than one that is very wrong.
function nudge(bytes: Buffer, random: Random): Buffer {
  const at = startOfBlock(bytes, random) + random.pick(placesOfBlock)
  if (at + 2 <= bytes.length) bytes.writeUInt16LE((bytes.readUInt16LE(at) + random.below(9) - 4) & 0xffff, at)
  return bytes
}

// More often among the events: what is wrong with a list ends the reading.
function startOfBlock(bytes: Buffer, random: Random): number {
  const blocks = blocksOf(bytes)
  return blocks.length === 0 ? 0 : (blocks[blocks.length - 1 - random.skewed(blocks.length)]?.byteOffset ?? 0) - bytes.byteOffset
}

function put(bytes: Buffer, at: number, random: Random): Buffer {
  const value = random.pick(interesting)
  if (at + 4 > bytes.length) return bytes
  if (random.chance(0.5)) bytes.writeUInt32LE(value, at)
  else bytes.writeUInt16LE(value & 0xffff, at)
  return bytes
}

function noise(count: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)))
}

const gzipChanges: readonly ByteChange[] = [
  (bytes) => bytes,
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => Buffer.concat([bytes, noise(1 + random.below(40), random)]),
  (bytes, random) => Buffer.concat([bytes, gzipSync(noise(random.below(40), random)), bytes]),
  flipBits,
]

function compressed(bytes: Buffer, random: Random): Buffer {
  const cut = random.below(bytes.length + 1)
  const level = random.pick([0, 1, constants.Z_BEST_COMPRESSION])
  const whole = random.chance(0.7)
    ? gzipSync(bytes, { level })
    : Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))])
  return random.pick(gzipChanges)(whole, random)
}
