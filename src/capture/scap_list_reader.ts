import type { Snapshot } from '../event/snapshot.ts'
import { Cursor, Overrun } from './scap_cursor.ts'
import { damaged } from './scap_events.ts'
import { type BlockType, blockHeadBytes, blockTailBytes } from './scap_format.ts'
import { entryBytes, headBytes, ScapLists } from './scap_lists.ts'
import type { ScapSource } from './scap_source.ts'

const mostEntryBytes = 2 * 1024 * 1024
const prefixBytes = 4
const entriesPerStep = 1000
// Of all lists of a section. A machine has tens of thousands of processes at most.
const mostEntries: Readonly<Record<BlockType['kind'], number>> = {
  section: 0,
  machine: 0,
  processes: 1_000_000,
  fds: 4_000_000,
  interfaces: 100_000,
  users: 1_000_000,
}

const noEntries: Readonly<Record<BlockType['kind'], number>> = { section: 0, machine: 0, processes: 0, fds: 0, interfaces: 0, users: 0 }

/** Reads list blocks entry by entry, so that no list has to fit into memory. */
export class ScapListReader {
  private readonly lists: ScapLists
  private readonly cursor = new Cursor()
  private block: BlockType | undefined
  private blockBytes = 0
  /** Bytes of the body that are not read yet. */
  private left = 0
  /** Entries that were read. */
  total = 0
  private counts = { ...noEntries }

  constructor(snapshot: Snapshot) {
    this.lists = new ScapLists(snapshot)
  }

  /** Whether a block was begun and not ended. */
  get isInList(): boolean {
    return this.block !== undefined
  }

  /** A further section begins. */
  reset(): void {
    this.lists.reset()
    this.counts = { ...noEntries }
  }

  /** Events begin. */
  complete(): void {
    this.lists.complete()
  }

  /** Begins the block of `blockBytes` that the source stands at; false where its head is not there yet. */
  begin(source: ScapSource, block: BlockType, blockBytes: number): boolean {
    const body = blockBytes - blockHeadBytes - blockTailBytes
    const head = headBytes[block.kind]
    if (body < head) throw damaged(`a block of ${block.kind} is too short`)
    if (!source.need(blockHeadBytes + head)) return false
    source.at += blockHeadBytes
    this.cursor.set(source.bytes, source.view, source.at, source.at + head)
    this.lists.head(block.kind, this.cursor)
    source.at += head
    this.block = block
    this.blockBytes = blockBytes
    this.left = body - head
    return true
  }

  /** Reads on in the block, some entries at most; false where bytes are missing. */
  advance(source: ScapSource): boolean {
    const { block } = this
    if (block === undefined) return true
    const last = this.total + entriesPerStep
    while (this.left >= prefixBytes && entryBytes[block.kind][1] > 0) {
      if (this.total > last) return true
      const read = hasPrefix(block) ? this.prefixedEntry(source, block) : this.plainEntry(source, block)
      if (!read) return false
    }
    return this.end(source)
  }

  private prefixedEntry(source: ScapSource, block: BlockType): boolean {
    if (!source.need(prefixBytes)) return false
    const told = source.view.getUint32(source.at, true)
    const bytes = block.kind === 'interfaces' ? told + prefixBytes : told
    if (bytes <= prefixBytes || bytes > this.left || bytes > mostEntryBytes) {
      throw damaged(`an entry of a block of ${block.kind} claims ${told} bytes where ${this.left} are left`)
    }
    if (!source.need(bytes)) return false
    this.entry(source, block, prefixBytes, bytes)
    this.take(source, bytes)
    return true
  }

  // The entry's size shows only when it is read, so the most that it can take has to be there.
  private plainEntry(source: ScapSource, block: BlockType): boolean {
    const [least, most] = entryBytes[block.kind]
    if (this.left < least) {
      const rest = this.left
      if (!source.need(rest)) return false
      this.take(source, rest)
      return true
    }
    const there = Math.min(this.left, most)
    if (!source.need(there)) return false
    this.entry(source, block, 0, there)
    this.take(source, this.cursor.at - source.at)
    return true
  }

  private entry(source: ScapSource, block: BlockType, from: number, to: number): void {
    this.total++
    if (++this.counts[block.kind] > mostEntries[block.kind]) {
      throw damaged(`the lists of ${block.kind} have more than ${mostEntries[block.kind]} entries`)
    }
    this.cursor.set(source.bytes, source.view, source.at + from, source.at + to)
    try {
      this.lists.entry(block.kind, block.version, this.cursor)
    } catch (cause) {
      if (cause instanceof Overrun) throw damaged(`an entry of a block of ${block.kind} is cut short`)
      throw cause
    }
  }

  private end(source: ScapSource): boolean {
    const rest = this.left + blockTailBytes
    if (rest > mostEntryBytes) throw damaged(`a block of ${this.block?.kind} claims ${this.blockBytes} bytes`)
    if (!source.need(rest)) return false
    const trailer = source.view.getUint32(source.at + this.left, true)
    if (trailer !== this.blockBytes) throw damaged(`wrong block total length, header=${this.blockBytes}, trailer=${trailer}`)
    source.at += rest
    this.left = 0
    this.block = undefined
    return true
  }

  private take(source: ScapSource, bytes: number): void {
    source.at += bytes
    this.left -= bytes
  }
}

function hasPrefix({ kind, version }: BlockType): boolean {
  return kind === 'processes' ? version >= 9 : version >= 2
}
