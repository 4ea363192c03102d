import { type Message, type Output, WriteFault } from '../output.ts'

export interface Limit {
  /** Alerts a second in the long run, and how many at once. */
  readonly perSecond: number
  readonly burst: number
}

export interface HeldBack {
  readonly output: string
  readonly count: number
  /** By priority, 0 to 7. */
  readonly byPriority: ReadonlyMap<number, number>
  readonly seconds: number
}

export interface LimitedOptions extends Limit {
  /** What tells the output's readers of alerts that they miss. */
  readonly notice: (heldBack: HeldBack) => Message
  /** Milliseconds of any clock. */
  readonly now?: () => number
}

const noticeMs = 10_000

/**
 * An output that gets so many alerts a second and no more, and a notice of how many it did not get.
 *
 * What was written, and the numbers in the notices, add up to what came.
 */
export class LimitedOutput implements Output {
  readonly name: string
  readonly batchMessages?: number
  /** Alerts that were held back so far. */
  heldBack = 0
  private readonly output: Output
  private readonly options: LimitedOptions
  private readonly now: () => number
  private tokens: number
  private refilledMs: number
  private untold = new Map<number, number>()
  private sinceMs = 0
  private timer: Timer | undefined
  // Writes of the output itself, one after the other.
  private writing: Promise<void> = Promise.resolve()

  constructor(output: Output, options: LimitedOptions) {
    this.output = output
    this.name = output.name
    if (output.batchMessages !== undefined) this.batchMessages = output.batchMessages
    this.options = options
    this.now = options.now ?? (() => performance.now())
    this.tokens = options.burst
    this.refilledMs = this.now()
  }

  async write(messages: readonly Message[]): Promise<void> {
    this.refill()
    const passed = messages.slice(0, Math.floor(this.tokens))
    try {
      if (passed.length > 0) await this.inTurn(passed)
    } catch (error) {
      // Those behind the one that failed come again.
      this.tokens -= error instanceof WriteFault ? error.written : 0
      throw error
    }
    this.tokens -= passed.length
    for (const message of messages.slice(passed.length)) this.hold(message)
  }

  reopen(): void {
    this.output.reopen?.()
  }

  async close(): Promise<void> {
    clearTimeout(this.timer)
    await this.tell().catch(() => undefined)
    await this.output.close()
  }

  private refill(): void {
    const nowMs = this.now()
    const { burst, perSecond } = this.options
    this.tokens = Math.min(burst, this.tokens + ((nowMs - this.refilledMs) / 1000) * perSecond)
    this.refilledMs = nowMs
  }

  private hold({ priority }: Message): void {
    this.heldBack++
    if (this.untold.size === 0) this.sinceMs = this.now()
    this.untold.set(priority, (this.untold.get(priority) ?? 0) + 1)
    this.tellLater()
  }

  private tellLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      // A notice that cannot be written is tried again.
      void this.tell().catch(() => this.tellLater())
    }, noticeMs)
    this.timer.unref()
  }

  private async tell(): Promise<void> {
    if (this.untold.size === 0) return
    const [byPriority, sinceMs] = [this.untold, this.sinceMs]
    this.untold = new Map()
    const count = [...byPriority.values()].reduce((sum, each) => sum + each, 0)
    const seconds = Math.max(1, Math.round((this.now() - sinceMs) / 1000))
    try {
      await this.inTurn([this.options.notice({ output: this.name, count, byPriority, seconds })])
    } catch (error) {
      for (const [priority, each] of byPriority) this.untold.set(priority, (this.untold.get(priority) ?? 0) + each)
      this.sinceMs = sinceMs
      throw error
    }
  }

  private inTurn(messages: readonly Message[]): Promise<void> {
    const turn = this.writing.catch(() => undefined).then(() => this.output.write(messages))
    this.writing = turn
    return turn
  }
}
