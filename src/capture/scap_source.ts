import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Gunzip } from 'node:zlib'
import { Fault } from '../base/fault.ts'

/** A file, plain or gzip, read through a window that moves along; memory does not grow with the file. */
export interface ScapSource {
  /** The window; both change when `need` is called. */
  readonly bytes: Buffer
  readonly view: DataView
  /** Where the reader stands in the window (the reader moves it), and where its bytes end. */
  at: number
  readonly end: number
  /** Offset of `at` in the file, or in its decompressed contents. */
  readonly offset: number
  /** Whether no more bytes will come behind the window. */
  readonly isEnded: boolean
  readonly isGzip: boolean
  /** Compressed or plain bytes read so far, and the size of the file; 0 where it is not a regular file. */
  readonly bytesRead: number
  readonly fileBytes: number
  /**
   * Whether `count` bytes are there from `at` on, reading more if need be.
   *
   * False at the end of the file (`isEnded`), or where a gzip file's bytes are not decompressed yet (`onReadable` tells when).
   */
  need(count: number): boolean
  /** Calls `wake` whenever bytes came that `need` had not found, and at the end. */
  onReadable(wake: () => void): void
  close(): void
}

const windowBytes = 256 * 1024
const gzipInputBytes = 64 * 1024
// What is decompressed at a time; where the data is damaged, as much before it may be lost.
const gzipOutputBytes = 64 * 1024

/** @throws Fault `capture-unreadable` if the file is not there or cannot be read. */
export function openSource(file: string): ScapSource {
  try {
    const fd = openSync(file, 'r')
    const stat = fstatSync(fd)
    const fileBytes = stat.isFile() ? stat.size : 0
    const first = Buffer.allocUnsafeSlow(windowBytes)
    const length = readSync(fd, first, 0, windowBytes, null)
    const isGzip = length >= 2 && first[0] === 0x1f && first[1] === 0x8b
    return isGzip ? new GzipSource(fd, fileBytes, first.subarray(0, length)) : new PlainSource(fd, fileBytes, first, length)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('capture-unreadable', `the recording cannot be read: ${reason}`, {
      place: { file },
      hint: 'name a .scap file that exists and that you may read',
      cause,
    })
  }
}

abstract class Source {
  bytes: Buffer
  view: DataView
  at = 0
  end: number
  isEnded = false
  bytesRead = 0
  private base = 0
  protected isOpen = true

  constructor(
    protected readonly fd: number,
    readonly fileBytes: number,
    bytes: Buffer,
    length: number,
  ) {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.end = length
  }

  get offset(): number {
    return this.base + this.at
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.isEnded = true
    closeSync(this.fd)
  }

  /** Moves what is unread to the front of the window, and makes it hold `count` bytes. */
  protected makeRoom(count: number): void {
    const rest = this.end - this.at
    if (count > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(count, this.bytes.length * 2))
      this.bytes.copy(larger, 0, this.at, this.end)
      this.bytes = larger
      this.view = viewOf(larger)
    } else if (this.at > 0) {
      this.bytes.copyWithin(0, this.at, this.end)
    }
    this.base += this.at
    this.at = 0
    this.end = rest
  }
}

class PlainSource extends Source implements ScapSource {
  readonly isGzip = false

  constructor(fd: number, fileBytes: number, bytes: Buffer, length: number) {
    super(fd, fileBytes, bytes, length)
    this.bytesRead = length
  }

  need(count: number): boolean {
    if (this.end - this.at >= count) return true
    // A length that the file cannot hold would only make the window grow.
    if (this.fileBytes > 0 && count > this.end - this.at + this.fileBytes - this.bytesRead) return this.finish()
    this.makeRoom(count)
    while (this.end < count && !this.isEnded) this.readMore()
    return this.end >= count
  }

  onReadable(wake: () => void): void {
    queueMicrotask(wake)
  }

  private readMore(): void {
    const got = readSync(this.fd, this.bytes, this.end, this.bytes.length - this.end, null)
    this.bytesRead += got
    this.end += got
    if (got === 0) this.isEnded = true
  }

  private finish(): boolean {
    this.isEnded = true
    return false
  }
}

class GzipSource extends Source implements ScapSource {
  readonly isGzip = true
  private readonly gunzip: Gunzip
  private readonly input = Buffer.allocUnsafeSlow(gzipInputBytes)
  private wake: (() => void) | undefined
  private failure: Error | undefined

  constructor(fd: number, fileBytes: number, first: Buffer) {
    super(fd, fileBytes, Buffer.allocUnsafeSlow(windowBytes), 0)
    this.bytesRead = first.length
    // SYNC_FLUSH: a file that breaks off gives what it holds; the blocks tell that something is missing.
    // Only compressed recordings need it, and it would make every start take a tenth longer.
    const { constants, createGunzip } = process.getBuiltinModule('node:zlib')
    this.gunzip = createGunzip({ chunkSize: gzipOutputBytes, finishFlush: constants.Z_SYNC_FLUSH })
    this.gunzip.on('readable', () => this.notify())
    this.gunzip.on('end', () => this.finish(undefined))
    this.gunzip.on('error', (error) => this.finish(error))
    this.gunzip.write(first, () => this.feed())
  }

  need(count: number): boolean {
    if (this.end - this.at >= count) return true
    for (;;) {
      const chunk = this.isOpen ? (this.gunzip.read() as Buffer | null) : null
      if (chunk === null) break
      this.makeRoom(Math.max(count, this.end - this.at + chunk.length))
      chunk.copy(this.bytes, this.end)
      this.end += chunk.length
      if (this.end >= count) return true
    }
    if (this.isEnded && this.failure !== undefined) throw this.failure
    return false
  }

  onReadable(wake: () => void): void {
    this.wake = wake
    if (this.isEnded || this.gunzip.readableLength > 0) queueMicrotask(wake)
  }

  override close(): void {
    super.close()
    this.gunzip.destroy()
    this.notify()
  }

  private feed(): void {
    if (!this.isOpen) return
    try {
      const got = readSync(this.fd, this.input, 0, gzipInputBytes, null)
      this.bytesRead += got
      if (got === 0) this.gunzip.end()
      else this.gunzip.write(this.input.subarray(0, got), () => this.feed())
    } catch (error) {
      this.finish(error instanceof Error ? error : new Error(String(error)))
    }
  }

  private finish(failure: Error | undefined): void {
    this.isEnded = true
    this.failure = failure
    this.notify()
  }

  private notify(): void {
    this.wake?.()
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
