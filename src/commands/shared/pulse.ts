/** How far the events have come, at one moment. */
export interface Reading {
  /** Milliseconds from any start. */
  readonly nowMs: number
  /** Time of day, ms since the epoch. */
  readonly timeMs: number
  /** Events that the kernel side saw and those of them that it lost. */
  readonly seen: number
  readonly dropped: number
  /** Events that were processed, and the time of the latest, ms since the epoch. */
  readonly processed: number
  readonly latestMs: number
}

// Lost events are looked at over so much time: a burst that is over is history.
const windowMs = 60_000

/** Follows events from the kernel to the rules, by a reading about once a second. */
export class Pulse {
  private readonly window: Reading[] = []
  private movedMs = 0
  private caughtUpMs = 0
  private last: Reading | undefined

  note(reading: Reading): void {
    const { last } = this
    const isWaiting = reading.seen - reading.dropped > reading.processed
    if (!last || !isWaiting) this.caughtUpMs = reading.nowMs
    if (!last || !isWaiting || reading.processed !== last.processed) this.movedMs = reading.nowMs
    this.last = reading
    this.window.push(reading)
    while (reading.nowMs - (this.window[0] ?? reading).nowMs > windowMs) this.window.shift()
  }

  /** For how long events have waited of which none was processed. */
  get stalledMs(): number {
    return this.last ? this.last.nowMs - this.movedMs : 0
  }

  /** Age of the latest event that was processed, where others wait; 0 where none does. */
  get lagMs(): number {
    const { last } = this
    if (!last || last.processed === 0 || last.seen - last.dropped <= last.processed) return 0
    // After a silence the latest event is old, but those that wait are not.
    return Math.min(Math.max(0, last.timeMs - last.latestMs), last.nowMs - this.caughtUpMs)
  }

  /** Part of the events of the last minute that was lost, 0 to 1. */
  get lostRatio(): number {
    const [first] = this.window
    const { last } = this
    if (!first || !last) return 0
    const dropped = last.dropped - first.dropped
    return dropped <= 0 ? 0 : dropped / Math.max(dropped, last.seen - first.seen)
  }
}
