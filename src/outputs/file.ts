import { accessSync, close, constants, fstat, ftruncate, open, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { fileProblem } from '../base/errno.ts'
import { Fault } from '../base/fault.ts'
import { writeFully } from '../base/write.ts'
import type { Message, Output } from './output.ts'
import { linesOf } from './shared/lines.ts'

export interface FileOptions {
  readonly filename: string
  /** Whether the file stays open between writes; then `reopen` follows a rotation. */
  readonly keepAlive: boolean
}

const openFile = promisify(open)
const closeFile = promisify(close)
const statOf = promisify(fstat)
const truncate = promisify(ftruncate)

/**
 * Alerts appended to a file, a line each; the first of them makes the file.
 *
 * @throws Fault `output-failed` where it is clear by now that this will not work.
 */
export function openFileOutput(options: FileOptions): Output {
  checkWritable(options.filename)
  return new FileOutput(options)
}

function checkWritable(path: string): void {
  try {
    const info = statSync(path, { throwIfNoEntry: false })
    if (info?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    accessSync(info ? path : dirname(path), constants.W_OK)
  } catch (cause) {
    const hint = 'set file_output.filename to a path where alerts can be written'
    const reason = (cause as { code?: string }).code === 'ENOENT' ? 'its directory does not exist' : fileProblem(cause)
    throw new Fault('output-failed', `cannot write alerts to ${path}: ${reason}`, { hint, cause })
  }
}

class FileOutput implements Output {
  readonly name = 'file'
  readonly #options: FileOptions
  #fd: number | undefined
  #isStale = false

  constructor(options: FileOptions) {
    this.#options = options
  }

  async write(messages: readonly Message[]): Promise<void> {
    try {
      if (this.#isStale) await this.close()
      this.#fd ??= await openFile(this.#options.filename, 'a')
      await this.#append(this.#fd, linesOf(messages))
      if (!this.#options.keepAlive) await this.close()
    } catch (cause) {
      throw new Fault('output-failed', `cannot write to ${this.#options.filename}: ${(cause as Error).message}`, { cause })
    }
  }

  // All of the lines or none: what a full disk took of them would be half a line that others are written behind.
  async #append(fd: number, lines: Buffer): Promise<void> {
    const before = await statOf(fd)
    try {
      await writeFully(fd, lines)
    } catch (cause) {
      if (before.isFile()) await truncate(fd, before.size).catch(() => undefined)
      throw cause
    }
  }

  // Only marks: a write may be under way.
  reopen(): void {
    this.#isStale = true
  }

  async close(): Promise<void> {
    this.#isStale = false
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) await closeFile(fd)
  }
}
