import { codeOf, eventCodes, events, genericExit, syscalls } from '../schema/event.ts'
import type { Fd } from './fd.ts'
import type { Thread } from './thread.ts'

/**
 * Memory that holds records, one after the other, each at a multiple of 4 bytes:
 *
 * | offset | bytes | what |
 * | 0 | 4 | length of the record, this prefix and the padding at its end included |
 * | 4 | 2 | CPU |
 * | 6 | 2 | flags: `recordStateOnly` |
 * | 8 | 8 | time, ns since the epoch |
 * | 16 | 8 | thread id |
 * | 24 | 4 | length of the event: 26 + lengths + values |
 * | 28 | 2 | event code |
 * | 30 | 4 | number of parameters n |
 * | 34 | 2n | lengths of the parameters (4n for events flagged LARGE_PAYLOAD) |
 * | … | … | their values, without gaps |
 *
 * From offset 8 on this is the wire format of the drivers and of .scap files. Valid until the next call to its source.
 */
export interface Batch {
  readonly bytes: Buffer
  /** Where the first record begins, 0 where it is not told, and where the last one ends; an empty batch ends at 0. */
  readonly start?: number
  readonly length: number
  /** Number of the first record in its source; without it, records are numbered on. */
  readonly firstNum?: number
}

/** Flag of a record that changes the state but is not shown to rules. */
export const recordStateOnly = 1

export const recordPrefixBytes = 8
export const recordHeaderBytes = 34

const twoTo32 = 2 ** 32
const twoTo16 = 2 ** 16
// What tells of the state, with times of its own: the first event is the first of another kind.
const told = 'PROCINFO SCAPEVENT CONTAINER CONTAINER_JSON CONTAINER_JSON_2 USER_ADDED USER_DELETED GROUP_ADDED GROUP_DELETED'
const toldCodes: ReadonlySet<number> = new Set(told.split(' ').map((name) => codeOf(`${name}_E`)))

// PPM_SC codes by the numbers of x86_64; arm64 recordings of that age are not known.
const scOfNative = nativeCodes()

const isLarge = Uint8Array.from({ length: eventCodes }, (_, code) => (events[code]?.isLarge ? 1 : 0))

/** Threads by number. */
export interface ThreadLookup {
  find(tid: number): Thread | undefined
}

/**
 * One event of a batch: a view that moves along and reads a parameter only when asked.
 *
 * Text parameters are byte strings (`base/text.ts`), integers are numbers, or bigints where they do not fit 53 bits.
 */
export class Event {
  bytes: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  // The same memory by 2 and by 4 bytes, for what is aligned: far cheaper to read than through the view.
  private halves: Uint16Array = new Uint16Array(0)
  words: Int32Array = new Int32Array(0)
  /** Offset of the record. */
  at = 0
  /** Running number of the event in its source, from 1. */
  num = 0
  type = 0
  /** The event code, or `kindOfSyscall(sc)` for a generic event: what rules are indexed by. */
  kind = 0
  cpu = 0
  paramCount = 0
  /** Offset of the first parameter's length. */
  private lengthsAt = 0
  /** Time, ns since the epoch, as two halves of 32 bits. */
  tsLow = 0
  tsHigh = 0
  // The same of the record before, and of the first.
  private previousLow = 0
  private previousHigh = 0
  private firstLow = 0
  private firstHigh = 0
  private lengthBytes = 2
  // The parameter whose offset was asked for last, from which later ones are found by the lengths between.
  private knownIndex = 0
  private knownOffset = 0
  // The text parameter that was asked for last: several fields ask for the same one.
  private textIndex = -1
  private textValue = ''
  /** The path parameter that was joined to its directory last, and what came of it: kept here by who joins them; -1 for none. */
  joinedIndex = -1
  joinedPath = ''

  /** Who did it, and on what: attached by the state engine before fields are read. */
  thread: Thread | undefined = undefined
  /** Where threads are found by number, also for events of no thread; set once. */
  threads: ThreadLookup | undefined = undefined
  fd: Fd | undefined = undefined
  /**
   * What a call to open a file asked for, also where it failed: the same object for the same name, flags, mode, device, inode and
   * error, as long as it is remembered.
   */
  opened: Fd | undefined = undefined
  /**
   * Index of the word in `subjects` that goes with `opened`: who tests events may note something there. It is 0 at first, and again
   * when the thing is forgotten. -1 where there is none.
   */
  subject = -1
  subjects: Int32Array = new Int32Array(0)
  /** Descriptor number that the event is about, where it is about one. */
  fdNum: number | undefined = undefined
  /** Whether this event changed the name (address) of `fd`. */
  fdNameChanged = false
  /** What the system call returned, once a field has asked for it: several do, of the same event. */
  result: number | bigint | undefined = undefined
  isResultKnown = false

  /** Makes this view read the records of `batch`, and returns the offset of the first. */
  attach(batch: Batch): number {
    if (batch.firstNum !== undefined) this.num = batch.firstNum - 1
    if (this.bytes !== batch.bytes) {
      this.bytes = batch.bytes
      const { buffer, byteOffset, byteLength } = batch.bytes
      this.view = new DataView(buffer, byteOffset, byteLength)
      this.halves = new Uint16Array(buffer, byteOffset, byteLength >> 1)
      this.words = new Int32Array(buffer, byteOffset, byteLength >> 2)
    }
    return batch.start ?? 0
  }

  /** Moves to the record at `offset` and returns the offset of the one behind it. */
  moveTo(offset: number): number {
    const { words, halves } = this
    const word = offset >> 2
    const half = offset >> 1
    this.at = offset
    this.num++
    this.cpu = halves[half + 2] as number
    const type = halves[half + 14] as number
    this.type = type
    this.previousLow = this.tsLow
    this.previousHigh = this.tsHigh
    this.tsLow = (words[word + 2] as number) >>> 0
    this.tsHigh = words[word + 3] as number
    if (this.firstHigh === 0 && !toldCodes.has(type)) this.markFirst()
    const count = (halves[half + 15] as number) + (halves[half + 16] as number) * twoTo16
    this.paramCount = count
    const lengthsAt = offset + recordHeaderBytes
    const lengthBytes = isLarge[type] === 1 ? 4 : 2
    this.lengthsAt = lengthsAt
    this.lengthBytes = lengthBytes
    this.knownIndex = 0
    this.knownOffset = lengthsAt + count * lengthBytes
    this.textIndex = -1
    this.joinedIndex = -1
    this.kind = type === genericExit && count > 0 ? this.genericKind() : type
    this.thread = undefined
    this.fd = undefined
    this.opened = undefined
    this.subject = -1
    this.fdNum = undefined
    this.fdNameChanged = false
    this.isResultKnown = false
    return offset + (words[word] as number)
  }

  /** The same event in memory of its own, which stays when the batch is gone. */
  copy(): Event {
    const length = this.words[this.at >> 2] as number
    const bytes = Buffer.allocUnsafeSlow(length)
    this.bytes.copy(bytes, 0, this.at, this.at + length)
    const copy = new Event()
    copy.firstLow = this.firstLow
    copy.firstHigh = this.firstHigh
    copy.tsLow = this.previousLow
    copy.tsHigh = this.previousHigh
    copy.attach({ bytes, length, firstNum: this.num })
    copy.moveTo(0)
    copy.thread = this.thread
    copy.threads = this.threads
    copy.fd = this.fd
    copy.fdNum = this.fdNum
    copy.opened = this.opened
    copy.fdNameChanged = this.fdNameChanged
    return copy
  }

  get isStateOnly(): boolean {
    return ((this.halves[(this.at >> 1) + 3] as number) & recordStateOnly) !== 0
  }

  /** Time, ns since the epoch. */
  get ts(): bigint {
    return this.view.getBigUint64(this.at + 8, true)
  }

  /** Time, ns since the epoch, to about 256 ns: a number, for what is asked of every event. */
  get approximateTs(): number {
    return this.tsLow + this.tsHigh * twoTo32
  }

  /** Time of the event before this one; its own for the first. */
  get previousTs(): bigint {
    return this.previousHigh === 0 ? this.ts : join(this.previousLow, this.previousHigh)
  }

  /** Time of the first event of the source. */
  get firstTs(): bigint {
    return this.firstHigh === 0 ? this.ts : join(this.firstLow, this.firstHigh)
  }

  get tid(): number {
    const word = this.at >> 2
    const low = this.words[word + 4] as number
    const high = this.words[word + 5] as number
    return high === 0 && low >= 0 ? low : (low >>> 0) + high * twoTo32
  }

  /** Bytes of the event, with its header. */
  get size(): number {
    return this.words[(this.at >> 2) + 6] as number
  }

  /** Length of parameter `index` in bytes; 0 where it is missing or empty. */
  lengthOf(index: number): number {
    if (index >= this.paramCount) return 0
    if (this.lengthBytes === 2) return this.halves[(this.lengthsAt >> 1) + index] as number
    return this.view.getUint32(this.lengthsAt + index * 4, true)
  }

  /** Offset of the value of parameter `index` in `bytes`. */
  offsetOf(index: number): number {
    return index === this.knownIndex ? this.knownOffset : this.findOffset(index)
  }

  /** A signed integer parameter of 1, 2, 4 or 8 bytes; 0 where it is empty. Beyond 53 bits the low digits are lost: use `big`. */
  int(index: number): number {
    const offset = this.offsetOf(index)
    const length = this.lengthOf(index)
    if (length === 8) {
      // Nearly all numbers fit 32 bits: these are kept clear of floating point.
      const low = this.view.getInt32(offset, true)
      const high = this.view.getInt32(offset + 4, true)
      return low >> 31 === high ? low : (low >>> 0) + high * twoTo32
    }
    if (length === 4) return this.view.getInt32(offset, true)
    if (length === 2) return this.view.getInt16(offset, true)
    if (length === 1) return this.view.getInt8(offset)
    return 0
  }

  /** An unsigned integer parameter of 1, 2, 4 or 8 bytes; 0 where it is empty. */
  uint(index: number): number {
    const offset = this.offsetOf(index)
    const length = this.lengthOf(index)
    if (length === 8) return this.view.getUint32(offset, true) + this.view.getUint32(offset + 4, true) * twoTo32
    if (length === 4) return this.view.getUint32(offset, true)
    if (length === 2) return this.view.getUint16(offset, true)
    if (length === 1) return this.view.getUint8(offset)
    return 0
  }

  /** An unsigned 8-byte parameter, exact; 0n where it is empty. */
  big(index: number): bigint {
    if (this.lengthOf(index) !== 8) return BigInt(this.uint(index))
    return this.view.getBigUint64(this.offsetOf(index), true)
  }

  /** A text parameter without its NUL, as a byte string; undefined where it is empty. */
  text(index: number): string | undefined {
    if (index === this.textIndex) return this.textValue
    const length = this.lengthOf(index)
    if (length === 0) return undefined
    const offset = this.offsetOf(index)
    const end = this.bytes[offset + length - 1] === 0 ? offset + length - 1 : offset + length
    this.textValue = this.bytes.latin1Slice(offset, end)
    this.textIndex = index
    return this.textValue
  }

  /** The bytes of a parameter as a byte string; empty where it is missing. */
  raw(index: number): string {
    const offset = this.offsetOf(index)
    return this.bytes.latin1Slice(offset, offset + this.lengthOf(index))
  }

  // Drivers that did not know the system call wrote 0 and the number that it has on the machine. What a later driver may know has no name.
  private genericKind(): number {
    const sc = this.uint(0)
    if (sc > 0) return eventCodes + (sc < syscalls.length ? sc : 0)
    return eventCodes + (scOfNative[this.uint(1)] ?? 0)
  }

  private markFirst(): void {
    this.firstLow = this.tsLow
    this.firstHigh = this.tsHigh
  }

  private findOffset(index: number): number {
    const { halves, lengthsAt, lengthBytes } = this
    const last = Math.min(index, this.paramCount)
    let at = this.knownIndex
    let offset = this.knownOffset
    if (at > last) {
      at = 0
      offset = lengthsAt + this.paramCount * lengthBytes
    }
    const half = lengthsAt >> 1
    if (lengthBytes === 2) for (; at < last; at++) offset += halves[half + at] as number
    else for (; at < last; at++) offset += this.view.getUint32(lengthsAt + at * 4, true)
    this.knownIndex = at
    this.knownOffset = offset
    return offset
  }
}

function nativeCodes(): Uint16Array {
  const codes = new Uint16Array(eventCodes)
  for (const { sc, x86_64 } of syscalls) if (x86_64 !== undefined && x86_64 < codes.length) codes[x86_64] = sc
  return codes
}

function join(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
