import { closeSync, openSync, writeSync } from 'node:fs'
import { fileProblem } from '../base/errno.ts'
import { Fault } from '../base/fault.ts'
import { ScapBuffer } from './scap_buffer.ts'

export interface ScapFileOptions {
  readonly isGzip: boolean
  /** Refuses to write where a file is: for names that others could foresee. */
  readonly isNew?: boolean
}

// Bytes that are written, or compressed, at once.
const spillBytes = 256 * 1024
// Files that hold what passed through programs are for their owner alone.
const mode = 0o600
const standardOutput = 1

/**
 * A recording that is being written: what is put into `out` goes to the file by and by.
 *
 * Each part that is compressed is a gzip member of its own, so that a file that breaks off holds all parts before.
 */
export class ScapFile {
  readonly out = new ScapBuffer(spillBytes * 2)
  /** Bytes in the file. */
  bytes = 0
  readonly path: string
  readonly #isGzip: boolean
  readonly #file: number

  /**
   * Opens a file; `-` is standard output.
   *
   * @throws Fault `output-failed`.
   */
  constructor(path: string, { isGzip, isNew = false }: ScapFileOptions) {
    this.path = path
    this.#isGzip = isGzip
    try {
      this.#file = path === '-' ? standardOutput : openSync(path, isNew ? 'wx' : 'w', mode)
    } catch (error) {
      throw this.#failed(error as NodeJS.ErrnoException)
    }
  }

  /** Writes what has come together, once it is enough to be worth it. */
  spill(): void {
    if (this.out.at >= spillBytes) this.flush()
  }

  /** @throws Fault `output-failed`. */
  flush(): void {
    if (this.out.at === 0) return
    const part = this.out.bytes.subarray(0, this.out.at)
    const bytes = this.#isGzip ? Bun.gzipSync(part as Uint8Array<ArrayBuffer>, { level: 1, library: 'libdeflate' }) : part
    this.out.clear()
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at)
    } catch (error) {
      throw this.#failed(error as NodeJS.ErrnoException)
    }
    this.bytes += bytes.length
  }

  /** @throws Fault `output-failed`; the file is closed all the same. */
  close(): void {
    try {
      this.flush()
    } finally {
      if (this.#file !== standardOutput) closeSync(this.#file)
    }
  }

  #failed(error: NodeJS.ErrnoException): Fault {
    return new Fault('output-failed', `the recording ${this.path} cannot be written: ${fileProblem(error)}`, {
      hint: 'choose another place, or make room there',
      cause: error,
    })
  }
}
