import { gzipSync } from 'node:zlib'
import { type Client, problemOf, request } from './client.ts'

export interface SenderOptions {
  readonly client: Client
  /** How many requests are under way at once. */
  readonly parallel: number
  /** Batches a second in the long run, and at once; 0 for as many as there are. */
  readonly batchesPerSecond: number
  readonly burst: number
  /** How often a batch is sent again before it is given up. */
  readonly retries: number
  /** How long it waits before the first retry; each time half as long again. */
  readonly backoffMs: number
  readonly timeoutMs: number
  readonly compress: boolean
  /** Hears why a batch was not taken. */
  readonly onProblem: (problem: string) => void
}

export interface SenderCounts {
  requests: number
  retries: number
  /** Batches, and events in them, that were given up. */
  lost: number
  lostEvents: number
  /** What the receiver said became of the events. */
  accepted: number
  duplicates: number
  malformed: number
}

const factor = 1.5
const longestMs = 30_000

/**
 * Posts batches of events as kube-apiserver does: several at a time, no more a second than allowed, and again, after a while, where the
 * receiver is not there, breaks off, or says 429 or 5xx.
 */
export class Sender {
  readonly counts: SenderCounts = { requests: 0, retries: 0, lost: 0, lostEvents: 0, accepted: 0, duplicates: 0, malformed: 0 }
  readonly #options: SenderOptions
  #tokens: number
  #refilledMs = performance.now()

  constructor(options: SenderOptions) {
    this.#options = options
    this.#tokens = options.burst
  }

  /** Sends all batches, each the JSON texts of its events; resolves when each was taken or given up. */
  async send(batches: Iterable<readonly string[]> | AsyncIterable<readonly string[]>): Promise<void> {
    const under = new Set<Promise<void>>()
    for await (const batch of batches) {
      await this.#throttle()
      const sent = this.#sendOne(batch).finally(() => under.delete(sent))
      under.add(sent)
      if (under.size >= this.#options.parallel) await Promise.race(under)
    }
    await Promise.all(under)
  }

  async #sendOne(events: readonly string[]): Promise<void> {
    const text = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`
    // Texts of events are byte strings.
    const plain = Buffer.from(text, 'latin1')
    const body = this.#options.compress ? gzipSync(plain) : plain
    let waitMs = this.#options.backoffMs
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#post(body)
      if (outcome === 'taken') return
      this.#options.onProblem(outcome.problem)
      if (!outcome.isForNow || attempt >= this.#options.retries) break
      this.counts.retries++
      await Bun.sleep(Math.max(waitMs * (1 + Math.random() / 5), outcome.afterMs))
      waitMs = Math.min(waitMs * factor, longestMs)
    }
    this.counts.lost++
    this.counts.lostEvents += events.length
  }

  async #post(body: Buffer): Promise<'taken' | Refusal> {
    const { client, timeoutMs, compress } = this.#options
    this.counts.requests++
    try {
      const headers = { 'Content-Type': 'application/json', ...(compress && { 'Content-Encoding': 'gzip' }) }
      const response = await request(client, client.url, timeoutMs, { method: 'POST', headers, body: new Uint8Array(body) })
      const answer = await response.text()
      if (response.ok) return this.#take(answer)
      const afterMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0
      return {
        problem: `${response.status}: ${answer.slice(0, 200)}`,
        isForNow: response.status === 429 || response.status >= 500,
        afterMs,
      }
    } catch (error) {
      return { problem: problemOf(error), isForNow: true, afterMs: 0 }
    }
  }

  #take(answer: string): 'taken' {
    try {
      const receipt = JSON.parse(answer) as Partial<SenderCounts>
      this.counts.accepted += receipt.accepted ?? 0
      this.counts.duplicates += receipt.duplicates ?? 0
      this.counts.malformed += receipt.malformed ?? 0
    } catch {
      // Another receiver than Eyas says something else, or nothing.
    }
    return 'taken'
  }

  async #throttle(): Promise<void> {
    const { batchesPerSecond, burst } = this.#options
    if (batchesPerSecond === 0) return
    for (;;) {
      const now = performance.now()
      this.#tokens = Math.min(burst, this.#tokens + ((now - this.#refilledMs) / 1000) * batchesPerSecond)
      this.#refilledMs = now
      if (this.#tokens >= 1) break
      await Bun.sleep(((1 - this.#tokens) / batchesPerSecond) * 1000)
    }
    this.#tokens--
  }
}

interface Refusal {
  readonly problem: string
  /** Whether it may be taken another time. */
  readonly isForNow: boolean
  /** When the receiver wants to be asked again. */
  readonly afterMs: number
}
