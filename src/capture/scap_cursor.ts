/** Thrown by a cursor at its limit: the entry is longer than what holds it. */
export class Overrun extends Error {}

const twoTo32 = 2 ** 32
const greatestSafe = BigInt(Number.MAX_SAFE_INTEGER)

/** Reads packed little-endian values one after the other, and never past its limit. */
export class Cursor {
  bytes: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  at = 0
  limit = 0

  set(bytes: Buffer, view: DataView, at: number, limit: number): void {
    this.bytes = bytes
    this.view = view
    this.at = at
    this.limit = limit
  }

  get left(): number {
    return this.limit - this.at
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true)
  }

  /** A signed 8-byte integer as a number; beyond 53 bits the low digits are lost. */
  i64(): number {
    const at = this.take(8)
    return this.view.getUint32(at, true) + this.view.getInt32(at + 4, true) * twoTo32
  }

  /** An unsigned 8-byte integer: a number where it is exact. */
  u64(): number | bigint {
    const big = this.big()
    return big <= greatestSafe ? Number(big) : big
  }

  big(): bigint {
    return this.view.getBigUint64(this.take(8), true)
  }

  /** `count` bytes as a byte string. */
  raw(count: number): string {
    const at = this.take(count)
    return this.bytes.latin1Slice(at, at + count)
  }

  /** Text with its length in two bytes before it, as a byte string. */
  text(): string {
    return this.raw(this.u16())
  }

  /** Pieces of text, each ended by a NUL. */
  texts(): string[] {
    const text = this.text()
    if (text === '') return []
    return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
  }

  skip(count: number): void {
    this.take(count)
  }

  private take(count: number): number {
    const at = this.at
    if (count > this.limit - at) throw new Overrun()
    this.at = at + count
    return at
  }
}
