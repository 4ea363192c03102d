import type { Event } from '../../event/event.ts'
import type { FdType } from '../../event/fd.ts'
import { type FdState, namedFd } from '../fd.ts'
import { flag } from '../flags.ts'
import type { State } from '../state.ts'
import type { ThreadState } from '../thread.ts'
import { type Change, type ChangeRows, readFd, readUint64 } from './change.ts'

const fdCloexec = 1
const closeRangeUnshare = 2
const closeRangeCloexec = 4
const mfdCloexec = 1

// Commands of bpf(2) that return a descriptor, and of those the ones that make something new (Falco shows only these as `bpf`).
const bpfCreates: ReadonlySet<number> = new Set([0, 5])

export const descriptorChanges: ChangeRows = [
  ['SYSCALL_CLOSE_X', close],
  ['SYSCALL_CLOSE_RANGE_X', closeRange],
  ['SYSCALL_DUP_X', dup],
  ['SYSCALL_DUP_1_X', dup],
  ['SYSCALL_DUP2_X', dup],
  ['SYSCALL_DUP3_X', dup3],
  ['SYSCALL_FCNTL_X', fcntl],
  ['SYSCALL_PIPE_X', pipe],
  ['SYSCALL_PIPE2_X', pipe],
  ['SYSCALL_EVENTFD_X', make('event', 2)],
  ['SYSCALL_EVENTFD2_X', make('event', 1)],
  ['SYSCALL_SIGNALFD_X', make('signalfd')],
  ['SYSCALL_SIGNALFD4_X', make('signalfd', 1)],
  ['SYSCALL_TIMERFD_CREATE_X', make('timerfd')],
  ['SYSCALL_INOTIFY_INIT_X', make('inotify')],
  ['SYSCALL_INOTIFY_INIT1_X', make('inotify', 1)],
  ['SYSCALL_EPOLL_CREATE_X', make('eventpoll')],
  ['SYSCALL_EPOLL_CREATE1_X', epollCreate1],
  ['SYSCALL_USERFAULTFD_X', make('userfaultfd', 1)],
  ['SYSCALL_IO_URING_SETUP_X', make('io_uring')],
  ['SYSCALL_BPF_2_X', bpf],
  ['SYSCALL_MEMFD_CREATE_X', memfdCreate],
  ['SYSCALL_PIDFD_OPEN_X', pidfdOpen],
  ['SYSCALL_PIDFD_GETFD_X', pidfdGetfd],
]

// res fd
function close(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) === 0 && event.fd !== undefined) state.closeAfterEvent(thread.fds, event.fdNum as number)
}

// res first last flags
function closeRange(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) !== 0) return
  const first = event.uint(1)
  const last = event.uint(2)
  const flags = event.uint(3)
  if (flags & closeRangeUnshare) thread.fds = thread.fds.copy()
  if (flags & closeRangeCloexec) thread.fds.markRange(first, last)
  else thread.fds.deleteRange(first, last)
}

// res oldfd newfd
function dup(event: Event, thread: ThreadState, state: State): void {
  copy(event, thread, state, readFd(event, 0), event.fd as FdState | undefined, 0)
}

// res oldfd newfd flags
function dup3(event: Event, thread: ThreadState, state: State): void {
  copy(event, thread, state, readFd(event, 0), event.fd as FdState | undefined, event.uint(3) & flag.O_CLOEXEC)
}

// res fd cmd arg
function fcntl(event: Event, thread: ThreadState, state: State): void {
  const command = event.uint(2)
  if (command === flag.F_DUPFD) copy(event, thread, state, readFd(event, 0), event.fd as FdState | undefined, 0)
  else if (command === flag.F_DUPFD_CLOEXEC) copy(event, thread, state, readFd(event, 0), event.fd as FdState | undefined, flag.O_CLOEXEC)
  else if (command === flag.F_SETFD) setFdFlags(event, thread)
}

function setFdFlags(event: Event, thread: ThreadState): void {
  const fd = event.fd as FdState | undefined
  if (fd === undefined || event.paramCount < 4 || readFd(event, 0) !== 0) return
  const bit = (event.uint(3) & fdCloexec) === 0 ? 0 : flag.O_CLOEXEC
  thread.fds.set(event.fdNum as number, fd.withFlags((fd.flags & ~flag.O_CLOEXEC) | bit))
}

function copy(event: Event, thread: ThreadState, state: State, num: number, fd: FdState | undefined, cloexec: number): void {
  if (num < 0) return
  if (fd === undefined) {
    // What was there is gone, and what is there now is not known.
    thread.fds.delete(num)
    return
  }
  state.setFd(event, thread, num, fd.withFlags((fd.flags & ~flag.O_CLOEXEC) | cloexec))
}

// res fd1 fd2 ino [flags]
function pipe(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) < 0) return
  const ino = readUint64(event, 3)
  const fd = namedFd('pipe', '', event.uint(4), ino)
  state.keepFd(thread, readFd(event, 1), fd)
  state.setFd(event, thread, readFd(event, 2), fd)
}

/** The result is a descriptor of one type; `flagsParam` holds its flags in the driver's encoding. */
function make(type: FdType, flagsParam = -1): Change {
  return (event, thread, state) => {
    const num = readFd(event, 0)
    if (num >= 0) state.setFd(event, thread, num, namedFd(type, '', flagsParam < 0 ? 0 : event.uint(flagsParam)))
  }
}

// res flags; 1 is the driver's EPOLL_CLOEXEC
function epollCreate1(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num >= 0) state.setFd(event, thread, num, namedFd('eventpoll', '', (event.uint(1) & 1) === 0 ? 0 : flag.O_CLOEXEC))
}

// fd cmd; every descriptor that bpf(2) returns is closed on exec
function bpf(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0 || (event.paramCount > 1 && !bpfCreates.has(event.uint(1)))) return
  state.setFd(event, thread, num, namedFd('bpf', '', flag.O_CLOEXEC))
}

// fd name flags
function memfdCreate(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const flags = event.uint(2) & mfdCloexec ? flag.O_CLOEXEC : 0
  state.setFd(event, thread, num, namedFd('memfd', event.text(1) ?? '', flags))
}

// fd pid flags; the kernel closes it on exec
function pidfdOpen(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const fd = namedFd('pidfd', '', flag.O_CLOEXEC)
  fd.pid = readFd(event, 1)
  state.setFd(event, thread, num, fd)
}

// fd pid_fd target_fd flags
function pidfdGetfd(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const pidfd = thread.fds.get(readFd(event, 1))
  const target = pidfd === undefined ? undefined : state.find(pidfd.pid)?.fds.get(readFd(event, 2))
  copy(event, thread, state, num, target, flag.O_CLOEXEC)
}
