import type { Event } from '../../event/event.ts'
import type { ThreadState } from '../thread.ts'
import { type Change, type ChangeRows, readFd } from './change.ts'

// An id of all ones leaves the id as it is.
const unchanged = 4_294_967_295

/** Ids and capabilities; the effective ids are the ones that count. */
export const userChanges: ChangeRows = [
  ['SYSCALL_SETUID_X', setUid(1)],
  ['SYSCALL_SETREUID_X', setUid(2)],
  ['SYSCALL_SETRESUID_X', setUid(2)],
  ['SYSCALL_SETGID_X', setGid(1)],
  ['SYSCALL_SETREGID_X', setGid(2)],
  ['SYSCALL_SETRESGID_X', setGid(2)],
  ['SYSCALL_CAPSET_X', capset],
]

function setUid(param: number): Change {
  return (event, thread) => {
    const uid = event.uint(param)
    if (readFd(event, 0) === 0 && uid !== unchanged) thread.uid = uid
  }
}

function setGid(param: number): Change {
  return (event, thread) => {
    const gid = event.uint(param)
    if (readFd(event, 0) === 0 && gid !== unchanged) thread.gid = gid
  }
}

// res inheritable permitted effective
function capset(event: Event, thread: ThreadState): void {
  if (readFd(event, 0) !== 0) return
  thread.ownCaps = { inheritable: event.big(1), permitted: event.big(2), effective: event.big(3) }
}
