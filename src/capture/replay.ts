import { Fault } from '../base/fault.ts'
import type { Batch } from '../event/event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import type { Capture, CaptureStats } from './capture.ts'
import { RecordBatch } from './scap_batch.ts'
import { damaged, EventReader } from './scap_events.ts'
import { blockHeadBytes, blockTypes, byteOrderMagic, type EventBlock, eventBlocks, leastBlockBytes, sectionHeader } from './scap_format.ts'
import { ScapListReader } from './scap_list_reader.ts'
import { nameOfSource, openSource, type ScapSource } from './scap_source.ts'
import { RecordWindow } from './scap_window.ts'

/** A recording that is read from its beginning to its end, as fast as its events are taken. */
export interface Replay extends Capture {
  /** Part of the file that was read, 0 to 1; undefined where its size is not known. */
  progress(): number | undefined
}

/**
 * Opens a .scap file, plain or gzip. What it tells of threads, descriptors and users goes to `snapshot` before the events do.
 *
 * `next` gives all whole events of a damaged file, then throws.
 *
 * @throws Fault `capture-unreadable` if the file cannot be opened.
 */
export function openReplay(file: string, snapshot: Snapshot): Replay {
  return new ScapReplay(nameOfSource(file), openSource(file), snapshot)
}

const mostEventBytes = 32 * 1024 * 1024
// Of blocks of unknown types, all together.
const mostPassedOver = 256 * 1024 * 1024
// After so many blocks or entries of lists that gave no event, the event loop gets its turn.
const blocksPerTurn = 100_000
const entriesPerTurn = 10_000

type Step = 'more' | 'wait' | 'end'

// What to do about a file that is damaged, by how far it was read.
const waysOut = {
  start: 'name a file that eyas record, Falco or sysdig wrote',
  lists: 'copy it again from where it was recorded, or record anew',
  events: 'the events before it were all read; for the rest, copy the file again from where it was recorded',
} as const

class ScapReplay implements Replay {
  private readonly file: string
  private readonly source: ScapSource
  private readonly batch = new RecordBatch()
  private readonly window = new RecordWindow()
  private readonly events = new EventReader()
  private readonly lists: ScapListReader
  private phase: keyof typeof waysOut = 'start'
  private skipBytes = 0
  private passedOver = 0
  private isDone = false
  private fault: Fault | undefined
  private lastType = -1
  private lastLayout: EventBlock | undefined
  private wake: (() => void) | undefined

  constructor(file: string, source: ScapSource, snapshot: Snapshot) {
    this.file = file
    this.source = source
    this.lists = new ScapListReader(snapshot)
  }

  next(): Batch | undefined {
    if (this.fault !== undefined) throw this.fault
    if (this.isDone) return undefined
    this.batch.clear()
    try {
      if (this.takeInPlace()) return this.window
      this.fill()
    } catch (cause) {
      this.fault = this.place(cause)
      this.source.close()
      if (this.batch.length === 0) throw this.fault
    }
    return this.isDone && this.batch.length === 0 ? undefined : this.batch
  }

  onReadable(wake: () => void): void {
    this.wake = wake
    this.source.onReadable(wake)
  }

  stats(): CaptureStats {
    return { seen: this.events.num, dropped: 0, byType: new Map() }
  }

  progress(): number | undefined {
    const { bytesRead, fileBytes } = this.source
    return fileBytes > 0 ? Math.min(1, bytesRead / fileBytes) : undefined
  }

  close(): void {
    this.isDone = true
    this.source.close()
  }

  // Events in today's form stay where they are; others, and all that stands between, are read block by block into the batch.
  private takeInPlace(): boolean {
    const { source, events } = this
    if (this.phase !== 'events' || events.isInPreface || this.lists.isInList || this.skipBytes > 0) return false
    if (!source.need(blockHeadBytes)) return false
    const length = source.view.getUint32(source.at + 4, true)
    if (length > mostEventBytes || !source.need(length)) return false
    const count = this.window.take(source, events.num + 1)
    events.num += count
    return count > 0
  }

  private fill(): void {
    const last = this.lists.total + entriesPerTurn
    for (let blocks = 0; blocks < blocksPerTurn && this.lists.total < last; blocks++) {
      const step = this.skipBytes > 0 ? this.skip() : this.block()
      if (step === 'end') this.close()
      if (step !== 'more' || this.batch.isFull) return
    }
    if (this.batch.length === 0) queueMicrotask(() => this.wake?.())
  }

  private block(): Step {
    if (this.lists.isInList) return this.lists.advance(this.source) ? 'more' : this.starved()
    const { source } = this
    if (!source.need(blockHeadBytes)) return this.starved()
    const type = source.view.getUint32(source.at, true)
    const length = source.view.getUint32(source.at + 4, true)
    if (length < leastBlockBytes) throw damaged(`a block of type 0x${type.toString(16)} claims ${length} bytes`)
    if (type !== this.lastType) {
      this.lastType = type
      this.lastLayout = eventBlocks.get(type)
    }
    return this.lastLayout === undefined ? this.otherBlock(type, length) : this.eventBlock(length, this.lastLayout)
  }

  private eventBlock(length: number, layout: EventBlock): Step {
    const { source } = this
    if (this.phase !== 'events') this.beginEvents()
    if (length > mostEventBytes) throw damaged(`an event block claims ${length} bytes`)
    if (!source.need(length)) return this.starved()
    this.events.read(source, length, layout, this.batch)
    source.at += length
    return 'more'
  }

  private otherBlock(type: number, length: number): Step {
    if (type === sectionHeader) return this.section(length)
    if (this.phase === 'start') throw damaged(`this is not a .scap recording: it begins with block type 0x${type.toString(16)}`)
    if (this.phase === 'events') throw damaged(`unexpected block type 0x${type.toString(16)} among the events`)
    const known = blockTypes.get(type)
    if (known === undefined) this.passOver(type, length)
    else return this.lists.begin(this.source, known, length) ? 'more' : this.starved()
    return 'more'
  }

  private passOver(type: number, length: number): void {
    this.passedOver += length
    if (this.passedOver > mostPassedOver) throw damaged(`a block of unknown type 0x${type.toString(16)} claims ${length} bytes`)
    this.skipBytes = length
  }

  private section(length: number): Step {
    const { source } = this
    // The batch before a further section must be done with the old state first.
    if (this.batch.length > 0) return 'wait'
    if (!source.need(leastBlockBytes + 8)) return this.starved()
    const body = source.at + blockHeadBytes
    if (source.view.getUint32(body, true) !== byteOrderMagic)
      throw damaged('invalid magic number: only little-endian recordings can be read')
    if (source.view.getUint16(body + 4, true) > 1)
      throw damaged('a later version of the format wrote this file', 'read it with a later version of this program')
    if (this.phase !== 'start') {
      this.lists.reset()
      this.events.reset()
    }
    this.phase = 'lists'
    this.skipBytes = length
    return 'more'
  }

  private beginEvents(): void {
    if (this.phase === 'start') throw damaged('this is not a .scap recording: it has no section header')
    this.phase = 'events'
    this.lists.complete()
  }

  private skip(): Step {
    const { source } = this
    if (!source.need(1)) return this.starved()
    const count = Math.min(this.skipBytes, source.end - source.at)
    source.at += count
    this.skipBytes -= count
    return 'more'
  }

  // The bytes asked for are not there: they come later, or never.
  private starved(): Step {
    const { source } = this
    if (!source.isEnded) return 'wait'
    const rest = source.end - source.at
    if (rest > 0 || this.lists.isInList || this.skipBytes > 0) throw damaged('the file ends in the middle of a block')
    if (this.phase !== 'events') throw damaged(this.phase === 'start' ? 'the file is empty' : 'no events in file')
    return 'end'
  }

  private place(cause: unknown): Fault {
    const where = `${this.source.isGzip ? 'decompressed ' : ''}byte ${this.source.offset}`
    if (cause instanceof Fault) {
      return new Fault(cause.code, `${cause.message} (at ${where})`, {
        place: { file: this.file },
        hint: cause.hint ?? waysOut[this.phase],
        cause: cause.cause,
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new Fault('capture-damaged', `${reason} (at ${where})`, { place: { file: this.file }, cause })
  }
}
