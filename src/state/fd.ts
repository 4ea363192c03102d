import { cleanPath, dirname, joinPath } from '../base/path.ts'
import type { Fd, FdType } from '../event/fd.ts'
import { nameOfSocket, SocketState } from './socket.ts'

/**
 * A descriptor. What it tells never changes once it is in a table (a change puts a new one there), so that tables may share it.
 *
 * The name of a file is put together when it is first asked for: few of the many opens are ever looked at.
 */
export class FdState implements Fd {
  readonly type: FdType
  readonly flags: number
  readonly dev: number
  readonly ino: number | bigint
  readonly socket: SocketState | undefined
  readonly nameRaw: string | undefined
  /** Process that a pidfd stands for; set before it is put into a table. */
  pid = 0
  /** The full name, or undefined as long as `nameRaw` was not resolved against `dir`. */
  private full: string | undefined
  private parent: string | undefined = undefined
  /** See memory.ts. */
  weighedIn = 0
  /** Directory that `nameRaw` is relative to; '' where it is absolute. */
  readonly dir: string

  constructor(
    type: FdType,
    full: string | undefined,
    dir: string,
    nameRaw: string | undefined,
    flags: number,
    dev: number,
    ino: number | bigint,
    socket: SocketState | undefined,
  ) {
    this.type = type
    this.flags = flags
    this.dev = dev
    this.ino = ino
    this.socket = socket
    this.nameRaw = nameRaw
    this.full = full
    this.dir = dir
  }

  get name(): string {
    const full = this.full
    return full === undefined ? this.resolve() : full
  }

  get directory(): string {
    let { parent } = this
    if (parent === undefined) {
      parent = dirname(this.name) || '/'
      this.parent = parent
    }
    return parent
  }

  /** How long its names are. */
  get textLength(): number {
    return (this.full?.length ?? 0) + (this.nameRaw?.length ?? 0)
  }

  /** The same descriptor with other flags. */
  withFlags(flags: number): FdState {
    if (flags === this.flags) return this
    return new FdState(this.type, this.full, this.dir, this.nameRaw, flags, this.dev, this.ino, this.socket)
  }

  /** The same socket with other addresses; without `name` it goes by these. */
  withSocket(name: string | undefined, socket: SocketState, type: FdType = this.type): FdState {
    return new FdState(type, name, '', this.nameRaw, this.flags, this.dev, this.ino, socket)
  }

  private resolve(): string {
    const { socket } = this
    const full = socket === undefined ? joinPath(this.dir, this.nameRaw ?? '') : nameOfSocket(socket)
    this.full = full
    return full
  }
}

/** A file that was opened as `nameRaw` relative to `dir`. */
export function openedFile(type: FdType, dir: string, nameRaw: string, flags: number, dev: number, ino: number | bigint): FdState {
  return new FdState(type, undefined, dir, nameRaw, flags, dev, ino, undefined)
}

/** What was asked for as `nameRaw`, relative to a directory that is not known: that is its name. */
export function unresolvedFile(nameRaw: string): FdState {
  return new FdState('file', cleanPath(nameRaw), '', nameRaw, 0, 0, 0, undefined)
}

/** A descriptor that has no path: pipes, event descriptors ... */
export function namedFd(type: FdType, name: string, flags = 0, ino: number | bigint = 0): FdState {
  return new FdState(type, name, '', undefined, flags, 0, ino, undefined)
}

/** A socket; without `name` it goes by its addresses. */
export function socketFd(type: FdType, socket: SocketState, flags = 0, name: string | undefined = undefined): FdState {
  return new FdState(type, name, '', undefined, flags, 0, 0, socket)
}

export function copyOfFd(fd: Fd): FdState {
  const socket = fd.socket === undefined ? undefined : SocketState.of(fd.socket)
  return new FdState(
    fd.type,
    socket !== undefined && fd.name === '' ? undefined : fd.name,
    '',
    fd.nameRaw,
    fd.flags,
    fd.dev,
    fd.ino,
    socket,
  )
}
