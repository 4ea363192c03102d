import { maskSecrets } from '../../base/mask.ts'
import type { QueueOptions } from './alert_queue.ts'

// A failed write says something of the output for so long.
const failureMs = 300_000

/** Watches the writes of one output: how long they take, whether they fail, and what is told of that. */
export class WriteWatch {
  /** What the last failed write said; empty where the last one went well. */
  lastError = ''
  private readonly name: string
  private since: number | undefined
  private failure: { readonly firstMs: number; lastMs: number } | undefined

  constructor(name: string) {
    this.name = name
  }

  writingMs(nowMs: number): number {
    return this.since === undefined ? 0 : nowMs - this.since
  }

  failingMs(nowMs: number): number {
    const { firstMs, lastMs } = this.failure ?? { firstMs: 0, lastMs: 0 }
    return nowMs - lastMs > failureMs ? 0 : lastMs - firstMs
  }

  /** Waits for a write; gives what it failed with, undefined where it went well. */
  async watch(write: () => Promise<void>, { slowMs, log }: QueueOptions): Promise<{ readonly error: unknown } | undefined> {
    const slow = setTimeout(() => log.error(`Output ${this.name} is slow: a write takes longer than ${slowMs} ms`), slowMs)
    this.since = performance.now()
    try {
      await write()
      this.lastError = ''
      this.failure = undefined
      return undefined
    } catch (error) {
      this.note(performance.now())
      this.report(maskSecrets(error instanceof Error ? error.message : String(error)), log)
      return { error }
    } finally {
      this.since = undefined
      clearTimeout(slow)
    }
  }

  private note(nowMs: number): void {
    if (this.failure) this.failure.lastMs = nowMs
    else this.failure = { firstMs: nowMs, lastMs: nowMs }
  }

  // The same failure again and again is told once; the queue's counters count on.
  private report(message: string, log: QueueOptions['log']): void {
    if (message === this.lastError) return
    this.lastError = message
    log.error(`Output ${this.name}: ${message}`)
  }
}

/** Closes an output; what goes wrong then is told, and keeps nobody from ending. */
export async function closeOutput(output: { readonly name: string; close(): Promise<void> }, log: QueueOptions['log']): Promise<void> {
  try {
    await output.close()
  } catch (error) {
    log.error(`Output ${output.name}: ${maskSecrets((error as Error).message)}`)
  }
}
