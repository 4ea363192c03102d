import { joinPath } from '../../base/path.ts'
import type { Event } from '../../event/event.ts'
import { type FdState, openedFile, unresolvedFile } from '../fd.ts'
import { flag } from '../flags.ts'
import type { State } from '../state.ts'
import type { ThreadState } from '../thread.ts'
import { type Change, type ChangeRows, directoryOf, readFd, readUint64 } from './change.ts'

const slash = 47
// What stands for a name that the driver could not read.
const missing = '<NA>'

export const fileChanges: ChangeRows = [
  ['SYSCALL_OPEN_E', enterAtFirst],
  ['SYSCALL_CREAT_E', enterAtFirst],
  ['SYSCALL_OPENAT_2_E', enterAtSecond],
  ['SYSCALL_OPENAT2_E', enterAtSecond],
  // fd name flags mode dev ino
  ['SYSCALL_OPEN_X', opens({ dirfd: -1, name: 1, flags: flagsAt(2), dev: 4, ino: 5, last: 5 })],
  // fd dirfd name flags mode dev ino
  ['SYSCALL_OPENAT_2_X', opens({ dirfd: 1, name: 2, flags: flagsAt(3), dev: 5, ino: 6, last: 6 })],
  // fd dirfd name flags mode resolve dev ino
  ['SYSCALL_OPENAT2_X', opens({ dirfd: 1, name: 2, flags: flagsAt(3), dev: 6, ino: 7, last: 7 })],
  // fd name mode dev ino creat_flags
  ['SYSCALL_CREAT_X', opens({ dirfd: -1, name: 1, flags: creatFlags, dev: 3, ino: 4, last: 5 })],
  ['SYSCALL_OPEN_BY_HANDLE_AT_X', openByHandle],
  ['SYSCALL_CHDIR_X', chdir],
  ['SYSCALL_FCHDIR_X', fchdir],
]

// name ...
function enterAtFirst(event: Event, thread: ThreadState, state: State): void {
  thread.asked = state.memory.isFull ? undefined : event.text(0)
}

// dirfd name ...
function enterAtSecond(event: Event, thread: ThreadState, state: State): void {
  thread.asked = state.memory.isFull ? undefined : event.text(1)
}

// The name as it was when the call began, where a recording tells it: by its end, another thread may have changed it.
function takeAsked(thread: ThreadState): string | undefined {
  const { asked } = thread
  thread.asked = undefined
  return asked === missing ? undefined : asked
}

/** Where the parameters of a call are that opens a file; the key of what it opens goes from the name to the last one. */
interface OpenLayout {
  /** -1 for the current directory. */
  readonly dirfd: number
  readonly name: number
  /** Reads the flags in the encoding of open. */
  readonly flags: (event: Event) => number
  readonly dev: number
  readonly ino: number
  readonly last: number
}

function opens(layout: OpenLayout): Change {
  const { name: nameAt, last } = layout
  return (event, thread, state) => {
    const num = readFd(event, 0)
    const asked = takeAsked(thread)
    if (asked !== undefined || event.paramCount <= last) return openUncached(event, thread, state, layout, num, asked)
    const nameOffset = event.offsetOf(nameAt)
    const end = event.offsetOf(last) + event.lengthOf(last)
    let known = state.opens.find(event, nameOffset, end, Math.min(num, 0))
    if (known !== undefined && event.bytes[nameOffset] !== slash)
      known = ofDirectory(directoryAt(event, thread, layout), known, event, state)
    if (known !== undefined) {
      event.subject = state.opens.subject
      event.opened = known
      if (num < 0) return
      event.fdNameChanged = true
      state.shareFd(event, thread, num, known)
      return
    }
    const made = num < 0 ? failedFile(event, thread, layout) : fileOf(event, thread, layout, event.text(nameAt) ?? missing)
    if (made === undefined) return
    state.opens.keep(event, made)
    event.subject = state.opens.subject
    finishOpen(event, thread, state, num, made)
  }
}

// Two may be remembered that differ in nothing but the directory.
function ofDirectory(dir: string, known: FdState, event: Event, state: State): FdState | undefined {
  if (known.dir === dir) return known
  const other = state.opens.findOther(event)
  return other?.dir === dir ? other : undefined
}

function finishOpen(event: Event, thread: ThreadState, state: State, num: number, fd: FdState): void {
  event.opened = fd
  if (num < 0) return
  event.fdNameChanged = true
  state.setFd(event, thread, num, fd)
}

function openUncached(event: Event, thread: ThreadState, state: State, layout: OpenLayout, num: number, asked: string | undefined): void {
  if (num >= 0) finishOpen(event, thread, state, num, fileOf(event, thread, layout, asked ?? event.text(layout.name) ?? missing))
}

function fileOf(event: Event, thread: ThreadState, layout: OpenLayout, name: string): FdState {
  const dir = name.charCodeAt(0) === slash ? '' : directoryAt(event, thread, layout)
  const flags = layout.flags(event)
  return openedFile(typeOf(flags), dir, name, flags, event.uint(layout.dev), readUint64(event, layout.ino))
}

// What could not be opened is looked at too.
function failedFile(event: Event, thread: ThreadState, layout: OpenLayout): FdState | undefined {
  const name = event.text(layout.name)
  if (name === undefined) return undefined
  if (name.charCodeAt(0) === slash) return openedFile('file', '', name, 0, 0, 0)
  const dir = directoryAt(event, thread, layout)
  return dir === '' ? unresolvedFile(name) : openedFile('file', dir, name, 0, 0, 0)
}

function directoryAt(event: Event, thread: ThreadState, { dirfd }: OpenLayout): string {
  return dirfd < 0 ? thread.cwd : directoryOf(thread, readFd(event, dirfd))
}

function typeOf(flags: number): 'directory' | 'file' {
  return (flags & flag.O_DIRECTORY) !== 0 ? 'directory' : 'file'
}

function flagsAt(param: number): (event: Event) => number {
  return (event) => event.uint(param)
}

function creatFlags(event: Event): number {
  const layers = event.uint(5)
  let flags: number = flag.O_CREAT | flag.O_WRONLY | flag.O_TRUNC
  if (layers & flag.FD_UPPER_LAYER_CREAT) flags |= flag.FD_UPPER_LAYER
  if (layers & flag.FD_LOWER_LAYER_CREAT) flags |= flag.FD_LOWER_LAYER
  return flags
}

// fd mountfd flags path dev ino; the driver tells the full path
function openByHandle(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const flags = event.uint(2)
  const fd = openedFile(typeOf(flags), thread.cwd, event.text(3) ?? missing, flags, event.uint(4), readUint64(event, 5))
  event.fdNameChanged = true
  state.setFd(event, thread, num, fd)
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
