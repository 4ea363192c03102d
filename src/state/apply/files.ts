import { joinPath } from '../../base/path.ts'
import type { Event } from '../../event/event.ts'
import { type FdState, openedFile } from '../fd.ts'
import { flag } from '../flags.ts'
import type { State } from '../state.ts'
import type { ThreadState } from '../thread.ts'
import { type ChangeRows, directoryOf, readFd, readUint64 } from './change.ts'

const slash = 47

export const fileChanges: ChangeRows = [
  ['SYSCALL_OPEN_E', enterAtFirst],
  ['SYSCALL_CREAT_E', enterAtFirst],
  ['SYSCALL_OPENAT_2_E', enterAtSecond],
  ['SYSCALL_OPENAT2_E', enterAtSecond],
  ['SYSCALL_OPEN_X', open],
  ['SYSCALL_OPENAT_2_X', openat],
  ['SYSCALL_OPENAT2_X', openat2],
  ['SYSCALL_CREAT_X', creat],
  ['SYSCALL_OPEN_BY_HANDLE_AT_X', openByHandle],
  ['SYSCALL_CHDIR_X', chdir],
  ['SYSCALL_FCHDIR_X', fchdir],
]

// name ...
function enterAtFirst(event: Event, thread: ThreadState): void {
  thread.asked = event.text(0)
}

// dirfd name ...
function enterAtSecond(event: Event, thread: ThreadState): void {
  thread.asked = event.text(1)
}

// The name as it was when the call began, where a recording tells it: by its end, another thread may have changed it.
function takeAsked(thread: ThreadState): string | undefined {
  const { asked } = thread
  thread.asked = undefined
  return asked === '<NA>' ? undefined : asked
}

// fd name flags mode dev ino
function open(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  const asked = takeAsked(thread)
  if (num < 0) return
  addFile(event, thread, state, num, thread.cwd, asked ?? event.text(1) ?? '', event.uint(2), event.uint(4), readUint64(event, 5))
}

// fd dirfd name flags mode dev ino
function openat(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  const asked = takeAsked(thread)
  if (num < 0) return
  const dirfd = readFd(event, 1)
  const start = event.offsetOf(2)
  const end = event.offsetOf(6) + 8
  const slot = asked === undefined && event.paramCount === 7 && event.lengthOf(6) === 8 ? state.opens.slotOf(event, start, end) : -1
  const known = slot < 0 ? undefined : state.opens.get(event, slot, start, end)
  if (known !== undefined && (known.dir === '' || known.dir === directoryOf(thread, dirfd))) {
    event.fdNameChanged = true
    state.setFd(event, thread, num, known)
    return
  }
  const name = asked ?? event.text(2) ?? ''
  const dir = name.charCodeAt(0) === slash ? '' : directoryOf(thread, dirfd)
  addFile(event, thread, state, num, dir, name, event.uint(3), event.uint(5), readUint64(event, 6))
  if (slot >= 0) state.opens.set(event, slot, start, end, event.fd as FdState)
}

// fd dirfd name flags mode resolve dev ino
function openat2(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  const asked = takeAsked(thread)
  if (num < 0) return
  const name = asked ?? event.text(2) ?? ''
  const dir = name.charCodeAt(0) === slash ? '' : directoryOf(thread, readFd(event, 1))
  addFile(event, thread, state, num, dir, name, event.uint(3), event.uint(6), readUint64(event, 7))
}

// fd name mode dev ino creat_flags
function creat(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  const asked = takeAsked(thread)
  if (num < 0) return
  const layers = event.uint(5)
  let flags: number = flag.O_CREAT | flag.O_WRONLY | flag.O_TRUNC
  if (layers & flag.FD_UPPER_LAYER_CREAT) flags |= flag.FD_UPPER_LAYER
  if (layers & flag.FD_LOWER_LAYER_CREAT) flags |= flag.FD_LOWER_LAYER
  addFile(event, thread, state, num, thread.cwd, asked ?? event.text(1) ?? '', flags, event.uint(3), readUint64(event, 4))
}

// fd mountfd flags path dev ino; the driver tells the full path
function openByHandle(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num >= 0) addFile(event, thread, state, num, thread.cwd, event.text(3) ?? '', event.uint(2), event.uint(4), readUint64(event, 5))
}

function addFile(
  event: Event,
  thread: ThreadState,
  state: State,
  num: number,
  dir: string,
  name: string,
  flags: number,
  dev: number,
  ino: number | bigint,
): void {
  const type = (flags & flag.O_DIRECTORY) !== 0 ? 'directory' : 'file'
  event.fdNameChanged = true
  state.setFd(event, thread, num, openedFile(type, dir, name, flags, dev, ino))
}

// res path
function chdir(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) !== 0) return
  const path = event.text(1)
  if (path !== undefined) thread.main.ownCwd = joinPath(thread.cwd, path)
}

// res fd
function fchdir(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) !== 0) return
  const fd = event.fd
  if (fd !== undefined && fd.name !== '') thread.main.ownCwd = fd.name
}
