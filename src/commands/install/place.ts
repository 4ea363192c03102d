import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'

/** Where files are installed: below a directory, `/` for this host. With `isDry` nothing changes. */
export class Place {
  readonly root: string
  readonly #isDry: boolean

  constructor(root: string, isDry: boolean) {
    this.root = root
    this.#isDry = isDry
  }

  /** The path as it is from outside. */
  at(path: string): string {
    return join(this.root, path)
  }

  /** SHA-256 of a file; undefined where there is none, `other` for what is no regular file. */
  hashAt(path: string): string | undefined {
    const info = lstatSync(this.at(path), { throwIfNoEntry: false })
    if (info === undefined) return undefined
    if (!info.isFile()) return 'other'
    return hashOf(this.#attempt(path, () => readFileSync(this.at(path))))
  }

  has(path: string): boolean {
    return lstatSync(this.at(path), { throwIfNoEntry: false }) !== undefined
  }

  read(path: string): string | undefined {
    return this.has(path) ? this.#attempt(path, () => readFileSync(this.at(path), 'utf8')) : undefined
  }

  /** Puts a file in its place, whole: who reads or runs it meanwhile has the old one or the new. */
  put(path: string, content: Uint8Array, mode: number): void {
    if (this.#isDry) return
    const target = this.at(path)
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
    this.#attempt(path, () => {
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 })
      try {
        const fd = openSync(temporary, 'wx', mode)
        try {
          writeFileSync(fd, content)
          // Whatever the umask.
          fchmodSync(fd, mode)
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
        renameSync(temporary, target)
      } catch (error) {
        rmSync(temporary, { force: true })
        throw error
      }
    })
  }

  makeDirectory(path: string, mode: number): void {
    if (!this.#isDry) this.#attempt(path, () => mkdirSync(this.at(path), { recursive: true, mode }))
  }

  remove(path: string): void {
    if (!this.#isDry) this.#attempt(path, () => rmSync(this.at(path), { recursive: true, force: true }))
  }

  /** Removes a directory where it is empty; whether it was, `unknown` where nothing is done. */
  removeEmpty(path: string): boolean | 'unknown' {
    if (this.#isDry) return 'unknown'
    try {
      rmdirSync(this.at(path))
      return true
    } catch {
      return false
    }
  }

  #attempt<T>(path: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw new Fault('install-failed', `${this.at(path)}: ${fileProblem(cause)}`, {
        hint: process.getuid?.() === 0 ? 'what was done before it stays; mend it and do this again' : 'do this as root: sudo eyas ...',
        cause,
      })
    }
  }
}

export function hashOf(content: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex')
}
