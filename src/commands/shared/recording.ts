import type { Stretch } from '../../capture/backlog.ts'
import { type Fate, fates, writeEvents } from '../../capture/scap_events_writer.ts'
import { ScapFile } from '../../capture/scap_file.ts'
import type { Batch } from '../../event/event.ts'
import { changesState } from './state_events.ts'

export interface RecordingLimits {
  /** Bytes of the file at most; 0 is no limit. */
  readonly maxBytes: number
  /** Earlier events are there for the state of readers alone. */
  readonly shownFromNs: number
  /** Events are taken until then. */
  readonly untilNs: number
  /** Hears once why it ended early; undefined where its time was over. */
  readonly onEnd: (reason: string | undefined) => void
}

// Bytes of records that are written in one turn of the event loop, and that may wait to be written.
const turnBytes = 1024 * 1024
const waitingBytes = 64 * 1024 * 1024
// A runtime may tell of a container a little after its first events: they wait for that.
const settleMs = 1500
const settlingBytes = 16 * 1024 * 1024
// No event is so late that it comes after this much time without one.
const graceNs = 1e9

/** One file that is being recorded: what it is given is written by and by, so that events do not wait for the disk. */
export class Recording {
  isFull = false
  readonly #file: ScapFile
  readonly #limits: RecordingLimits
  readonly #waiting: { readonly batch: Batch; readonly atMs: number }[] = []
  #waitingBytes = 0
  #untilNs: number
  #isOver = false
  #isClosed = false
  #isScheduled = false

  /** @throws Fault `output-failed`. */
  constructor(path: string, stretch: Stretch, limits: RecordingLimits) {
    this.#file = new ScapFile(path, { isGzip: true, isNew: true })
    this.#limits = limits
    this.#untilNs = limits.untilNs
    const { out } = this.#file
    out.need(stretch.lists.length)
    out.at += stretch.lists.copy(out.bytes, out.at)
    for (const batch of stretch.records) this.#queue(batch)
  }

  get path(): string {
    return this.#file.path
  }

  get bytes(): number {
    return this.#file.bytes
  }

  /** Goes on until then, at least. */
  extend(untilNs: number): void {
    this.#untilNs = Math.max(this.#untilNs, untilNs)
  }

  /** Takes a batch that was processed, whose last event was at `nowNs`. */
  take(batch: Batch, nowNs: number): void {
    if (this.#isOver) return
    if (this.#waitingBytes > waitingBytes) {
      this.#end('the disk is too slow for it')
      return
    }
    const start = batch.start ?? 0
    const bytes = Buffer.from(batch.bytes.subarray(start, batch.length))
    this.#queue({ bytes, length: bytes.length })
    if (nowNs > this.#untilNs) this.#isOver = true
    this.#schedule()
  }

  /** Takes a record that stands beside the capture's: before all that is not written yet. */
  tell(record: Buffer): void {
    if (this.#isClosed) return
    this.#waiting.unshift({ batch: { bytes: record, length: record.length }, atMs: 0 })
    this.#waitingBytes += record.length
  }

  tick(nowNs: number): void {
    if (nowNs > this.#untilNs + graceNs) this.#isOver = true
    this.#schedule()
  }

  /** Writes all that waits, and closes the file. */
  finish(): void {
    this.#isOver = true
    while (!this.#isClosed) this.#work()
  }

  /** Whether the oldest that waits may be written. */
  get #hasSettled(): boolean {
    const [oldest] = this.#waiting
    if (oldest === undefined) return false
    return this.#isOver || this.#waitingBytes > settlingBytes || oldest.atMs < performance.now() - settleMs
  }

  #queue(batch: Batch): void {
    this.#waiting.push({ batch, atMs: performance.now() })
    this.#waitingBytes += batch.length
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed || !(this.#isOver || this.#hasSettled)) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#work()
    })
  }

  #work(): void {
    const { maxBytes } = this.#limits
    try {
      for (let done = 0; done < turnBytes && this.#hasSettled; ) {
        const batch = this.#waiting.shift()?.batch
        if (batch === undefined) break
        this.#waitingBytes -= batch.length
        done += batch.length
        this.#write(batch)
      }
      this.isFull = maxBytes > 0 && this.#file.bytes >= maxBytes
      if (this.isFull) this.#end('it is as large as it may be')
      else if (this.#waiting.length === 0 && this.#isOver) this.#end(undefined)
      else if (this.#hasSettled) this.#schedule()
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error))
    }
  }

  #write(batch: Batch): void {
    const { shownFromNs } = this.#limits
    const { bytes } = batch
    const fateOf = (at: number, code: number): Fate => {
      const ns = bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12) * 2 ** 32
      if (ns >= shownFromNs) return fates.write
      return changesState[code] === 1 ? fates.stateOnly : fates.leaveOut
    }
    writeEvents(this.#file.out, batch, 0, batch.length, fateOf)
    this.#file.spill()
  }

  #end(reason: string | undefined): void {
    this.#isOver = true
    this.#isClosed = true
    this.#waiting.length = 0
    let why = reason
    try {
      this.#file.close()
    } catch (error) {
      why ??= error instanceof Error ? error.message : String(error)
    }
    this.#limits.onEnd(why)
  }
}
