import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileProblem } from './errno.ts'
import { Fault } from './fault.ts'

/** A file as it was read: `replaceFile` writes only what nobody else has changed since. */
export interface ReadStamp {
  /** Where symbolic links lead to. */
  readonly path: string
  readonly info: Stats
}

/**
 * What a path leads to.
 *
 * @throws Fault `file-refused` where that is not there.
 */
export function stampOf(path: string): ReadStamp {
  const target = attempt(path, () => realpathSync(path))
  return { path: target, info: attempt(path, () => statSync(target)) }
}

/**
 * Puts a text in the place of a file's, all of it or none: whoever reads the file meanwhile sees the old text or the new.
 *
 * Mode and owner stay. Symbolic links stay, and what they lead to is written.
 *
 * @throws Fault `file-refused` for what is no regular file, has a second name that would go on with the old text, has changed
 * since it was read, or cannot be written so.
 */
export function replaceFile(path: string, stamp: ReadStamp, text: string): void {
  const { info } = stamp
  if (!info.isFile()) throw refused(path, 'it is no regular file')
  if (info.nlink > 1) throw refused(path, `it has ${info.nlink} names (hard links), of which only one would get the new text`)
  const temporary = join(dirname(stamp.path), `.${basename(stamp.path)}.${process.pid}.new`)
  attempt(path, () => {
    // `wx`: nobody else's file or link of that name is written through.
    const fd = openSync(temporary, 'wx', 0o600)
    try {
      try {
        writeFileSync(fd, text)
        fchownSync(fd, info.uid, info.gid)
        fchmodSync(fd, info.mode & 0o7777)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      if (!isSame(info, statSync(stamp.path))) throw refused(path, 'somebody else changed it meanwhile')
      renameSync(temporary, stamp.path)
    } catch (error) {
      unlinkSync(temporary)
      throw error
    }
  })
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeMs === b.mtimeMs
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw refused(path, fileProblem(cause), cause)
  }
}

function refused(path: string, reason: string, cause?: unknown): Fault {
  return new Fault('file-refused', `${path} cannot be rewritten: ${reason}`, { hint: 'it is as it was', cause })
}
