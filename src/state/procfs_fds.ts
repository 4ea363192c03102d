import { readdirSync, readlinkSync } from 'node:fs'
import { withoutDeleted } from '../base/path.ts'
import type { Fd, FdType, Socket } from '../event/fd.ts'
import { FdState, namedFd } from './fd.ts'
import { flag } from './flags.ts'
import { fdTypeOfFamily, SocketState } from './socket.ts'

/** Finds the socket with an inode number in the network namespace of a process. */
export interface SocketsOf {
  find(pid: number, ino: number): Socket | undefined
}

// A process with more is read up to here: the rest is learned from events.
const maxListed = 4096

// Open flags of Linux (asm-generic/fcntl.h; octal in fdinfo), and what the drivers make of them.
const flagBits: readonly (readonly [linux: number, driver: number])[] = [
  [0o100, flag.O_CREAT],
  [0o1000, flag.O_TRUNC],
  [0o2000, flag.O_APPEND],
  [0o4000, flag.O_NONBLOCK],
  [0o200000, flag.O_DIRECTORY],
  [0o2000000, flag.O_CLOEXEC],
]
const accessFlags = [1, flag.O_WRONLY, flag.O_RDWR, 0]

const anonymous: Readonly<Record<string, FdType>> = {
  'anon_inode:[eventpoll]': 'eventpoll',
  'anon_inode:[eventfd]': 'event',
  'anon_inode:[timerfd]': 'timerfd',
  'anon_inode:[signalfd]': 'signalfd',
  'anon_inode:inotify': 'inotify',
  'anon_inode:[userfaultfd]': 'userfaultfd',
  'anon_inode:[io_uring]': 'io_uring',
  'anon_inode:[pidfd]': 'pidfd',
  'anon_inode:bpf-map': 'bpf',
  'anon_inode:bpf-prog': 'bpf',
  'anon_inode:bpf_link': 'bpf',
}

/** Tells of all descriptors of a process. `read` gives a file below `root` as text. */
export function readDescriptors(
  root: string,
  pid: number,
  read: (path: string) => string,
  sockets: SocketsOf,
  add: (num: number, fd: Fd) => void,
): void {
  for (const num of listed(`${root}/${pid}/fd`)) {
    const link = linkOf(`${root}/${pid}/fd/${num}`)
    if (link !== '') add(num, descriptorOf(pid, link, read(`${pid}/fdinfo/${num}`), sockets))
  }
}

/** The descriptor that a link of /proc/<pid>/fd and its fdinfo tell of. */
export function descriptorOf(pid: number, link: string, info: string, sockets: SocketsOf): Fd {
  const linux = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8)
  const flags = driverFlags(linux)
  const ino = Number(/^ino:\s*(\d+)/m.exec(info)?.[1] ?? 0)
  const numbered = /^socket:\[(\d+)\]$/.exec(link)
  if (numbered !== null) return socketOf(pid, Number(numbered[1]), flags, sockets)
  return descriptorNamed(link, false, { flags, ino, dev: 0 })
}

/** The descriptor that such a link stands for, save for a socket; `isFifo` tells of one that has a path. */
export function descriptorNamed(link: string, isFifo: boolean, { flags, ino, dev }: Place): Fd {
  const make = (type: FdType, name: string, raw?: string, number = ino) => new FdState(type, name, '', raw, flags, dev, number, undefined)
  if (link.startsWith('/memfd:')) return make('memfd', withoutDeleted(link.slice(7)))
  if (isFifo && link.startsWith('/')) return make('pipe', link)
  if (link.startsWith('/')) return make((flags & flag.O_DIRECTORY) !== 0 ? 'directory' : 'file', link, link)
  const numbered = /^(\w+):\[(\d+)\]$/.exec(link)
  if (numbered?.[1] === 'pipe') return make('pipe', link, undefined, Number(numbered[2]))
  return make(anonymous[link] ?? (numbered?.[1] === 'pidfd' || link === 'pidfd' ? 'pidfd' : 'unsupported'), '')
}

/** What else is known of a descriptor: flags as the drivers have them. */
interface Place {
  readonly flags: number
  readonly ino: number | bigint
  readonly dev: number
}

function socketOf(pid: number, ino: number, flags: number, sockets: SocketsOf): Fd {
  const socket = sockets.find(pid, ino)
  if (socket === undefined) return namedFd('unknown', '', flags, ino)
  return new FdState(fdTypeOfFamily(socket.family), undefined, '', undefined, flags, 0, ino, SocketState.of(socket))
}

/** Open flags of Linux as the drivers have them. */
export function driverFlags(linux: number): number {
  let flags = accessFlags[linux & 3] ?? 0
  for (const [bit, driver] of flagBits) if ((linux & bit) !== 0) flags |= driver
  return flags
}

function listed(dir: string): number[] {
  try {
    return readdirSync(dir).slice(0, maxListed).map(Number)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path, 'buffer').latin1Slice()
  } catch {
    return ''
  }
}
