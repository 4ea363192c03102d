import { type Output, WriteFault } from '../output.ts'
import type { AlertQueue, QueueOptions } from './alert_queue.ts'
import type { Spool, Spooled } from './spool.ts'
import { closeOutput, WriteWatch } from './write_watch.ts'

export interface DeliveryOptions extends QueueOptions {
  readonly spool: Spool
  /** A message that an output failed with so often is put aside; 0 for never. */
  readonly maxAttempts: number
  /** Waits between attempts. */
  readonly sleep?: (ms: number) => Promise<void>
}

const mostMessages = 1024
const nothingWritten = { written: 0, ahead: new Set<number>(), isRefused: false }
const firstPauseMs = 100
const longestPauseMs = 30_000

/** Brings what the spool holds to one output: at least once, in order, again and again until it is taken. */
export class Delivery implements AlertQueue {
  written = 0
  /** Attempts that failed; what was lost for good is `dropped`: put aside by the spool. */
  failed = 0
  dropped = 0
  private readonly output: Output
  private readonly watch: WriteWatch
  private readonly end = Promise.withResolvers<void>()
  private options: DeliveryOptions
  private cursor: number
  private attempts = 0
  // Of messages behind the cursor that were written already.
  private readonly ahead = new Set<number>()
  // The last that the disk said, which is told once.
  private diskError = ''
  private isClosed = false
  private running: Promise<void> | undefined

  constructor(output: Output, options: DeliveryOptions) {
    this.output = output
    this.options = options
    this.watch = new WriteWatch(output.name)
    this.cursor = options.spool.cursorOf(output.name)
  }

  get name(): string {
    return this.output.name
  }

  get isBusy(): boolean {
    return this.running !== undefined
  }

  get waiting(): number {
    return this.options.spool.countAfter(this.cursor)
  }

  get lastError(): string {
    return this.watch.lastError
  }

  /** What waits is on the disk. */
  get isCrowded(): boolean {
    return false
  }

  writingMs(nowMs: number): number {
    return this.watch.writingMs(nowMs)
  }

  failingMs(nowMs: number): number {
    return this.watch.failingMs(nowMs)
  }

  configure(options: QueueOptions): void {
    this.options = { ...this.options, ...options }
  }

  /** There may be something new on the disk. */
  wake(): void {
    if (!this.isClosed) this.running ??= this.run()
  }

  reopen(): void {
    this.output.reopen?.()
  }

  /** What is on the disk is safe. */
  async settle(): Promise<void> {}

  /** What is not written by then stays on the disk for the next start. */
  async close(limitMs: number): Promise<void> {
    const timer = setTimeout(() => this.end.resolve(), limitMs)
    this.wake()
    await Promise.race([this.running, this.end.promise])
    clearTimeout(timer)
    this.isClosed = true
    this.end.resolve()
    await closeOutput(this.output, this.options.log)
  }

  private async run(): Promise<void> {
    // Alerts of the same turn of the event loop go out in one write.
    await undefined
    for (;;) {
      const batch = this.read()
      if (batch === undefined) await this.pause()
      else if (batch.length === 0) break
      else await this.deliver(batch)
    }
    this.running = undefined
  }

  // After a failure one at a time, so that it shows which of them it is that fails. Undefined where the disk cannot be read.
  private read(): readonly Spooled[] | undefined {
    if (this.isClosed) return []
    try {
      return this.options.spool.read(this.cursor, this.attempts > 0 ? 1 : (this.output.batchMessages ?? mostMessages))
    } catch (error) {
      this.attempts++
      this.options.log.error(`Output ${this.name} cannot read the spool: ${(error as Error).message}`)
      return undefined
    }
  }

  private async deliver(batch: readonly Spooled[]): Promise<void> {
    const missing = this.ahead.size === 0 ? batch : batch.filter(({ id }) => !this.ahead.has(id))
    const failure = missing.length === 0 ? undefined : await this.watch.watch(() => this.output.write(missing), this.options)
    if (failure === undefined) {
      this.advance(batch, missing.length)
      if (this.attempts > 0) this.options.log.warning(`Output ${this.name} takes alerts again`)
      this.attempts = 0
      return
    }
    const { written, ahead, isRefused } = failure.error instanceof WriteFault ? failure.error : nothingWritten
    const next = missing[written]
    this.advance(next ? batch.slice(0, batch.indexOf(next)) : batch, written)
    this.skip(missing.filter((_, at) => at > written && ahead.has(at)))
    this.failed++
    this.attempts = written > 0 ? 1 : this.attempts + 1
    const { maxAttempts } = this.options
    const isHopeless = isRefused || (missing.length === 1 && maxAttempts > 0 && this.attempts >= maxAttempts)
    if (next === undefined || !isHopeless || !this.bury(next)) await this.pause()
  }

  // They were written before one that failed, and are not written again.
  private skip(messages: readonly Spooled[]): void {
    this.written += messages.length
    for (const { id } of messages) this.ahead.add(id)
  }

  // False where the disk does not take it: then it is tried again.
  private bury(message: Spooled): boolean {
    if (this.isClosed || !this.attempt(() => this.options.spool.bury(this.name, message, this.lastError))) return false
    this.cursor = message.id
    this.dropped++
    this.attempts = 0
    return true
  }

  private advance(batch: readonly Spooled[], count: number): void {
    const last = batch.at(-1)
    this.written += count
    if (last === undefined || this.isClosed) return
    this.cursor = last.id
    for (const id of this.ahead) if (id <= last.id) this.ahead.delete(id)
    // Where the disk does not take that, they would be written once more after a start: their ids say so.
    this.attempt(() => this.options.spool.advance(this.name, last.id))
  }

  private attempt(work: () => void): boolean {
    try {
      work()
      this.diskError = ''
      return true
    } catch (error) {
      const { message } = error as Error
      if (message !== this.diskError) this.options.log.error(message)
      this.diskError = message
      return false
    }
  }

  // Twice as long each time, and not all hosts at the same moment.
  private async pause(): Promise<void> {
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.attempts - 1))
    const ms = longest / 2 + (Math.random() * longest) / 2
    const sleep = this.options.sleep ?? Bun.sleep
    await Promise.race([sleep(ms), this.end.promise])
  }
}
