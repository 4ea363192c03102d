import type { Message } from '../output.ts'
import type { QueueOptions } from './alert_queue.ts'
import type { Spool } from './spool.ts'

const retryMs = 1000

/** Takes alerts onto the disk: those of one turn of the event loop in one transaction. */
export class SpoolWriter {
  /** Messages that found no room while the disk took none. */
  dropped = 0
  private readonly spool: Spool
  private readonly options: QueueOptions
  private readonly onAccepted: () => void
  private waiting: Message[] = []
  private chars = 0
  private isScheduled = false
  private retry: Timer | undefined
  /** What the disk said last; empty where it takes what comes. */
  lastError = ''

  constructor(spool: Spool, options: QueueOptions, onAccepted: () => void) {
    this.spool = spool
    this.options = options
    this.onAccepted = onAccepted
  }

  push(message: Message): void {
    const { capacity, maxBytes = Number.POSITIVE_INFINITY } = this.options
    if (this.waiting.length >= capacity || this.chars >= maxBytes) {
      this.dropped++
      return
    }
    this.waiting.push(message)
    this.chars += message.line.length
    if (this.isScheduled || this.retry !== undefined) return
    this.isScheduled = true
    queueMicrotask(() => {
      this.isScheduled = false
      this.flush()
    })
  }

  /** Writes what waits now; where the disk does not take it, again in a second. */
  flush(): void {
    if (this.waiting.length === 0) return
    try {
      this.spool.append(this.waiting)
      this.waiting = []
      this.chars = 0
      if (this.lastError !== '') this.options.log.warning(`The spool takes alerts again; ${this.dropped} were dropped so far`)
      this.lastError = ''
    } catch (error) {
      this.report((error as Error).message)
      clearTimeout(this.retry)
      this.retry = setTimeout(() => {
        this.retry = undefined
        this.flush()
      }, retryMs)
      return
    }
    this.onAccepted()
  }

  close(): void {
    clearTimeout(this.retry)
    this.flush()
    clearTimeout(this.retry)
    if (this.waiting.length > 0) this.options.log.error(`The spool did not take the last ${this.waiting.length} alerts: they are lost`)
  }

  private report(message: string): void {
    if (message !== this.lastError) this.options.log.error(message)
    this.lastError = message
  }
}
