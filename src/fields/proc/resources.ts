import type { Event } from '../../event/event.ts'
import type { Thread } from '../../event/thread.ts'
import type { EventField } from '../field.ts'

/** What the process holds: descriptors, memory, threads, standard streams. */
export const resourceFields: readonly EventField[] = [
  number('proc.fdopencount', 'UINT64', 'Number of open descriptors.', openCount),
  number('proc.fdlimit', 'INT64', 'Number of descriptors that the process may have open.', (thread) => thread.main.fdLimit),
  {
    name: 'proc.fdusage',
    type: 'DOUBLE',
    help: 'Open descriptors, in percent of those that the process may have.',
    get: (e) => (e.thread === undefined ? undefined : usage(e.thread)),
  },
  number('proc.vmsize', 'UINT64', 'Virtual memory of the process, in kB.', (thread) => thread.vmSizeKb),
  number('proc.vmrss', 'UINT64', 'Resident memory of the process, in kB.', (thread) => thread.vmRssKb),
  number('proc.vmswap', 'UINT64', 'Swapped memory of the process, in kB.', (thread) => thread.vmSwapKb),
  number('proc.nthreads', 'UINT64', 'Number of living threads of the process.', (thread) => thread.threadCount),
  number('proc.nchilds', 'UINT64', 'Number of living threads of the process, without its main thread.', (thread) => thread.childCount),
  streamType('proc.stdin.type', 0, 'standard input'),
  streamType('proc.stdout.type', 1, 'standard output'),
  streamType('proc.stderr.type', 2, 'standard error'),
  streamName('proc.stdin.name', 0, 'standard input'),
  streamName('proc.stdout.name', 1, 'standard output'),
  streamName('proc.stderr.name', 2, 'standard error'),
]

function number(name: string, type: EventField['type'], help: string, read: (thread: Thread) => number): EventField {
  return { name, type, format: 'DEC', help, get: (event: Event) => (event.thread === undefined ? undefined : read(event.thread)) }
}

// Of a process that is not known, the descriptors of one thread are not counted as the process's.
function openCount(thread: Thread): number {
  return thread.pid < 0 ? 0 : thread.fds.size
}

function usage(thread: Thread): number {
  const limit = thread.main.fdLimit
  return limit <= 0 ? 0 : (openCount(thread) * 100) / limit
}

function streamType(name: string, num: number, what: string): EventField {
  const help = `What the process's ${what} refers to: file, pipe, unix ...; as fd.type shows it.`
  return { name, type: 'CHARBUF', help: help.replace(' ...', ''), get: (event) => event.thread?.fds.get(num)?.type }
}

function streamName(name: string, num: number, what: string): EventField {
  return {
    name,
    type: 'CHARBUF',
    help: `Name of the process's ${what}, as fd.name shows it.`,
    get: (event) => event.thread?.fds.get(num)?.name,
  }
}
