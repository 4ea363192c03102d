import { write } from 'node:fs'

export interface LineWriterOptions {
  readonly fd: number
  /** `latin1` writes byte strings as the bytes that they are. */
  readonly encoding: 'latin1' | 'utf8'
  /** There is room again: what made the lines can go on. */
  readonly onRoom: () => void
  /** A write failed, and nothing more will be written. Told once. */
  readonly onFailure: (error: NodeJS.ErrnoException) => void
}

// What one write gets: as much as a pipe holds.
const pieceBytes = 64 * 1024
const mostPieces = 16
const retryMs = 5

/** Writes lines in large pieces without blocking the event loop; the reader may be as slow as it likes. */
export class LineWriter {
  private readonly options: LineWriterOptions
  private text = ''
  private readonly pieces: Buffer[] = []
  private isBroken = false
  private readonly waiting: (() => void)[] = []

  constructor(options: LineWriterOptions) {
    this.options = options
  }

  /** Whether so much waits that whoever makes the lines should wait too. */
  get isBehind(): boolean {
    return this.pieces.length >= mostPieces
  }

  push(line: string): void {
    this.text += `${line}\n`
    if (this.text.length >= pieceBytes) this.flush()
  }

  /** Hands on what was pushed so far, however little. */
  flush(): void {
    const { text } = this
    this.text = ''
    if (text === '' || this.isBroken) return
    const piece = Buffer.from(text, this.options.encoding)
    if (this.pieces.push(piece) === 1) this.write(piece, 0)
  }

  /** Resolves when nothing waits any more: all is written, or cannot be. */
  idle(): Promise<void> {
    return this.pieces.length === 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve))
  }

  private write(piece: Buffer, at: number): void {
    write(this.options.fd, piece, at, piece.length - at, null, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.write(piece, at), retryMs)
      else if (error) this.fail(error)
      else if (at + written < piece.length) this.write(piece, at + written)
      else this.next()
    })
  }

  private next(): void {
    const wasBehind = this.isBehind
    this.pieces.shift()
    const [piece] = this.pieces
    if (piece !== undefined) this.write(piece, 0)
    else this.settle()
    if (wasBehind && !this.isBehind) this.options.onRoom()
  }

  private fail(error: NodeJS.ErrnoException): void {
    this.isBroken = true
    this.pieces.length = 0
    this.settle()
    this.options.onFailure(error)
  }

  private settle(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}
