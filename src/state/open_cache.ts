import type { Event } from '../event/event.ts'
import type { FdState } from './fd.ts'

// Powers of two. A slot holds the bytes of one open, in words of 4; longer ones (their paths are over 100 bytes) are not kept.
const slotCount = 4096
const slotWords = 32
const inoWords = 2

/**
 * Remembers descriptors by the bytes of the events that opened them: most files are opened again and again, and a descriptor
 * never changes, so that the same one can stand in every table, with its name put together once and nothing to collect.
 */
export class OpenCache {
  private readonly keys = new Int32Array(slotCount * slotWords)
  private readonly lengths = new Uint16Array(slotCount)
  private readonly fds: (FdState | undefined)[] = new Array<undefined>(slotCount).fill(undefined)

  /** The slot of the bytes from `start`, a multiple of 4, to `end`, the last 8 of which are the inode; -1 where they do not fit. */
  slotOf(event: Event, start: number, end: number): number {
    const length = end - start
    if (length > slotWords * 4 || length <= inoWords * 4 || (start & 3) !== 0) return -1
    return (event.view.getInt32(end - inoWords * 4, true) ^ Math.imul(length, 0x9e37_79b1)) & (slotCount - 1)
  }

  /** The descriptor of an earlier open with the same bytes. */
  get(event: Event, slot: number, start: number, end: number): FdState | undefined {
    const length = end - start
    if (this.lengths[slot] !== length) return undefined
    const { words } = event
    const { keys } = this
    const whole = length >> 2
    const from = start >> 2
    const key = slot * slotWords
    for (let i = 0; i < whole; i++) if (words[from + i] !== keys[key + i]) return undefined
    if (lastBytes(words, from + whole, length) !== keys[key + whole] && (length & 3) !== 0) return undefined
    return this.fds[slot]
  }

  /** Remembers `fd` in place of what the slot held. */
  set(event: Event, slot: number, start: number, end: number, fd: FdState): void {
    const length = end - start
    const { words } = event
    const whole = length >> 2
    const from = start >> 2
    const key = slot * slotWords
    for (let i = 0; i < whole; i++) this.keys[key + i] = words[from + i] as number
    if ((length & 3) !== 0) this.keys[key + whole] = lastBytes(words, from + whole, length)
    this.lengths[slot] = length
    this.fds[slot] = fd
  }
}

// The one to three bytes that do not fill a word; what follows them in the record is not ours.
function lastBytes(words: Int32Array, at: number, length: number): number {
  return (words[at] as number) & ((1 << ((length & 3) * 8)) - 1)
}
