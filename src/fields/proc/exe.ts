import { canonical } from '../../condition/literals.ts'
import type { Event } from '../../event/event.ts'
import type { Thread } from '../../event/thread.ts'
import type { EventField } from '../field.ts'
import { parentOf } from '../shared/threads.ts'

/** Ages of processes, and their executables. */
export const exeFields: readonly EventField[] = [
  time('proc.duration', 'RELTIME', 'Nanoseconds since the process was started.', (thread, event) => thread.age(event.tsLow, event.tsHigh)),
  {
    name: 'proc.ppid.duration',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Nanoseconds since the parent process was started; what Falco shows where that is not known, the number of open descriptors.',
    get: parentDuration,
  },
  time('proc.pid.ts', 'RELTIME', 'When the process was started, in nanoseconds since the epoch.', (thread) => nonZero(thread.cloneTs)),
  {
    name: 'proc.ppid.ts',
    type: 'RELTIME',
    format: 'DEC',
    help: 'When the parent process was started, in nanoseconds since the epoch; 0 where that is not known.',
    get: (e) => {
      const parent = parentOf(e)
      return parent === undefined ? undefined : canonical(parent.cloneTs)
    },
  },
  flag('proc.is_exe_writable', 'Whether the user who runs the executable may write to it.', (thread) => thread.isExeWritable),
  flag(
    'proc.is_exe_upper_layer',
    'Whether the executable is in the upper layer of an overlay file system: not part of the image.',
    (thread) => thread.isExeUpperLayer,
  ),
  flag(
    'proc.is_exe_lower_layer',
    'Whether the executable is in the lower layer of an overlay file system: part of the image.',
    (thread) => thread.isExeLowerLayer,
  ),
  flag('proc.is_exe_from_memfd', 'Whether the executable is in memory only, made with memfd_create.', (thread) => thread.isExeFromMemfd),
  {
    name: 'proc.exe_ino',
    type: 'INT64',
    format: 'DEC',
    help: 'Inode number of the executable.',
    get: (e) => (e.thread === undefined || Number(e.thread.exeIno) === 0 ? undefined : e.thread.exeIno),
  },
  time('proc.exe_ino.ctime', 'ABSTIME', "When the executable's inode was last changed, in nanoseconds since the epoch.", (thread) =>
    nonZero(thread.exeCtime),
  ),
  time('proc.exe_ino.mtime', 'ABSTIME', "When the executable's content was last changed, in nanoseconds since the epoch.", (thread) =>
    nonZero(thread.exeMtime),
  ),
  time(
    'proc.exe_ino.ctime_duration_proc_start',
    'ABSTIME',
    "Nanoseconds from the last change of the executable's inode to the start of the process.",
    (thread) => (thread.exeCtime === 0n ? undefined : span(thread.cloneTs, thread.exeCtime)),
  ),
  time(
    'proc.exe_ino.ctime_duration_pidns_start',
    'ABSTIME',
    "Nanoseconds from the start of the pid namespace to the last change of the executable's inode, if it came after.",
    (thread) => (thread.exeCtime === 0n ? undefined : span(thread.exeCtime, thread.pidnsInitStartTs)),
  ),
  time(
    'proc.pidns_init_start_ts',
    'UINT64',
    'When the pid namespace of the process was started, in nanoseconds since the epoch.',
    (thread) => nonZero(thread.pidnsInitStartTs),
  ),
]

function time(
  name: string,
  type: EventField['type'],
  help: string,
  read: (thread: Thread, event: Event) => number | bigint | undefined,
): EventField {
  return { name, type, format: 'DEC', help, get: (event) => (event.thread === undefined ? undefined : read(event.thread, event)) }
}

function flag(name: string, help: string, read: (thread: Thread) => boolean): EventField {
  return { name, type: 'BOOL', help, get: (event) => (event.thread === undefined ? undefined : read(event.thread)) }
}

function nonZero(ns: bigint): number | bigint | undefined {
  return ns === 0n ? undefined : canonical(ns)
}

function span(to: bigint, from: bigint): number | bigint | undefined {
  return from === 0n || to < from ? undefined : canonical(to - from)
}

function parentDuration(event: Event): number | bigint | undefined {
  const parent = parentOf(event)
  if (parent === undefined) return undefined
  return parent.cloneTs === 0n ? event.thread?.fds.size : parent.age(event.tsLow, event.tsHigh)
}
