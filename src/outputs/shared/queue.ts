import type { Log } from '../../base/log.ts'
import { type Message, type Output, WriteFault } from '../output.ts'

export interface QueueOptions {
  /** Messages that may wait; one more is dropped and counted. */
  readonly capacity: number
  /** A write that takes longer is reported. */
  readonly slowMs: number
  readonly log: Pick<Log, 'error' | 'warning'>
}

// What one write gets at most: large enough to amortise a system call, small enough to stay in order with `close`.
const batchMessages = 512

// A failed write says something of the output for so long.
const failureMs = 300_000

/** Stands between the engine and one output, so that a slow output keeps nothing else from going on. */
export class OutputQueue {
  /** Messages that were written, that found no room, and whose write failed. */
  written = 0
  dropped = 0
  failed = 0
  readonly #output: Output
  #options: QueueOptions
  #writingSinceMs: number | undefined
  #failure: { readonly firstMs: number; lastMs: number } | undefined
  #waiting: Message[] = []
  #running: Promise<void> | undefined
  #isFull = false
  #lastError = ''
  // Messages that were taken in, and those of them that are written or lost.
  #taken = 0
  #settled = 0
  #writing: Promise<void> | undefined

  constructor(output: Output, options: QueueOptions) {
    this.#output = output
    this.#options = options
  }

  get name(): string {
    return this.#output.name
  }

  /** Whether messages wait to be written. */
  get isBusy(): boolean {
    return this.#running !== undefined
  }

  /** Messages that wait, without those being written now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** What the last failed write said; empty where the last one went well. */
  get lastError(): string {
    return this.#lastError
  }

  /** For how long the write that is under way has taken, at `nowMs` of `performance.now`; 0 where there is none. */
  writingMs(nowMs: number): number {
    return this.#writingSinceMs === undefined ? 0 : nowMs - this.#writingSinceMs
  }

  /** For how long one write after another has failed; 0 where the last one went well, or was so long ago that it says nothing of now. */
  failingMs(nowMs: number): number {
    const { firstMs, lastMs } = this.#failure ?? { firstMs: 0, lastMs: 0 }
    return nowMs - lastMs > failureMs ? 0 : lastMs - firstMs
  }

  /** Goes on by other limits. */
  configure(options: QueueOptions): void {
    this.#options = options
  }

  push(message: Message): void {
    if (this.#waiting.length >= this.#options.capacity) {
      this.#drop()
      return
    }
    this.#taken++
    this.#waiting.push(message)
    this.#running ??= this.#run()
  }

  reopen(): void {
    this.#output.reopen?.()
  }

  /** Resolves when the messages pushed so far are written, or lost, whatever comes after them. */
  async settle(): Promise<void> {
    const target = this.#taken
    while (this.#settled < target && this.#running) await this.#writing
  }

  /** Resolves when no messages wait. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Writes what waits, for `limitMs` at most, and closes the output. */
  async close(limitMs: number): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<'too late'>()
    const timer = setTimeout(() => resolve('too late'), limitMs)
    const end = await Promise.race([this.flush(), tooLate])
    clearTimeout(timer)
    if (end === 'too late') {
      this.#options.log.error(`Output ${this.name} did not take the last alerts in time: ${this.#waiting.length} are lost`)
      this.failed += this.#waiting.length
      this.#waiting = []
      return
    }
    await this.#output.close()
  }

  #drop(): void {
    this.dropped++
    if (this.#isFull) return
    this.#isFull = true
    this.#options.log.error(`Outputs queue out of memory. Output ${this.name} does not keep up: alerts are dropped from now on`)
  }

  async #run(): Promise<void> {
    // Alerts of the same turn of the event loop go out in one write.
    await undefined
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.length <= batchMessages ? this.#waiting : this.#waiting.slice(0, batchMessages)
      this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(batchMessages)
      this.#writing = this.#write(batch)
      await this.#writing
    }
    this.#running = undefined
    if (this.#isFull) this.#options.log.warning(`Output ${this.name} keeps up again; ${this.dropped} alerts were dropped so far`)
    this.#isFull = false
  }

  async #write(batch: readonly Message[]): Promise<void> {
    const slow = setTimeout(() => {
      this.#options.log.error(`Output ${this.name} is slow: a write takes longer than ${this.#options.slowMs} ms`)
    }, this.#options.slowMs)
    this.#writingSinceMs = performance.now()
    let end = batch.length
    let lost = 0
    try {
      await this.#output.write(batch)
      this.#lastError = ''
      this.#failure = undefined
    } catch (error) {
      this.#noteFailure(performance.now())
      this.#report(error instanceof Error ? error.message : String(error))
      // Where it is known which message failed, those behind it have their chance.
      if (error instanceof WriteFault) end = error.written + 1
      lost = error instanceof WriteFault ? 1 : batch.length
      if (end < batch.length) this.#waiting = [...batch.slice(end), ...this.#waiting]
    } finally {
      this.#writingSinceMs = undefined
      clearTimeout(slow)
      this.#settled += end
      this.failed += lost
      this.written += end - lost
    }
  }

  #noteFailure(nowMs: number): void {
    if (this.#failure) this.#failure.lastMs = nowMs
    else this.#failure = { firstMs: nowMs, lastMs: nowMs }
  }

  // The same failure again and again is told once; `failed` counts on.
  #report(message: string): void {
    if (message === this.#lastError) return
    this.#lastError = message
    this.#options.log.error(`Output ${this.name}: ${message}`)
  }
}
