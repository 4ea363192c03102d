import { ScapBuffer } from '../../capture/scap_buffer.ts'
import { fates, writeEvents } from '../../capture/scap_events_writer.ts'
import { ScapFile } from '../../capture/scap_file.ts'
import { writeLists } from '../../capture/scap_lists_writer.ts'
import { type Splice, spliced, splicedAt } from '../../capture/splice.ts'
import { type Batch, recordStateOnly } from '../../event/event.ts'
import type { State } from '../../state/state.ts'
import { containerRecords, onLearned } from './container_records.ts'
import type { FileNames } from './file_names.ts'
import { onFound } from './found_records.ts'
import { changesState } from './state_events.ts'
import type { Tap } from './tap.ts'

export interface RecorderOptions {
  readonly state: State
  readonly names: FileNames
  readonly isGzip: boolean
  /** A further file begins when one has so many bytes, ms, or events; 0 is never. */
  readonly maxBytes: number
  readonly maxMs: number
  readonly maxEvents: number
  /** It is done with so many events, or so many files; 0 is never. */
  readonly total: number
  readonly maxFiles: number
  /** Whether `mark` says which events are written; the others are, where readers need them, for the state alone. */
  readonly isFiltered: boolean
  readonly clockMs: () => number
}

/** Writes what passes through a capture to one file after the other, each of which holds all that is needed to read it. */
export class Recorder implements Tap {
  /** Events written, without those for the state alone. */
  count = 0
  readonly #options: RecorderOptions
  #file: ScapFile | undefined
  #fileEvents = 0
  #fileStartMs = 0
  #files = 0
  #marked: number[] = []
  #told: Buffer[] = []
  #found: Splice[] = []
  /** Where the lists end in what is not written yet of a new file. */
  #listsEnd = 0
  readonly #scratch = new ScapBuffer(4096)

  constructor(options: RecorderOptions) {
    this.#options = options
    onLearned(options.state, (record) => this.#told.push(record))
    onFound(options.state, (splice) => this.#found.push(splice))
  }

  get isDone(): boolean {
    const { total, maxFiles } = this.#options
    return (total > 0 && this.count >= total) || (maxFiles > 0 && this.#files > maxFiles)
  }

  get limit(): number {
    const { maxEvents, total } = this.#options
    const untilFull = maxEvents > 0 ? maxEvents - this.#fileEvents : Number.POSITIVE_INFINITY
    return Math.min(untilFull, total > 0 ? Math.max(1, total - this.count) : Number.POSITIVE_INFINITY)
  }

  /** The event at this offset of the batch is to be written. */
  mark(at: number): void {
    this.#marked.push(at)
  }

  /** Opens the file, where none is open: with the state as it is now. */
  before(): void {
    if (this.#file === undefined || this.#isFull(this.#file)) this.#begin()
  }

  after(given: Batch): void {
    const file = this.#file
    const found = this.#found.splice(0)
    if (file === undefined || this.isDone) return
    const batch = spliced(given, found)
    if (found.length > 0) this.#marked = this.#marked.map((at) => splicedAt(at, given, found))
    for (const record of this.#told.splice(0)) this.#insert(file, record)
    const shown = this.#options.isFiltered ? this.#writeMarked(file, batch) : this.#writeAll(file, batch)
    this.count += shown
    this.#fileEvents += shown
    file.spill()
  }

  // Before the events that are not in the file yet: the first ones of a container may be among them.
  #insert(file: ScapFile, record: Buffer): void {
    this.#scratch.clear()
    writeEvents(this.#scratch, { bytes: record, length: record.length }, 0, record.length)
    file.out.insert(file.bytes === 0 ? this.#listsEnd : 0, this.#scratch.bytes.subarray(0, this.#scratch.at))
  }

  /** Lets others read what there is by now. */
  flush(): void {
    this.#file?.flush()
  }

  /** Writes a file that holds no event, too: what is known is worth having. */
  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #begin(): void {
    this.close()
    const { names, isGzip, state, clockMs, maxFiles } = this.#options
    this.#files++
    if (maxFiles > 0 && this.#files > maxFiles) return
    const file = new ScapFile(names.next(), { isGzip })
    this.#file = file
    this.#fileEvents = 0
    this.#fileStartMs = clockMs()
    this.#told = []
    writeLists(file.out, state)
    this.#listsEnd = file.out.at
    for (const record of containerRecords(state)) writeEvents(file.out, { bytes: record, length: record.length }, 0, record.length)
  }

  #isFull({ bytes, out }: ScapFile): boolean {
    const { maxBytes, maxMs, maxEvents, clockMs } = this.#options
    if (maxBytes > 0 && bytes + out.at >= maxBytes) return true
    if (maxMs > 0 && clockMs() - this.#fileStartMs >= maxMs) return true
    return maxEvents > 0 && this.#fileEvents >= maxEvents
  }

  #writeAll(file: ScapFile, batch: Batch): number {
    let hidden = 0
    const count = writeEvents(file.out, batch, batch.start ?? 0, batch.length, (at) => {
      if ((batch.bytes.readUInt16LE(at + 6) & recordStateOnly) !== 0) hidden++
      return fates.write
    })
    return count - hidden
  }

  #writeMarked(file: ScapFile, batch: Batch): number {
    const marked = this.#marked
    let next = 0
    writeEvents(file.out, batch, batch.start ?? 0, batch.length, (at, code) => {
      if (at === marked[next]) {
        next++
        return fates.write
      }
      return changesState[code] === 1 ? fates.stateOnly : fates.leaveOut
    })
    const count = marked.length
    marked.length = 0
    return count
  }
}
