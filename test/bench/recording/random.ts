/** Numbers that look random and are the same for the same seed: a linear congruential generator. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** From 0 to 1. */
  next(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0
    return this.state / 2 ** 32
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** As `below`, small numbers far more often than large ones. */
  skewed(count: number): number {
    return Math.floor(this.next() ** 3 * count)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  chance(odds: number): boolean {
    return this.next() < odds
  }
}
