import type { Event } from '../../event/event.ts'
import type { State } from '../state.ts'
import type { Cgroups } from '../texts.ts'
import type { ThreadState } from '../thread.ts'

/** Changes the state as an event of one code tells. */
export type Change = (event: Event, thread: ThreadState, state: State) => void

/** Rows of a family: the event's name in the driver, and what it does. */
export type ChangeRows = readonly (readonly [id: string, change: Change])[]

/** PPM_AT_FDCWD: relative to the current directory. */
const atCwd = -100

/** A descriptor, process id or result of 8 (or fewer) bytes; a small integer wherever it fits. -1 where it is missing. */
export function readFd(event: Event, index: number): number {
  const offset = event.offsetOf(index)
  const length = event.lengthOf(index)
  const { view } = event
  if (length === 8) {
    const low = view.getInt32(offset, true)
    const high = view.getInt32(offset + 4, true)
    return low >> 31 === high ? low : event.int(index)
  }
  return length === 0 ? -1 : event.int(index)
}

/** An unsigned number of 8 bytes: a bigint only where it does not fit a number. */
export function readUint64(event: Event, index: number): number | bigint {
  const value = event.uint(index)
  return value <= Number.MAX_SAFE_INTEGER ? value : event.big(index)
}

/** The directory that a path given with `dirfd` is relative to. */
export function directoryOf(thread: ThreadState, dirfd: number): string {
  if (dirfd === atCwd) return thread.cwd
  return thread.fds.get(dirfd)?.name ?? '<UNKNOWN>'
}

/** Whether a text parameter is empty or says `known`. */
export function isText(event: Event, index: number, known: string): boolean {
  const length = event.lengthOf(index)
  if (length === 0) return true
  const { length: most } = known
  if (length !== most && length !== most + 1) return false
  const at = event.offsetOf(index)
  const { bytes } = event
  for (let i = 0; i < most; i++) if (bytes[at + i] !== known.charCodeAt(i)) return false
  return length === most || bytes[at + most] === 0
}

/** Whether the bytes of a parameter are these cgroups. */
export function areCgroups(event: Event, index: number, known: Cgroups): boolean {
  const { length } = known.text
  if (event.lengthOf(index) !== length) return false
  const at = event.offsetOf(index)
  const { doubles } = known
  const { bytes, view } = event
  // What differs does so at the end.
  for (let i = length - 1; i >= doubles.length * 8; i--) if (bytes[at + i] !== known.text.charCodeAt(i)) return false
  for (let i = doubles.length - 1; i >= 0; i--) if (view.getFloat64(at + i * 8, true) !== doubles[i]) return false
  return true
}
