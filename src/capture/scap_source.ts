import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs'
import type { Gunzip } from 'node:zlib'
import { fileProblem } from '../base/errno.ts'
import { Fault } from '../base/fault.ts'
import { windowSkew } from './scap_window.ts'

/** A file or pipe, plain or gzip, read through a window that moves along; memory does not grow with the file. */
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
   * False at the end of the file (`isEnded`), or where the bytes of a pipe or a gzip file are not there yet (`onReadable` tells when).
   */
  need(count: number): boolean
  /** Calls `wake` whenever bytes came that `need` had not found, and at the end. */
  onReadable(wake: () => void): void
  close(): void
}

const windowBytes = 256 * 1024
const inputBytes = 64 * 1024
// What lies in the file at a multiple of 4 lies in the window at a multiple of 4 and this (`scap_window.ts`).
const skew = windowSkew
// What is decompressed at a time; where the data is damaged, as much before it may be lost.
const gzipOutputBytes = 64 * 1024
const retryMs = 10
// Events unfold to some ten times their compressed size: their times alone differ too much for more than fifty. What does is made to harm.
const mostUnfolding = 100
const unfoldedFreely = 16 * 1024 * 1024

/**
 * Opens a file, or standard input for `-`.
 *
 * @throws Fault `capture-unreadable` if the file is not there or cannot be read.
 */
export function openSource(file: string): ScapSource {
  try {
    const fd = file === '-' ? 0 : openSync(file, 'r')
    const stat = fstatSync(fd)
    if (stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice()) return new PieceSource(fd, 0, undefined)
    const first = Buffer.allocUnsafeSlow(windowBytes)
    const length = readSync(fd, first, skew, windowBytes - skew, null)
    const head = first.subarray(skew, skew + length)
    return hasGzipHead(head) ? new PieceSource(fd, stat.size, head) : new PlainSource(fd, stat.size, first, length)
  } catch (cause) {
    throw new Fault('capture-unreadable', `the recording cannot be read: ${fileProblem(cause)}`, {
      place: { file: nameOfSource(file) },
      hint: 'name a .scap file that exists and that you may read',
      cause,
    })
  }
}

abstract class Source {
  bytes: Buffer
  view: DataView
  at = skew
  end: number
  isEnded = false
  bytesRead = 0
  private base = -skew
  protected isOpen = true

  constructor(
    protected readonly fd: number,
    readonly fileBytes: number,
    bytes: Buffer,
    length: number,
  ) {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.end = skew + length
  }

  get offset(): number {
    return this.base + this.at
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.isEnded = true
    // Standard input is not ours to close.
    if (this.fd !== 0) closeSync(this.fd)
  }

  /** Moves what is unread to the front of the window, and makes it hold `count` bytes. */
  protected makeRoom(count: number): void {
    const front = this.at & 3
    if (front + count > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(front + count, this.bytes.length * 2))
      this.bytes.copy(larger, front, this.at, this.end)
      this.bytes = larger
      this.view = viewOf(larger)
    } else if (this.at > front) {
      this.bytes.copyWithin(front, this.at, this.end)
    }
    this.base += this.at - front
    this.end -= this.at - front
    this.at = front
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
    while (this.end - this.at < count && !this.isEnded) this.readMore()
    return this.end - this.at >= count
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

/** A source whose bytes come in pieces, when they like: from a pipe, or from a decompressor. */
class PieceSource extends Source implements ScapSource {
  isGzip = false
  private readonly input = Buffer.allocUnsafeSlow(inputBytes)
  private readonly isPipe: boolean
  private gunzip: Gunzip | undefined
  // A piece of a plain pipe that is not in the window yet; the next is read when it is.
  private piece: Buffer | null = null
  private wake: (() => void) | undefined
  private failure: Error | undefined

  /** `first` is what was read of a gzip file; a pipe was not looked at. */
  constructor(fd: number, fileBytes: number, first: Buffer | undefined) {
    super(fd, fileBytes, Buffer.allocUnsafeSlow(windowBytes), 0)
    this.isPipe = first === undefined
    this.bytesRead = first?.length ?? 0
    if (first === undefined) this.feed()
    else this.decompress(first)
  }

  need(count: number): boolean {
    if (this.end - this.at >= count) return true
    for (let piece = this.take(); piece !== null; piece = this.take()) {
      this.makeRoom(Math.max(count, this.end - this.at + piece.length))
      piece.copy(this.bytes, this.end)
      this.end += piece.length
      if (this.gunzip === undefined) this.feed()
      else this.checkUnfolding()
      if (this.end - this.at >= count) return true
    }
    if (this.isEnded && this.failure !== undefined) throw this.failure
    return false
  }

  onReadable(wake: () => void): void {
    this.wake = wake
    if (this.isEnded || this.piece !== null || (this.gunzip?.readableLength ?? 0) > 0) queueMicrotask(wake)
  }

  override close(): void {
    super.close()
    this.gunzip?.destroy()
    this.notify()
  }

  private checkUnfolding(): void {
    const unfolded = this.offset + this.end - this.at
    if (unfolded < unfoldedFreely || unfolded < this.bytesRead * mostUnfolding) return
    throw new Fault('capture-damaged', `${this.bytesRead} compressed bytes unfold to ${unfolded} and more: this is no recording of events`)
  }

  private take(): Buffer | null {
    if (!this.isOpen) return null
    if (this.gunzip !== undefined) return this.gunzip.read() as Buffer | null
    const { piece } = this
    this.piece = null
    return piece
  }

  /** Reads more behind `from` bytes that wait for company. */
  private feed(from = 0): void {
    if (!this.isOpen || this.isEnded) return
    const done = (error: Error | null, got: number) => this.accept(error, from, got)
    if (this.isPipe) read(this.fd, this.input, from, inputBytes - from, null, done)
    else done(null, this.readNow())
  }

  private readNow(): number {
    try {
      return readSync(this.fd, this.input, 0, inputBytes, null)
    } catch (error) {
      this.finish(error instanceof Error ? error : new Error(String(error)))
      return -1
    }
  }

  private accept(error: NodeJS.ErrnoException | null, from: number, got: number): void {
    if (!this.isOpen || this.isEnded || got < 0) return
    this.bytesRead += got
    const piece = this.input.subarray(0, from + got)
    const isFirst = this.gunzip === undefined && this.end === this.at && this.offset === 0
    if (error?.code === 'EAGAIN') setTimeout(() => this.feed(from), retryMs)
    else if (error) this.finish(error)
    // Two bytes tell what it is.
    else if (isFirst && got > 0 && piece.length < 2) this.feed(piece.length)
    else if (isFirst && hasGzipHead(piece)) this.decompress(piece)
    else if (this.gunzip !== undefined) this.pass(piece, got)
    else this.offer(piece, got)
  }

  private pass(piece: Buffer, got: number): void {
    if (got === 0) this.gunzip?.end()
    else this.gunzip?.write(piece, () => this.feed())
  }

  private offer(piece: Buffer, got: number): void {
    if (piece.length > 0) this.piece = piece
    if (got === 0) this.finish(undefined)
    else this.notify()
  }

  private decompress(first: Buffer): void {
    this.isGzip = true
    // SYNC_FLUSH: a file that breaks off gives what it holds; the blocks tell that something is missing.
    // Only compressed recordings need it, and it would make every start take a tenth longer.
    const { constants, createGunzip } = process.getBuiltinModule('node:zlib')
    const gunzip = createGunzip({ chunkSize: gzipOutputBytes, finishFlush: constants.Z_SYNC_FLUSH })
    gunzip.on('readable', () => this.notify())
    gunzip.on('end', () => this.finish(undefined))
    gunzip.on('error', (error) => this.finish(error))
    this.gunzip = gunzip
    gunzip.write(first, () => this.feed())
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

/** What messages call it. */
export function nameOfSource(file: string): string {
  return file === '-' ? 'standard input' : file
}

function hasGzipHead(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
