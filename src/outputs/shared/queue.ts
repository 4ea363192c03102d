import { type Message, type Output, WriteFault } from '../output.ts'
import type { AlertQueue, QueueOptions } from './alert_queue.ts'
import { MessageRow } from './message_row.ts'
import { closeOutput, WriteWatch } from './write_watch.ts'

// What one write gets at most: enough for a file to keep up with a storm, though each write takes a turn of the event loop.
const mostMessages = 4096

/** Stands between the engine and one output, so that a slow output keeps nothing else from going on. */
export class OutputQueue implements AlertQueue {
  written = 0
  dropped = 0
  failed = 0
  readonly #output: Output
  readonly #watch: WriteWatch
  #options: QueueOptions
  readonly #waiting = new MessageRow()
  #running: Promise<void> | undefined
  #isFull = false
  #isClosed = false
  // Messages that were taken in, and those of them that are written or lost.
  #taken = 0
  #settled = 0
  #writing: Promise<unknown> | undefined

  constructor(output: Output, options: QueueOptions) {
    this.#output = output
    this.#options = options
    this.#watch = new WriteWatch(output.name)
  }

  get name(): string {
    return this.#output.name
  }

  get isBusy(): boolean {
    return this.#running !== undefined
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get isCrowded(): boolean {
    const { capacity, maxBytes = Number.POSITIVE_INFINITY } = this.#options
    return this.#waiting.length * 2 > capacity || this.#waiting.chars * 2 > maxBytes
  }

  get lastError(): string {
    return this.#watch.lastError
  }

  writingMs(nowMs: number): number {
    return this.#watch.writingMs(nowMs)
  }

  failingMs(nowMs: number): number {
    return this.#watch.failingMs(nowMs)
  }

  configure(options: QueueOptions): void {
    this.#options = options
  }

  push(message: Message): void {
    const { capacity, maxBytes = Number.POSITIVE_INFINITY } = this.#options
    if (this.#waiting.length >= capacity || this.#waiting.chars >= maxBytes) {
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

  async settle(): Promise<void> {
    const target = this.#taken
    while (this.#settled < target && this.#running) await this.#writing
  }

  /** Resolves when no messages wait. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running
  }

  async close(limitMs: number): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<'too late'>()
    const timer = setTimeout(() => resolve('too late'), limitMs)
    const end = await Promise.race([this.flush(), tooLate])
    clearTimeout(timer)
    if (end === 'too late') {
      const lost = this.#taken - this.#settled
      this.#options.log.error(`Output ${this.name} did not take the last alerts in time: ${lost} are lost`)
      this.failed += lost
      this.#isClosed = true
      this.#waiting.clear()
      return
    }
    await closeOutput(this.#output, this.#options.log)
  }

  #drop(): void {
    this.dropped++
    if (this.#isFull) return
    this.#isFull = true
    this.#options.log.error(`Outputs queue out of memory. Output ${this.name} does not keep up: alerts are dropped from now on`)
  }

  async #run(): Promise<void> {
    // Alerts of the same turn of the event loop go out in one write.
    this.#writing = endOfTurn()
    await this.#writing
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.take(this.#output.batchMessages ?? mostMessages)
      // Where it is known which message failed, the others have their chance.
      for (let rest: readonly Message[] = batch; rest.length > 0 && !this.#isClosed; ) {
        const writing = this.#write(rest)
        this.#writing = writing
        rest = await writing
      }
    }
    this.#running = undefined
    if (this.#isFull) this.#options.log.warning(`Output ${this.name} keeps up again; ${this.dropped} alerts were dropped so far`)
    this.#isFull = false
  }

  /** Those that are neither written nor lost. */
  async #write(batch: readonly Message[]): Promise<readonly Message[]> {
    const failure = await this.#watch.watch(() => this.#output.write(batch), this.#options)
    const part = failure?.error instanceof WriteFault ? failure.error : undefined
    const rest = part ? batch.filter((_, at) => at > part.written && !part.ahead.has(at)) : []
    if (this.#isClosed) return rest
    const settled = batch.length - rest.length
    const lost = failure === undefined ? 0 : part ? 1 : batch.length
    this.#settled += settled
    this.failed += lost
    this.written += settled - lost
    return rest
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
