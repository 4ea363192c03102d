import { type Batch, recordHeaderBytes, recordPrefixBytes } from '../event/event.ts'

const bufferBytes = 512 * 1024
// A batch ends here: what is read and what is made of it stay in the processor's second cache.
const batchBytes = 192 * 1024
const maxRecords = 4096

/** The records of one batch, written one after the other; the memory is used again for the next batch. */
export class RecordBatch implements Batch {
  bytes: Buffer = Buffer.allocUnsafeSlow(bufferBytes)
  view: DataView = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  readonly start = 0
  length = 0
  firstNum = 0
  private count = 0

  clear(): void {
    this.length = 0
    this.count = 0
  }

  get isFull(): boolean {
    return this.length > batchBytes || this.count === maxRecords
  }

  /** Begins the record of event number `num` (they follow each other) with `eventBytes` bytes from its time on, and returns where these go. */
  begin(num: number, eventBytes: number, cpu: number, flags: number): number {
    const at = this.length
    const recordBytes = (recordPrefixBytes + eventBytes + 7) & ~7
    if (at + recordBytes > this.bytes.length) this.grow(at + recordBytes)
    const { view } = this
    view.setUint32(at, recordBytes, true)
    view.setUint16(at + 4, cpu, true)
    view.setUint16(at + 6, flags, true)
    if (this.count++ === 0) this.firstNum = num
    this.length = at + recordBytes
    return at + recordPrefixBytes
  }

  private grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength)
  }
}

/** Bytes of an event's header from its time on. */
export const eventHeaderBytes = recordHeaderBytes - recordPrefixBytes
