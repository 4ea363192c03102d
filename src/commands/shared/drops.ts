import { type DropClasses, dropClasses } from './drop_classes.ts'

/** What `syscall_event_drops` asks for when events were lost. */
export type DropAction = 'ignore' | 'log' | 'alert' | 'exit'

export interface DropOptions {
  readonly actions: readonly DropAction[]
  /** Smallest part of the events that must be lost before anything is done, 0 to 1. */
  readonly threshold: number
  /** Token bucket of the actions: tokens a second, and how many it holds. */
  readonly rate: number
  readonly maxBurst: number
  /** A test's aid: every check finds lost events. */
  readonly simulate: boolean
}

export interface DropCounts {
  readonly seen: number
  readonly dropped: number
  /** The same by event code, where it is told. */
  readonly byType?: ReadonlyMap<number, { readonly dropped: number }>
}

export interface DropReport {
  readonly actions: readonly DropAction[]
  /** Events seen and lost since the last check. */
  readonly seen: number
  readonly dropped: number
  readonly classes: DropClasses
}

const none: ReadonlyMap<number, { readonly dropped: number }> = new Map()

// More than a second: what recordings hold at full seconds belongs to the second before, as Falco counts.
const checkNs = 1e9

/** Looks once a second of the events' own time whether events were lost, and says what is to be done about it. */
export class DropMonitor {
  /** Checks that found lost events, and how often actions followed. */
  occurrences = 0
  actionsTaken = 0
  /** Whether an action was to end the program. */
  isFatal = false
  /** What holds from now on. */
  options: DropOptions
  private readonly counts: () => DropCounts
  private readonly act: (report: DropReport) => void
  private nextCheckNs = 0
  private last: DropCounts = { seen: 0, dropped: 0 }
  private tokens: number
  private refilledNs = 0

  constructor(options: DropOptions, counts: () => DropCounts, act: (report: DropReport) => void) {
    this.options = options
    this.counts = counts
    this.act = act
    this.tokens = options.maxBurst
  }

  /** `nowNs`: time of the latest event, ns since the epoch. */
  observe(nowNs: number): void {
    if (nowNs <= this.nextCheckNs) return
    const isFirst = this.nextCheckNs === 0
    this.nextCheckNs = nowNs + checkNs
    if (isFirst) this.refilledNs = nowNs
    else this.check(nowNs)
  }

  private check(nowNs: number): void {
    const now = this.counts()
    const simulated = this.options.simulate ? 1 : 0
    const dropped = now.dropped - this.last.dropped + simulated
    const seen = now.seen - this.last.seen + simulated
    const before = this.last
    this.last = now
    if (dropped <= 0) return
    this.occurrences++
    const ratio = dropped / Math.max(seen, dropped)
    if (ratio < this.options.threshold && simulated === 0) return
    if (!this.takeToken(nowNs)) return
    this.actionsTaken++
    this.isFatal ||= this.options.actions.includes('exit')
    this.act({ actions: this.options.actions, seen, dropped, classes: dropClasses(now.byType ?? none, before.byType ?? none) })
  }

  private takeToken(nowNs: number): boolean {
    const { rate, maxBurst } = this.options
    this.tokens = Math.min(maxBurst, this.tokens + ((nowNs - this.refilledNs) / 1e9) * rate)
    this.refilledNs = nowNs
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
