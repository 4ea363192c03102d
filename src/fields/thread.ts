import type { Event } from '../event/event.ts'
import type { Thread } from '../event/thread.ts'
import { cgroupSubsystems } from '../schema/cgroups.ts'
import type { EventField } from './field.ts'
import { capabilitiesText } from './shared/names.ts'
import { notNegative, shownPid } from './shared/threads.ts'

const bytesPerKb = 1024

/** Fields of the thread itself, rather than of its process. */
export const threadFields: readonly EventField[] = [
  capabilities('thread.cap_permitted', 'Capabilities that the thread may use, by name.', (thread) => thread.capPermitted),
  capabilities(
    'thread.cap_inheritable',
    'Capabilities that the thread can hand on to programs that it runs, by name.',
    (thread) => thread.capInheritable,
  ),
  capabilities('thread.cap_effective', 'Capabilities that the thread uses, by name.', (thread) => thread.capEffective),
  count('thread.pfmajor', 'Page faults of the thread that had to wait for the disk.', (thread) => thread.pfMajor),
  count('thread.pfminor', 'Page faults of the thread that did not wait for the disk.', (thread) => thread.pfMinor),
  { name: 'thread.tid', type: 'INT64', format: 'ID', help: 'Thread id.', get: (e) => shownPid(e.tid) },
  { name: 'thread.ismain', type: 'BOOL', help: 'Whether the thread is the main thread of its process.', get: (e) => e.thread?.isMain },
  {
    name: 'thread.vtid',
    type: 'INT64',
    format: 'ID',
    help: 'Thread id in its own pid namespace.',
    get: (e) => notNegative(e.thread?.vtid),
  },
  {
    name: 'thread.nametid',
    type: 'CHARBUF',
    flags: ['hidden'],
    help: 'Name of the process and thread id in one text, as an identifier.',
    get: (e) => (e.thread === undefined ? undefined : `${e.thread.comm}${e.tid}`),
  },
  {
    name: 'thread.exectime',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Nanoseconds of processor time of the thread that ran last; not measured, 0.',
    get: () => 0,
  },
  {
    name: 'thread.totexectime',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Nanoseconds of processor time of the thread since the start of the capture; not measured, 0.',
    get: (e) => (e.thread === undefined ? undefined : 0),
  },
  {
    name: 'thread.cgroups',
    type: 'CHARBUF',
    help: 'Control groups of the thread as subsystem=path texts with blanks between.',
    get: (e) => e.thread?.cgroups.join(' ') || undefined,
  },
  {
    name: 'thread.cgroup',
    type: 'CHARBUF',
    arg: {
      required: true,
      kind: 'either',
      dotted: new Set<string>(cgroupSubsystems),
    },
    help: 'Control group of the thread in the subsystem that the argument names.',
    at: (subsystem) => {
      const start = `${subsystem}=`
      return (e) => e.thread?.cgroups.find((cgroup) => cgroup.startsWith(start))?.slice(start.length)
    },
  },
  unmeasured('thread.cpu', 'Share of a processor that the thread used in the last second, in percent; not measured.'),
  unmeasured('thread.cpu.user', 'The same, outside of the kernel; not measured.'),
  unmeasured('thread.cpu.system', 'The same, in the kernel; not measured.'),
  count('thread.vmsize', 'Virtual memory of the process in kB for a main thread, 0 for others.', (thread) =>
    ofMain(thread, thread.vmSizeKb),
  ),
  count('thread.vmrss', 'Resident memory of the process in kB for a main thread, 0 for others.', (thread) =>
    ofMain(thread, thread.vmRssKb),
  ),
  {
    ...count(
      'thread.vmsize.b',
      'Virtual memory of the process in bytes for a main thread, 0 for others.',
      (thread) => ofMain(thread, thread.vmSizeKb) * bytesPerKb,
    ),
    flags: ['hidden'],
  },
  {
    ...count(
      'thread.vmrss.b',
      'Resident memory of the process in bytes for a main thread, 0 for others.',
      (thread) => ofMain(thread, thread.vmRssKb) * bytesPerKb,
    ),
    flags: ['hidden'],
  },
]

function capabilities(name: string, help: string, read: (thread: Thread) => bigint): EventField {
  return {
    name,
    type: 'CHARBUF',
    help,
    get: (event: Event) => (event.thread === undefined ? undefined : capabilitiesText(read(event.thread))),
  }
}

function count(name: string, help: string, read: (thread: Thread) => number): EventField {
  return { name, type: 'UINT64', format: 'DEC', help, get: (event: Event) => (event.thread === undefined ? undefined : read(event.thread)) }
}

function unmeasured(name: string, help: string): EventField {
  return { name, type: 'DOUBLE', help, get: () => undefined, ofKind: () => ({ value: undefined }) }
}

function ofMain(thread: Thread, value: number): number {
  return thread.isMain ? value : 0
}
