import { type Batch, recordHeaderBytes, recordPrefixBytes, recordStateOnly } from '../event/event.ts'
import { events } from '../schema/event.ts'
import { dispositionOf, dispositions } from './convert.ts'
import { fits, limits, mostParams } from './convert_params.ts'
import type { ScapSource } from './scap_source.ts'

/**
 * A block lies so in a source's window that its header, 10 or 14 bytes behind its start, is at a multiple of 4: what the file holds
 * at a multiple of 4 is in the window at a multiple of 4 and this.
 */
export const windowSkew = 2

// Blocks of today's writers (`scap_format.ts`): type, length, CPU, flags in the second kind, the event's header.
const plainBlock = 0x216
const flaggedBlock = 0x217
const blockBytes = 10
const flaggedBytes = 14
const tailBytes = 4
const headBytes = recordHeaderBytes - recordPrefixBytes
// The processor's second cache holds what is read and what is made of it; and a turn of the event loop stays short.
const mostRecords = 4096

const knownParams = Uint8Array.from(events, ({ params }) => params.length)
// Which events are taken by their code: none, those with at most the known number of parameters, those with just this number.
const never = 0
const upTo = 1
const exactly = 2
const takes = Uint8Array.from(events, ({ code, isLarge }) => {
  if (isLarge) return never
  const disposition = dispositionOf[code]
  if (disposition === dispositions.pass) return upTo
  return disposition === dispositions.passIfComplete ? exactly : never
})

/**
 * Makes records of event blocks where they lie in a source's window, without copying them.
 *
 * It takes what today's writers write. At any other block it stops: converting events and finding faults is for `EventReader`.
 */
export class RecordWindow implements Batch {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  length = 0
  firstNum = 0
  private halves: Uint16Array = new Uint16Array(0)
  private words: Int32Array = new Int32Array(0)

  clear(): void {
    this.length = 0
  }

  /** Moves `source` behind the blocks that became records, and returns how many did; the first has the number `firstNum`. */
  take(source: ScapSource, firstNum: number): number {
    this.attach(source)
    this.firstNum = firstNum
    this.length = 0
    const { end } = source
    let count = 0
    let last = 0
    while (count < mostRecords) {
      const { at } = source
      if (end - at < blockBytes + headBytes || (at & 3) !== windowSkew) break
      const head = this.headOf(at, end)
      if (head < 0) break
      const record = head - recordPrefixBytes
      if (last > 0) this.words[last >> 2] = record - last
      else this.start = record
      last = record
      source.at = this.seal(at, head)
      count++
    }
    if (count > 0) this.finish(last, source.at)
    return count
  }

  private attach(source: ScapSource): void {
    if (this.bytes === source.bytes) return
    const { bytes } = source
    this.bytes = bytes
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  }

  /** Where the header of the event in the block at `at` begins, once all its lengths are found to be right; else -1. */
  private headOf(at: number, end: number): number {
    const { halves } = this
    const half = at >> 1
    const type = halves[half] as number
    if ((type !== plainBlock && type !== flaggedBlock) || halves[half + 1] !== 0 || halves[half + 3] !== 0) return -1
    const length = halves[half + 2] as number
    const head = at + (type === plainBlock ? blockBytes : flaggedBytes)
    const room = at + length - tailBytes - head
    if ((length & 3) !== 0 || at + length > end || room < headBytes) return -1
    const eventBytes = this.words[(head + 16) >> 2] as number
    const headHalf = head >> 1
    const code = halves[headHalf + 10] as number
    const count = halves[headHalf + 11] as number
    if (eventBytes < headBytes || eventBytes > room || halves[headHalf + 12] !== 0) return -1
    const known = knownParams[code]
    if (takes[code] === exactly ? count !== known : takes[code] !== upTo || count > (known as number)) return -1
    return this.hasRightLengths(head, code, count, eventBytes) ? head : -1
  }

  private hasRightLengths(head: number, code: number, count: number, eventBytes: number): boolean {
    const { halves } = this
    const lengths = (head + headBytes) >> 1
    const row = code * mostParams
    let used = headBytes + count * 2
    if (used > eventBytes) return false
    for (let i = 0; i < count; i++) {
      const length = halves[lengths + i] as number
      const limit = limits[row + i] as number
      used += length
      if (limit === 0 || limit === length || length === 0) continue
      if (used > eventBytes || !fits(limit, length, this.bytes[head + used - 1])) return false
    }
    if (used > eventBytes) return false
    if (used !== eventBytes) this.words[(head + 16) >> 2] = used
    return true
  }

  /** Writes a record's CPU and flags over those of the block at `at`, and returns where the next block begins. */
  private seal(at: number, head: number): number {
    const { halves } = this
    const half = at >> 1
    const next = at + (halves[half + 2] as number)
    const cpu = halves[half + 4] as number
    const flags = head - at === flaggedBytes ? (halves[half + 5] as number) & recordStateOnly : 0
    halves[(head >> 1) - 2] = cpu
    halves[(head >> 1) - 1] = flags
    return next
  }

  // The last record ends before the padding and the trailer of its block.
  private finish(last: number, next: number): void {
    this.words[last >> 2] = next - windowSkew - last
    this.length = next - windowSkew
  }
}
