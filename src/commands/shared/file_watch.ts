import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename } from 'node:path'
import { fingerprint, placesOf } from './places.ts'

export interface FileWatchOptions {
  /** Called when what the files hold has changed, and nothing has for a moment. */
  readonly onChange: () => void
  /** Called once where the kernel gives no more watches; files are then looked at from time to time. */
  readonly onPoll: (error: Error) => void
}

// Editors and package managers write in several steps.
const settleMs = 200
const mostSettleMs = 2000
const pollMs = 5000

/** Watches files and directories, also such that are not there yet, and such that are exchanged by a link. */
export class FileWatch {
  readonly #options: FileWatchOptions
  #paths: readonly string[] = []
  #known = ''
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint; names: ReadonlySet<string> }>()
  #settling: Timer | undefined
  #unsettledMs = 0
  #polling: Timer | undefined

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  /** Watches these paths from now on, in place of others; `known` is the `fingerprint` of what was read. */
  watch(paths: readonly string[], known: string): void {
    this.#paths = paths
    this.#known = known
    this.#arm()
    // It may have changed since it was read, before anybody watched.
    this.#settle()
  }

  close(): void {
    clearTimeout(this.#settling)
    clearInterval(this.#polling)
    for (const { watcher } of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #settle(): void {
    const now = performance.now()
    if (this.#settling === undefined) this.#unsettledMs = now
    // A file that is written to all the time is looked at all the same.
    else if (now - this.#unsettledMs > mostSettleMs) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#look(), settleMs)
  }

  #look(): void {
    this.#settling = undefined
    this.#arm()
    const now = fingerprint(this.#paths)
    if (now === this.#known) return
    this.#known = now
    this.#options.onChange()
  }

  /** Files and directories may have come, gone, or been replaced by others of their names. */
  #arm(): void {
    const places = placesOf(this.#paths)
    for (const [path, { watcher, inode }] of this.#watchers) {
      if (places.has(path) && inodeOf(path) === inode) continue
      watcher.close()
      this.#watchers.delete(path)
    }
    for (const [path, names] of places) {
      const old = this.#watchers.get(path)
      if (old) old.names = names
      else this.#add(path, names)
    }
  }

  #add(path: string, names: ReadonlySet<string>): void {
    const inode = inodeOf(path)
    if (inode === undefined) return
    try {
      const watcher = watch(path, (_, name) => this.#hear(path, name))
      watcher.on('error', () => this.#settle())
      this.#watchers.set(path, { watcher, inode, names })
    } catch (error) {
      if (this.#polling) return
      this.#polling = setInterval(() => this.#look(), pollMs)
      this.#options.onPoll(error as Error)
    }
  }

  #hear(path: string, name: string | null): void {
    const names = this.#watchers.get(path)?.names
    // A directory that goes tells its own name.
    const isOfInterest = name === null || names?.has('*') || names?.has(name) || basename(path) === name
    if (isOfInterest) this.#settle()
  }
}

function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true }).ino
  } catch {
    return undefined
  }
}
