import type { Event } from '../event/event.ts'

// A slot of `keys`: the number of bytes, then the bytes, by four; the last ones in a word of their own.
const lengthAt = 0
const bytesAt = 1
// Of what is long, so many bytes at its end tell it from others well enough to find its place.
const hashedBytes = 32

/**
 * Remembers what was made of the bytes of events: the same names and programs come again and again, and need not be made again.
 *
 * Each key has one place, which it takes from whatever was there.
 */
export class BytesCache<T> {
  private readonly keys: Int32Array
  private readonly values: (T | undefined)[]
  private readonly slots: number
  private readonly slotWords: number
  private readonly make: (event: Event, from: number, to: number) => T

  /** `slots` is a power of two; `make` makes what stands for the bytes from `from` to `to` of the event's batch. */
  constructor(slots: number, longest: number, make: (event: Event, from: number, to: number) => T) {
    this.slots = slots
    this.slotWords = bytesAt + ((longest + 3) >> 2)
    this.keys = new Int32Array(slots * this.slotWords)
    this.values = new Array<undefined>(slots).fill(undefined)
    this.make = make
  }

  get(event: Event, from: number, to: number): T {
    const { slotWords } = this
    const length = to - from
    if (length <= 0 || length > (slotWords - bytesAt) * 4) return this.make(event, from, to)
    const whole = from + (length & ~3)
    const tail = lastBytes(event.bytes, whole, to)
    const slot = hashOf(event.view, from, whole, tail) & (this.slots - 1)
    const known = this.values[slot]
    if (known !== undefined && this.holds(slot * slotWords, event.view, from, whole, length, tail)) return known
    const made = this.make(event, from, to)
    this.put(slot * slotWords, event.view, from, whole, length, tail)
    this.values[slot] = made
    return made
  }

  private holds(at: number, view: DataView, from: number, whole: number, length: number, tail: number): boolean {
    const { keys } = this
    if (keys[at + lengthAt] !== length) return false
    let word = at + bytesAt
    for (let i = from; i < whole; i += 4) if (keys[word++] !== view.getInt32(i, true)) return false
    return (length & 3) === 0 || keys[word] === tail
  }

  private put(at: number, view: DataView, from: number, whole: number, length: number, tail: number): void {
    const { keys } = this
    keys[at + lengthAt] = length
    let word = at + bytesAt
    for (let i = from; i < whole; i += 4) keys[word++] = view.getInt32(i, true)
    if ((length & 3) !== 0) keys[word] = tail
  }
}

function hashOf(view: DataView, from: number, whole: number, tail: number): number {
  let hash = Math.imul(tail ^ (whole - from), 0x9e37_79b1)
  const first = whole - from > hashedBytes ? whole - hashedBytes : from
  for (let i = first; i < whole; i += 4) hash = Math.imul(hash ^ (hash >>> 15) ^ view.getInt32(i, true), 0x9e37_79b1)
  return hash ^ (hash >>> 15)
}

function lastBytes(bytes: Buffer, from: number, to: number): number {
  let tail = 0
  for (let i = from; i < to; i++) tail = (tail << 8) | (bytes[i] as number)
  return tail
}
