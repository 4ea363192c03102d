import { withoutDeleted } from '../base/path.ts'
import type { Event } from '../event/event.ts'
import type { ThreadSeed } from '../event/snapshot.ts'
import { readUint64 } from './apply/change.ts'
import { flag } from './flags.ts'

export interface Caps {
  readonly inheritable: bigint
  readonly permitted: bigint
  readonly effective: bigint
}

const noCaps: Caps = { inheritable: 0n, permitted: 0n, effective: 0n }

// Parameters of an execve event.
const param = { flags: 19, caps: 20, ino: 23, ctime: 24, mtime: 25, exepath: 27 } as const
// Bytes from the flags to the path of the executable, where none of the values between them is missing.
const bytesBeforePath = 56

/** The file that a program was started from, and with what rights: the same object for all that was started so, where that is cheap. */
export class Executable {
  readonly path: string
  /** Flag set `execve_flags`. */
  readonly flags: number
  readonly caps: Caps
  readonly ino: number | bigint
  readonly ctime: bigint
  readonly mtime: bigint

  constructor(path: string, flags: number, caps: Caps, ino: number | bigint, ctime: bigint, mtime: bigint) {
    this.path = path
    this.flags = flags
    this.caps = caps
    this.ino = ino
    this.ctime = ctime
    this.mtime = mtime
  }

  /** What an execve or execveat event tells; old versions lack some of the last values. */
  static fromEvent(event: Event): Executable {
    const big = (index: number) => (event.lengthOf(index) === 8 ? event.big(index) : 0n)
    const flags = event.lengthOf(param.flags) === 4 ? event.uint(param.flags) : 0
    const caps = { inheritable: big(param.caps), permitted: big(param.caps + 1), effective: big(param.caps + 2) }
    const ino = event.lengthOf(param.ino) === 8 ? readUint64(event, param.ino) : 0
    const path = withoutDeleted(event.text(param.exepath) ?? '')
    return new Executable(path, flags, caps, ino, big(param.ctime), big(param.mtime))
  }

  /** Of a list. */
  static fromSeed(seed: ThreadSeed): Executable {
    const caps = { inheritable: seed.capInheritable, permitted: seed.capPermitted, effective: seed.capEffective }
    return new Executable(seed.exepath, executableFlags(seed), caps, seed.exeIno, seed.exeCtime, seed.exeMtime)
  }

  /** The same under another path, with `flags` beside its own. */
  at(path: string, flags = 0): Executable {
    return new Executable(path, this.flags | flags, this.caps, this.ino, this.ctime, this.mtime)
  }
}

/** Where the bytes are that tell the executable of an event: two offsets in its batch; -1 for the first where some are missing. */
export function executableFrom(event: Event): number {
  const from = event.offsetOf(param.flags)
  return event.offsetOf(param.exepath) - from === bytesBeforePath ? from : -1
}

export function executableTo(event: Event): number {
  return event.offsetOf(param.exepath) + event.lengthOf(param.exepath)
}

export const noExecutable = new Executable('', 0, noCaps, 0, 0n, 0n)

/** Flag set `execve_flags` of what a list tells. */
export function executableFlags(seed: ThreadSeed): number {
  return (
    (seed.isExeWritable ? flag.EXE_WRITABLE : 0) |
    (seed.isExeUpperLayer ? flag.EXE_UPPER_LAYER : 0) |
    (seed.isExeLowerLayer ? flag.EXE_LOWER_LAYER : 0) |
    (seed.isExeFromMemfd ? flag.EXE_FROM_MEMFD : 0)
  )
}
