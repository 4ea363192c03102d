import type { Alert } from '../../engine/alert.ts'
import { internalAlert } from './internal_alert.ts'

// What Falco waits for at once, which is what its setting counts.
const readMs = 30
const debugPriority = 7

export interface SilenceOptions {
  /** Reads without an event that are told (`syscall_event_timeouts.max_consecutives`). */
  readonly mostReads: () => number
  readonly tell: (alert: Alert) => void
  readonly hostname: string
}

/** Tells where no event has come for long: on a host that works, some come all the time. */
export class Silence {
  private readonly options: SilenceOptions
  private seen = -1
  private sinceMs = 0
  private lastNs = 0

  constructor(options: SilenceOptions) {
    this.options = options
  }

  /** To be called about once a second, with the events so far and the time of the latest, ns since the epoch. */
  note(nowMs: number, seen: number, latestNs: number): void {
    if (seen !== this.seen) {
      this.seen = seen
      this.sinceMs = nowMs
      this.lastNs = latestNs
      return
    }
    const reads = this.options.mostReads()
    if (nowMs - this.sinceMs < reads * readMs) return
    this.sinceMs = nowMs
    const text = `Falco internal: timeouts notification. ${reads} consecutive timeouts without event.`
    const fields = [['last_event_time', this.lastNs === 0 ? 'none' : new Date(this.lastNs / 1e6).toISOString()]] as const
    this.options.tell(
      internalAlert({ matter: 'timeouts notification', priority: debugPriority, text, fields, hostname: this.options.hostname }),
    )
  }
}
