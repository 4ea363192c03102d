import type { FdTable } from '../event/fd.ts'
import type { FdState } from './fd.ts'
import { flag } from './flags.ts'

// Descriptors are small numbers: an array holds them as far as there are no wide gaps, and a map the few large ones.
const lowCount = 1024
const widestGap = 64
// Of one table: a process that has more (its limit may be in the millions) is followed up to here.
const maxFds = 65_536

/** The descriptors of one process, or of several that share them. */
export class Fds implements FdTable {
  size = 0
  private low: (FdState | undefined)[]
  /** See memory.ts. */
  weighedIn = 0
  private high: Map<number, FdState> | undefined

  constructor(low: (FdState | undefined)[] = [], high: Map<number, FdState> | undefined = undefined, size = 0) {
    this.low = low
    this.high = high
    this.size = size
  }

  get(num: number): FdState | undefined {
    if (num < 0) return undefined
    return num < this.low.length ? this.low[num] : this.high?.get(num)
  }

  /** Puts a descriptor in place of whatever the number stood for: closes may have been missed. */
  set(num: number, fd: FdState): void {
    const low = this.low
    if (num < low.length && num >= 0) {
      if (low[num] === undefined) this.size++
      low[num] = fd
    } else if (num < 0 || num >= lowCount || num > low.length + widestGap) {
      this.setHigh(num, fd)
    } else {
      this.widen(num)
      if (low[num] === undefined) this.size++
      low[num] = fd
    }
  }

  delete(num: number): void {
    if (num < 0) return
    if (num >= this.low.length) {
      if (this.high?.delete(num)) this.size--
    } else if (this.low[num] !== undefined) {
      this.low[num] = undefined
      this.size--
    }
  }

  /** Takes away the descriptors from `first` to `last`. */
  deleteRange(first: number, last: number): void {
    const end = Math.min(last, this.low.length - 1)
    for (let num = Math.max(0, first); num <= end; num++) this.delete(num)
    if (this.high === undefined || last < this.low.length) return
    for (const num of [...this.high.keys()]) if (num >= first && num <= last) this.delete(num)
  }

  /** Marks the descriptors from `first` to `last` as closed on exec. */
  markRange(first: number, last: number): void {
    for (const [num, fd] of this) if (num >= first && num <= last) this.set(num, fd.withFlags(fd.flags | flag.O_CLOEXEC))
  }

  /** A table of its own with the same descriptors, as fork makes. */
  copy(): Fds {
    return new Fds(this.low.slice(), this.high && new Map(this.high), this.size)
  }

  /** A table of its own without what is closed on exec. */
  afterExec(): Fds {
    const low: (FdState | undefined)[] = []
    let size = 0
    for (const fd of this.low) {
      const stays = fd !== undefined && (fd.flags & flag.O_CLOEXEC) === 0
      low.push(stays ? fd : undefined)
      if (stays) size++
    }
    const table = new Fds(low, undefined, size)
    if (this.high) for (const [num, fd] of this.high) if ((fd.flags & flag.O_CLOEXEC) === 0) table.set(num, fd)
    return table
  }

  *[Symbol.iterator](): Iterator<readonly [number, FdState]> {
    const { low } = this
    for (let num = 0; num < low.length; num++) {
      const fd = low[num]
      if (fd !== undefined) yield [num, fd]
    }
    if (this.high) yield* [...this.high].sort(([one], [other]) => one - other)
  }

  /** How many descriptors there is a place for. */
  get places(): number {
    return this.low.length + (this.high?.size ?? 0)
  }

  /** The sum of a figure of each descriptor. */
  sum(figure: (fd: FdState) => number): number {
    let total = 0
    for (const fd of this.low) if (fd !== undefined) total += figure(fd)
    if (this.high) for (const fd of this.high.values()) total += figure(fd)
    return total
  }

  /** Makes the array reach up to `num`, with what the map has of it by now. */
  private widen(num: number): void {
    const { low, high } = this
    while (low.length <= num) {
      const next = low.length
      low.push(high?.get(next))
      high?.delete(next)
    }
  }

  private setHigh(num: number, fd: FdState): void {
    if (num < 0) return
    this.high ??= new Map()
    const before = this.high.size
    if (before >= maxFds && !this.high.has(num)) return
    this.high.set(num, fd)
    this.size += this.high.size - before
  }
}
