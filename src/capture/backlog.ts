import type { Batch } from '../event/event.ts'
import type { Known } from '../event/snapshot.ts'
import { ScapBuffer } from './scap_buffer.ts'
import { writeLists } from './scap_lists_writer.ts'

export interface BacklogOptions {
  /** How far back it reaches, at least, in ns. */
  readonly windowNs: number
  /** Bytes of events that it holds at most. */
  readonly maxBytes: number
  /** What is known when it is asked: the state as events so far left it. */
  readonly known: Known
  /** Records that belong behind the lists: what else a reader must be told (`event/encode.ts`). */
  readonly preface: () => readonly Buffer[]
  /** Milliseconds from any start. */
  readonly clockMs: () => number
}

/** What was known at a moment, and the records since. */
export interface Stretch {
  readonly lists: Buffer
  readonly records: Batch[]
}

interface Segment extends Stretch {
  readonly startNs: number
  bytes: number
}

// Lists are made again at most so often that this takes one part in so many of the time.
const shareOfTime = 50

/**
 * The latest events, and what was known before them, in bounded memory.
 *
 * It is cut into segments that begin with the lists of what is known, each as long as the window: the oldest goes when the one behind
 * it reaches back far enough. Where events come faster than lists may be made, it is empty until they may.
 */
export class Backlog {
  private segments: Segment[] = []
  private bytes = 0
  private nextListsMs = 0
  private readonly scratch = new ScapBuffer()

  constructor(private readonly options: BacklogOptions) {}

  /** Bytes of events that it holds. */
  get size(): number {
    return this.bytes
  }

  /** Takes a batch that was processed; `nowNs` is the time of its last event. */
  take(batch: Batch, nowNs: number): void {
    const current = this.segments.at(-1)
    if (current !== undefined) this.append(current, batch)
    if (current === undefined || nowNs - current.startNs >= this.options.windowNs) this.begin(nowNs)
    this.trim(nowNs)
  }

  /** Takes a record that stands beside the capture's, such as what a runtime told of a container: before all that is there. */
  tell(record: Buffer): void {
    for (const segment of this.segments) {
      segment.records.unshift({ bytes: record, length: record.length })
      segment.bytes += record.length
      this.bytes += record.length
    }
  }

  /** Begins with what is known now. */
  begin(nowNs: number): void {
    const startMs = this.options.clockMs()
    if (startMs < this.nextListsMs) return
    const { lists, records } = this.stretch()
    const segment: Segment = { startNs: nowNs, lists, records: [], bytes: 0 }
    for (const record of records) this.append(segment, record)
    this.segments.push(segment)
    const endMs = this.options.clockMs()
    this.nextListsMs = endMs + (endMs - startMs) * shareOfTime
  }

  /** Hands over all it holds, oldest first, and is empty; without anything, what is known now. */
  drain(): Stretch {
    const [first, ...others] = this.segments
    const stretch = first ?? this.stretch()
    for (const { records } of others) stretch.records.push(...records)
    this.segments = []
    this.bytes = 0
    this.nextListsMs = 0
    return stretch
  }

  private stretch(): Stretch {
    const { known, preface } = this.options
    this.scratch.clear()
    writeLists(this.scratch, known)
    return { lists: this.scratch.copy(), records: preface().map((bytes) => ({ bytes, length: bytes.length })) }
  }

  private append(segment: Segment, batch: Batch): void {
    const start = batch.start ?? 0
    const bytes = Buffer.from(batch.bytes.subarray(start, batch.length))
    segment.records.push({ bytes, length: bytes.length })
    segment.bytes += bytes.length
    this.bytes += bytes.length
  }

  private trim(nowNs: number): void {
    const { windowNs, maxBytes } = this.options
    while (this.segments.length > 1 && nowNs - (this.segments[1]?.startNs ?? nowNs) >= windowNs) this.dropOldest()
    if (this.bytes > maxBytes / 2 && (this.segments.at(-1)?.bytes ?? 0) > maxBytes / 2) this.begin(nowNs)
    while (this.bytes > maxBytes && this.segments.length > 0) this.dropOldest()
  }

  private dropOldest(): void {
    this.bytes -= this.segments.shift()?.bytes ?? 0
  }
}
