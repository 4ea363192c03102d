const blockHeadBytes = 8
const twoTo32 = 2 ** 32

/** Bytes of a recording that are being put together; its memory grows as it has to. */
export class ScapBuffer {
  bytes: Buffer
  view: DataView
  /** Where the next byte goes. */
  at = 0

  constructor(capacity = 256 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  clear(): void {
    this.at = 0
  }

  /** A copy of what was written so far. */
  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at))
  }

  /** Moves what was written from `from` on, so that `bytes` go before it. */
  insert(from: number, bytes: Uint8Array): void {
    this.need(bytes.length)
    this.bytes.copyWithin(from + bytes.length, from, this.at)
    this.bytes.set(bytes, from)
    this.at += bytes.length
  }

  /** Makes room for so many more bytes. */
  need(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.at + count, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }

  u8(value: number): void {
    this.need(1)
    this.view.setUint8(this.at, value)
    this.at++
  }

  u16(value: number): void {
    this.need(2)
    this.view.setUint16(this.at, value, true)
    this.at += 2
  }

  u32(value: number): void {
    this.need(4)
    this.view.setUint32(this.at, value, true)
    this.at += 4
  }

  /** Also for negative numbers. */
  u64(value: number | bigint): void {
    this.need(8)
    if (typeof value === 'bigint') {
      this.view.setBigUint64(this.at, BigInt.asUintN(64, value), true)
    } else {
      this.view.setUint32(this.at, value, true)
      this.view.setInt32(this.at + 4, Math.floor(value / twoTo32), true)
    }
    this.at += 8
  }

  /** A byte string as it is. */
  raw(text: string): void {
    this.need(text.length)
    this.at += this.bytes.latin1Write(text, this.at)
  }

  /** A byte string cut or filled with zeros to `size` bytes. */
  padded(text: string, size: number): void {
    this.need(size)
    this.bytes.fill(0, this.at, this.at + size)
    this.bytes.latin1Write(text, this.at, size)
    this.at += size
  }

  /** A byte string, cut to `most` bytes, behind its length. */
  text(text: string, most: number): void {
    const length = Math.min(text.length, most)
    this.u16(length)
    this.raw(length === text.length ? text : text.slice(0, length))
  }

  /** Byte strings, each with a NUL, behind the length of all; the last one that finds room may be cut. */
  pieces(texts: readonly string[], most: number): void {
    const lengthAt = this.at
    this.u16(0)
    let left = most
    for (const text of texts) {
      if (left <= 1) break
      const cut = text.length < left ? text : text.slice(0, left - 1)
      this.raw(cut)
      this.u8(0)
      left -= cut.length + 1
    }
    this.view.setUint16(lengthAt, most - left, true)
  }

  /** An entry of a list, behind its length, which counts itself. */
  entry(write: () => void): void {
    const start = this.at
    this.u32(0)
    write()
    this.view.setUint32(start, this.at - start, true)
  }

  block(type: number, write: () => void): void {
    const start = this.at
    this.need(blockHeadBytes)
    this.view.setUint32(start, type, true)
    this.at += blockHeadBytes
    write()
    this.endBlock(start)
  }

  /** Fills up the block that began at `start`, and writes its length at both ends. */
  endBlock(start: number): void {
    this.need(8)
    while ((this.at - start) % 4 !== 0) this.bytes[this.at++] = 0
    const length = this.at - start + 4
    this.view.setUint32(this.at, length, true)
    this.view.setUint32(start + 4, length, true)
    this.at += 4
  }
}
