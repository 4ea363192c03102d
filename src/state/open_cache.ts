import type { Event } from '../event/event.ts'
import type { FdState } from './fd.ts'

// Powers of two. A slot is five cache lines of 64 bytes: what is looked at together lies together.
const slotCount = 8192
const slotWords = 80
// Of a slot: the event's code and the number of its bytes in one, its error (0 for success), a word for who tests events, the bytes.
// All slots together are more than the processor's second cache holds, so that slots are found by their hashes, which lie apart.
const shapeAt = 0
const errorAt = 1
const markAt = 2
const keyAt = 3
const keyBytes = (slotWords - keyAt) * 4
// As many words from the end (inode, device, mode, flags, the end of the name) make the slot's number.
const hashedWords = 12
const hashSeed = 0x2545_f491
// What was seen once may never come again: it takes the slot of another when it comes for the second time.
const seenCount = 32_768

/**
 * Remembers what was asked to be opened by the bytes of the events: most files are opened again and again, and a descriptor never
 * changes, so that the same one can stand in every table, with its name put together once and nothing to collect.
 *
 * Names of more than about 270 bytes are not remembered.
 */
export class OpenCache {
  readonly words: Int32Array = new Int32Array(slotCount * slotWords)
  // 0 where there is nothing.
  private readonly hashes: Int32Array = new Int32Array(slotCount)
  private readonly fds: (FdState | undefined)[] = new Array<undefined>(slotCount).fill(undefined)
  private readonly seen: Uint8Array = new Uint8Array(seenCount)
  // What `find` found out for `keep`.
  private slot = -1
  private isKnown = false
  private hash = 0
  private from = 0
  private shape = 0
  private error = 0

  /** What an earlier event of the same code opened with the same error and the same bytes from `start` to `end`. */
  find(event: Event, start: number, end: number, error: number): FdState | undefined {
    // Values of 8 bytes stand before a name that is not at a multiple of 4: two bytes more do no harm.
    const first = start & ~3
    const length = end - first
    this.slot = -1
    if (length > keyBytes || length <= 0) return undefined
    const from = first >> 2
    const shape = (event.type << 16) | length
    const hash = (hashOf(event.words, from, length) ^ error) | 1
    const slot = (hash >>> 13) & (slotCount - 1)
    this.hash = hash
    this.slot = slot
    this.from = from
    this.shape = shape
    this.error = error
    this.isKnown = true
    if (this.holds(slot, event)) return this.fds[slot]
    this.slot = slot ^ 1
    if (this.holds(this.slot, event)) return this.fds[this.slot]
    this.isKnown = false
    return undefined
  }

  /** The same of another directory, where what `find` gave was of the wrong one. */
  findOther(event: Event): FdState | undefined {
    const other = this.slot ^ 1
    this.isKnown = this.holds(other, event)
    if (!this.isKnown) return undefined
    this.slot = other
    return this.fds[other]
  }

  /**
   * Remembers `fd` for what `find` was asked last: where there is room, or in place of another if it was asked for that before. What
   * `find` knew but was of another directory gives up its own place.
   */
  keep(event: Event, fd: FdState): void {
    if (this.slot < 0) return
    if ((!this.isKnown && this.findRoom()) || this.isSecondTime()) this.put(event, fd)
    else this.slot = -1
  }

  /** Where the word is, in `words`, that goes with what `find` or `keep` was asked last; -1 where nothing is remembered. */
  get subject(): number {
    return this.slot < 0 ? -1 : this.slot * slotWords + markAt
  }

  // Two slots are looked at for each event, so that two names that fall together do not drive each other out.
  private holds(slot: number, event: Event): boolean {
    const { words, hashes } = this
    if (hashes[slot] !== this.hash) return false
    const at = slot * slotWords
    return words[at + shapeAt] === this.shape && words[at + errorAt] === this.error && this.isAt(event.words, at + keyAt)
  }

  // Where both slots are taken, the hash says whose is at stake: of names asked for in turn, each drives out another.
  private findRoom(): boolean {
    const { slot } = this
    if (this.isFree(slot)) return true
    this.slot = slot ^ 1
    if (this.isFree(this.slot)) return true
    if (this.hash < 0) this.slot = slot
    return false
  }

  // A byte of the hash: to take one for another now and then costs a slot.
  private isSecondTime(): boolean {
    const { hash, seen } = this
    const at = (hash >>> 1) & (seenCount - 1)
    const mark = hash >>> 24
    if (seen[at] === mark) return true
    seen[at] = mark
    return false
  }

  private isFree(slot: number): boolean {
    return this.hashes[slot] === 0
  }

  private put(event: Event, fd: FdState): void {
    const { slot, from, shape, words } = this
    const given = event.words
    const length = shape & 0xffff
    const whole = length >> 2
    const at = slot * slotWords
    for (let i = 0; i < whole; i++) words[at + keyAt + i] = given[from + i] as number
    if ((length & 3) !== 0) words[at + keyAt + whole] = lastBytes(given, from + whole, length)
    words[at + shapeAt] = shape
    words[at + errorAt] = this.error
    words[at + markAt] = 0
    this.hashes[slot] = this.hash
    this.fds[slot] = fd
  }

  private isAt(given: Int32Array, key: number): boolean {
    const { from, words } = this
    const length = this.shape & 0xffff
    const whole = length >> 2
    for (let i = whole - 1; i >= 0; i--) if (given[from + i] !== words[key + i]) return false
    return (length & 3) === 0 || lastBytes(given, from + whole, length) === words[key + whole]
  }
}

// In two strands, so that one multiplication need not wait for the other.
function hashOf(words: Int32Array, from: number, length: number): number {
  const whole = length >> 2
  let even = length
  let odd = hashSeed
  for (let i = whole > hashedWords ? whole - hashedWords : whole & 1; i < whole; i += 2) {
    even = Math.imul(even ^ (words[from + i] as number), 0x9e37_79b1)
    odd = Math.imul(odd ^ (words[from + i + 1] as number), 0x85eb_ca77)
    // A product's low bits know nothing of the high ones, where every other letter is.
    even ^= even >>> 15
    odd ^= odd >>> 15
  }
  return Math.imul(even, 0x85eb_ca77) ^ odd
}

// The one to three bytes that do not fill a word; what follows them in the record is not ours.
function lastBytes(words: Int32Array, at: number, length: number): number {
  return (words[at] as number) & ((1 << ((length & 3) * 8)) - 1)
}
