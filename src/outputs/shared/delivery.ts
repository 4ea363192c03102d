import type { Log } from '../../base/log.ts'
import { type Output, WriteFault } from '../output.ts'
import type { Spool, Spooled } from './spool.ts'

export interface DeliveryOptions {
  readonly spool: Spool
  /** A message that an output refused so often is put aside; 0 for never. */
  readonly maxAttempts: number
  /** A write that takes longer is reported. */
  readonly slowMs: number
  readonly log: Pick<Log, 'error' | 'warning'>
  /** Waits between attempts; resolves early where the delivery is closed. */
  readonly sleep?: (ms: number) => Promise<void>
}

const batchMessages = 512
const firstPauseMs = 100
const longestPauseMs = 30_000

/** Brings what the spool holds to one output: at least once, in order, again and again until it is taken. */
export class Delivery {
  /** Messages that were put aside, and attempts that failed. */
  buried = 0
  failures = 0
  private readonly output: Output
  private readonly options: DeliveryOptions
  private readonly end = Promise.withResolvers<void>()
  private cursor: number
  private attempts = 0
  private isClosed = false
  private running: Promise<void> | undefined
  private lastError = ''

  constructor(output: Output, options: DeliveryOptions) {
    this.output = output
    this.options = options
    this.cursor = options.spool.cursorOf(output.name)
  }

  get name(): string {
    return this.output.name
  }

  /** Whether the output does not take what it is given. */
  get isFailing(): boolean {
    return this.attempts > 0
  }

  /** There may be something new on the disk. */
  wake(): void {
    this.running ??= this.run()
  }

  reopen(): void {
    this.output.reopen?.()
  }

  /** Delivers what waits, for `limitMs` at most; the rest stays on the disk for the next start. */
  async close(limitMs: number): Promise<void> {
    const timer = setTimeout(() => this.end.resolve(), limitMs)
    this.wake()
    await Promise.race([this.running, this.end.promise])
    clearTimeout(timer)
    this.isClosed = true
    this.end.resolve()
    await this.output.close()
  }

  private async run(): Promise<void> {
    // Alerts of the same turn of the event loop go out in one write.
    await undefined
    for (;;) {
      const batch = this.isClosed ? [] : this.options.spool.read(this.cursor, this.attempts > 0 ? 1 : batchMessages)
      if (batch.length === 0) break
      await this.deliver(batch)
    }
    this.running = undefined
  }

  private async deliver(batch: readonly Spooled[]): Promise<void> {
    const { log, slowMs, spool } = this.options
    const slow = setTimeout(() => log.error(`Output ${this.name} is slow: a write takes longer than ${slowMs} ms`), slowMs)
    try {
      await this.output.write(batch)
      this.advance(batch, batch.length)
      this.recover()
    } catch (error) {
      const { written, isRefused } = error instanceof WriteFault ? error : { written: 0, isRefused: false }
      this.advance(batch, written)
      this.failures++
      this.report(error)
      const next = batch[written]
      this.attempts = written > 0 ? 1 : this.attempts + 1
      if (next !== undefined && (isRefused || this.attempts === this.options.maxAttempts)) {
        spool.bury(this.name, next, (error as Error).message)
        this.cursor = next.id
        this.buried++
        this.attempts = 0
      } else await this.pause()
    } finally {
      clearTimeout(slow)
    }
  }

  private advance(batch: readonly Spooled[], count: number): void {
    const last = batch[count - 1]
    if (last === undefined || this.isClosed) return
    this.cursor = last.id
    this.options.spool.advance(this.name, last.id)
  }

  // Twice as long each time, and not all hosts at the same moment.
  private async pause(): Promise<void> {
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.attempts - 1))
    const ms = longest / 2 + (Math.random() * longest) / 2
    const sleep = this.options.sleep ?? Bun.sleep
    await Promise.race([sleep(ms), this.end.promise])
  }

  private recover(): void {
    if (this.lastError !== '') this.options.log.warning(`Output ${this.name} takes alerts again`)
    this.lastError = ''
    this.attempts = 0
  }

  // The same failure again and again is told once; `failures` counts on.
  private report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message === this.lastError) return
    this.lastError = message
    this.options.log.error(`Output ${this.name}: ${message}`)
  }
}
