import { accessSync, close, constants, fstat, ftruncate, open, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { fileProblem } from '../base/errno.ts'
import { Fault } from '../base/fault.ts'
import { writeAsFar } from '../base/write.ts'
import type { Message, Output } from './output.ts'
import { linesOf } from './shared/lines.ts'
import { beginOf, isDue, packFull, type RotationOptions, rotate } from './shared/rotation.ts'

export interface FileOptions {
  readonly filename: string
  /** Whether the file stays open between writes; then `reopen` follows a rotation. */
  readonly keepAlive: boolean
  /** Where the program itself changes to a new file in time; without it, others do, and call `reopen`. */
  readonly rotate?: RotationOptions
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
  #packing: Promise<void> | undefined
  // When the file began, ms since the epoch.
  #begin: number | undefined

  constructor(options: FileOptions) {
    this.#options = options
  }

  async write(messages: readonly Message[]): Promise<void> {
    try {
      if (this.#isStale) await this.#closeFile()
      const lines = linesOf(messages)
      if (this.#options.rotate) await this.#makeRoom(this.#options.rotate, lines.length)
      this.#fd ??= await openFile(this.#options.filename, 'a')
      await this.#append(this.#fd, lines)
      if (!this.#options.keepAlive) await this.#closeFile()
    } catch (cause) {
      throw new Fault('output-failed', `cannot write to ${this.#options.filename}: ${(cause as Error).message}`, { cause })
    }
  }

  async #makeRoom(options: RotationOptions, bytes: number): Promise<void> {
    const { filename } = this.#options
    const size = statSync(filename, { throwIfNoEntry: false })?.size ?? 0
    this.#begin ??= beginOf(filename)
    if (!isDue(options, { size, ageMs: Date.now() - this.#begin }, bytes)) return
    await this.#packing
    await this.#closeFile()
    rotate(filename, options)
    this.#begin = Date.now()
    // Goes on beside the next writes; what fails here is tried again with the next file.
    if (options.compress) this.#packing = packFull(filename).catch(() => undefined)
  }

  // All of the lines or none: what a full disk took of them would be half a line that others are written behind.
  async #append(fd: number, lines: Buffer): Promise<void> {
    const { written, error } = await writeAsFar(fd, lines)
    if (!error) return
    const info = await statOf(fd)
    if (written > 0 && info.isFile()) await truncate(fd, info.size - written).catch(() => undefined)
    throw error
  }

  // Only marks: a write may be under way.
  reopen(): void {
    this.#isStale = true
  }

  async close(): Promise<void> {
    await this.#closeFile()
    await this.#packing
  }

  async #closeFile(): Promise<void> {
    this.#isStale = false
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) await closeFile(fd)
  }
}
