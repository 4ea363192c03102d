import { close, open } from 'node:fs'
import { promisify } from 'node:util'
import { Fault } from '../base/fault.ts'
import type { Message, Output } from './output.ts'
import { linesOf, writeFully } from './shared/write.ts'

export interface FileOptions {
  readonly filename: string
  /** Whether the file stays open between writes; then `reopen` follows a rotation. */
  readonly keepAlive: boolean
}

const openFile = promisify(open)
const closeFile = promisify(close)

/** Alerts appended to a file, a line each. */
export function openFileOutput(options: FileOptions): Output {
  return new FileOutput(options)
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
      await writeFully(this.#fd, linesOf(messages))
      if (!this.#options.keepAlive) await this.close()
    } catch (cause) {
      throw new Fault('output-failed', `cannot write to ${this.#options.filename}: ${(cause as Error).message}`, { cause })
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
