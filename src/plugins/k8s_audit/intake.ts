import type { Body } from './body.ts'
import { AuditEvent, type AuditItem } from './event.ts'
import { DuplicateWindow } from './window.ts'

export interface IntakeOptions {
  /** Tests one event against the rules. */
  readonly process: (event: AuditEvent) => void
  /** Resolves when the alerts of events so far are written, or cannot be for now. */
  readonly settle: () => Promise<void>
  /** How many events are remembered, to recognise those that are sent again. */
  readonly duplicateWindow: number
}

/** What became of the events of a body. */
export interface Receipt {
  readonly accepted: number
  readonly duplicates: number
  readonly malformed: number
  /** Why the first malformed one is none. */
  readonly problem: string | undefined
}

export interface IntakeCounts {
  /** Events that were tested against the rules. */
  accepted: number
  /** Events that had been tested before, and were sent again. */
  duplicates: number
  malformed: number
  /** Time of the latest event, and when it came: ms since the epoch; 0 before the first. */
  lastEventMs: number
  lastArrivalMs: number
}

/** How events arrive, for those who ask. */
export interface IntakeStatus {
  readonly accepted: number
  readonly duplicates: number
  readonly malformed: number
  /** Requests that were asked to come again, and whether the next one would be. */
  readonly refused: number
  readonly busy: boolean
  /** Since the last event came, and how long after it happened it did; null before the first. */
  readonly silentSeconds: number | null
  readonly lagSeconds: number | null
  /** Events in the last minute. */
  readonly perMinute: number
}

// A turn of the event loop goes to events for this long at most.
const turnMs = 4

/** Passes audit events to the rules, each once. */
export class AuditIntake {
  readonly counts: IntakeCounts = { accepted: 0, duplicates: 0, malformed: 0, lastEventMs: 0, lastArrivalMs: 0 }
  private readonly event = new AuditEvent()
  private readonly minute = new LastMinute()
  // Resolves when the bodies so far are tested.
  private turn: Promise<void> = Promise.resolve()
  private readonly options: IntakeOptions
  private readonly known: DuplicateWindow

  constructor(options: IntakeOptions) {
    this.options = options
    this.known = new DuplicateWindow(options.duplicateWindow)
  }

  /**
   * Resolves when every event of a body is tested and its alerts are written: only then may the sender forget them.
   *
   * `read` is called when those before are tested, so that no more than one body is unpacked in memory; what it throws, this throws.
   */
  async take(read: () => Body): Promise<Receipt> {
    const { promise: done, resolve } = Promise.withResolvers<void>()
    const before = this.turn
    this.turn = done
    await before
    let tested: Tested
    try {
      tested = await this.test(read())
    } finally {
      resolve()
    }
    await this.options.settle()
    for (const item of tested.fresh) this.known.add(item)
    return tested.receipt
  }

  private async test({ items, malformed, problem }: Body): Promise<Tested> {
    this.counts.malformed += malformed
    const fresh: AuditItem[] = []
    let deadline = performance.now() + turnMs
    for (const item of items) {
      // What a body has twice was not sent again, but happened twice.
      if (!this.known.has(item)) {
        this.event.moveTo(item)
        this.options.process(this.event)
        fresh.push(item)
      }
      if ((fresh.length & 15) !== 0 || performance.now() < deadline) continue
      await nextTurn()
      deadline = performance.now() + turnMs
    }
    const duplicates = items.length - fresh.length
    this.count(items, duplicates)
    return { fresh, receipt: { accepted: items.length - duplicates, duplicates, malformed, problem } }
  }

  /** Counts what could not be read at all. */
  refuse(problem: string): Receipt {
    this.counts.malformed++
    return { accepted: 0, duplicates: 0, malformed: 1, problem }
  }

  /** How events arrive; `refused` and `busy` are what the listener says. */
  status(refused: number, busy: boolean): IntakeStatus {
    const { accepted, duplicates, malformed, lastEventMs, lastArrivalMs } = this.counts
    const isSilent = lastArrivalMs === 0
    return {
      accepted,
      duplicates,
      malformed,
      refused,
      busy,
      silentSeconds: isSilent ? null : (Date.now() - lastArrivalMs) / 1000,
      lagSeconds: isSilent ? null : (lastArrivalMs - lastEventMs) / 1000,
      perMinute: this.minute.sum(),
    }
  }

  private count(items: readonly AuditItem[], duplicates: number): void {
    const { counts } = this
    counts.accepted += items.length - duplicates
    this.minute.add(items.length - duplicates)
    counts.duplicates += duplicates
    const last = items.at(-1)
    if (last === undefined) return
    counts.lastEventMs = last.time.seconds * 1000 + Math.floor(last.time.nanos / 1e6)
    counts.lastArrivalMs = Date.now()
  }
}

interface Tested {
  readonly receipt: Receipt
  /** The events that were not known. */
  readonly fresh: readonly AuditItem[]
}

/** Counts what came in the last minute, by the second. */
class LastMinute {
  private readonly counts = new Float64Array(60)
  private second = 0

  add(count: number): void {
    this.moveOn()
    const slot = this.second % 60
    this.counts[slot] = (this.counts[slot] ?? 0) + count
  }

  sum(): number {
    this.moveOn()
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  private moveOn(): void {
    const now = Math.floor(performance.now() / 1000)
    for (let second = Math.max(this.second + 1, now - 59); second <= now; second++) this.counts[second % 60] = 0
    this.second = now
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
