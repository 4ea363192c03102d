import { type FileHandle, open, stat } from 'node:fs/promises'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { readBody } from './body.ts'
import type { Report } from './files.ts'
import type { AuditIntake } from './intake.ts'
import { beginsAs, headOf, loadPosition, mostHeadBytes, type Position, rotatedSince, savePosition } from './position.ts'

export interface LogOptions {
  readonly path: string
  readonly intake: AuditIntake
  /** Where to begin a log that no position is known of. */
  readonly startAt: 'beginning' | 'end'
  /** File that remembers how far the log was read; empty for none. */
  readonly positionFile: string
  readonly report: Report
  /** Hears what goes wrong and may be better the next time. */
  readonly warn: (text: string) => void
}

// How often it is looked whether the log has grown.
const pollMs = 200
const chunkBytes = 1024 * 1024
// An event is far smaller; what is longer without a newline is no log of events.
const longestLine = 64 * 1024 * 1024
const saveMs = 1000

/**
 * Follows the audit log of kube-apiserver, over rotations by renaming and by truncation, until `close`.
 *
 * Lines are handed on when they are whole. What was handed on is remembered in the position file after its alerts are written, so
 * that an event is tested at least once over restarts of ours, and rotations meanwhile.
 */
export class LogFollower {
  readonly #options: LogOptions
  #file: FileHandle | undefined
  #inode = 0
  #offset = 0
  #rest: Buffer = Buffer.alloc(0)
  #head: Pick<Position, 'head' | 'headBytes'> = { head: '', headBytes: 0 }
  #savedMs = 0
  #isClosed = false
  #wake: (() => void) | undefined
  #lastWarning = ''

  constructor(options: LogOptions) {
    this.#options = options
  }

  /** Resolves after `close`. */
  async run(): Promise<void> {
    await this.#begin()
    while (!this.#isClosed) {
      try {
        if (this.#file === undefined) await this.#open(0)
        await this.#catchUp()
      } catch (cause) {
        this.#warn(`cannot read ${this.#options.path}: ${fileProblem(cause)}`)
      }
      await this.#pause()
    }
    await this.#save()
    await this.#file?.close()
  }

  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  async #begin(): Promise<void> {
    const { path, positionFile, startAt } = this.#options
    const known = positionFile === '' ? undefined : await loadPosition(positionFile, path)
    try {
      if (known === undefined) {
        await this.#open(startAt === 'end' ? Number.POSITIVE_INFINITY : 0)
      } else await this.#resume(known)
    } catch (cause) {
      this.#warn(`cannot read ${path} yet: ${fileProblem(cause)}`)
    }
  }

  async #resume(known: Position): Promise<void> {
    const { path } = this.#options
    await this.#open(0)
    if (this.#file && (await beginsAs(this.#file, known)) && (await this.#file.stat()).size >= known.offset) {
      this.#offset = known.offset
      return
    }
    // It was rotated while we were away: first comes the rest of what it was.
    const rotated = await rotatedSince(path, known.inode)
    if (rotated.length === 0) this.#warn(`${path} is another file than before, and the old one is gone: reading it from its beginning`)
    for (const [index, file] of rotated.entries()) await this.#readWhole(file, index === 0 ? known.offset : 0)
    await this.#open(0)
  }

  async #readWhole(path: string, offset: number): Promise<void> {
    await this.#file?.close()
    this.#file = await open(path, 'r')
    this.#offset = offset
    await this.#readToEnd()
    await this.#finishLine()
  }

  async #open(offset: number): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    const file = await open(this.#options.path, 'r')
    const info = await file.stat()
    this.#file = file
    this.#inode = info.ino
    this.#offset = Math.min(offset, info.size)
    this.#rest = Buffer.alloc(0)
    this.#head = await headOf(file)
    this.#lastWarning = ''
  }

  /** Reads what is new, and goes over to the next file where the log was rotated. */
  async #catchUp(): Promise<void> {
    if (this.#file && (await this.#isTruncated(this.#file))) await this.#open(0)
    // Between its renaming and the making of the next one there is none.
    const info = await stat(this.#options.path).catch(() => undefined)
    await this.#readToEnd()
    if (info !== undefined && info.ino !== this.#inode) {
      await this.#finishLine()
      return this.#open(0)
    }
    if (this.#file && this.#head.headBytes < mostHeadBytes) this.#head = await headOf(this.#file)
    if (performance.now() - this.#savedMs > saveMs) await this.#save()
  }

  // Also where it grew beyond its old size since.
  async #isTruncated(file: FileHandle): Promise<boolean> {
    const { size } = await file.stat()
    return size < this.#offset || !(await beginsAs(file, this.#head))
  }

  async #readToEnd(): Promise<void> {
    const buffer = Buffer.alloc(chunkBytes)
    while (this.#file !== undefined && !this.#isClosed) {
      const { bytesRead } = await this.#file.read(buffer, 0, chunkBytes, this.#offset + this.#rest.length)
      if (bytesRead === 0) return
      await this.#take(Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]))
    }
  }

  async #take(bytes: Buffer): Promise<void> {
    const end = bytes.lastIndexOf(0x0a) + 1
    if (end > 0) await this.#hand(bytes.subarray(0, end))
    this.#offset += end
    this.#rest = bytes.subarray(end)
    if (this.#rest.length <= longestLine) return
    this.#warn(`${this.#options.path} has a line of more than ${longestLine} bytes, which is left out`)
    this.#offset += this.#rest.length
    this.#rest = Buffer.alloc(0)
  }

  // A file that is not written to any more ends its last line, too.
  async #finishLine(): Promise<void> {
    if (this.#rest.length > 0) await this.#hand(this.#rest)
    this.#offset += this.#rest.length
    this.#rest = Buffer.alloc(0)
  }

  async #hand(bytes: Buffer): Promise<void> {
    const { intake, report, path } = this.#options
    try {
      report(path, await intake.take(() => readBody(bytes, Number.POSITIVE_INFINITY)), bytes.length)
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause
      report(path, intake.refuse(cause.message), bytes.length)
    }
  }

  async #save(): Promise<void> {
    const { positionFile, path } = this.#options
    this.#savedMs = performance.now()
    if (positionFile === '' || this.#file === undefined) return
    try {
      await savePosition(positionFile, { path, inode: this.#inode, offset: this.#offset, ...this.#head })
    } catch (cause) {
      this.#warn(`cannot write ${positionFile}: ${fileProblem(cause)}; a restart begins at ${this.#options.startAt} of the log`)
    }
  }

  #pause(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, pollMs)
    this.#wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  // The same again and again is told once.
  #warn(text: string): void {
    if (text === this.#lastWarning) return
    this.#lastWarning = text
    this.#options.warn(text)
  }
}
