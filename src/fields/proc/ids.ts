import type { Event } from '../../event/event.ts'
import type { Thread } from '../../event/thread.ts'
import { flagSets } from '../../schema/event.ts'
import type { EventField } from '../field.ts'
import { maxAncestors, notNegative, ofAncestors, parentOf, shownPid } from '../shared/threads.ts'
import { atLevel } from './names.ts'

/** Numbers of the process, its ancestors and the leaders of its groups. */
export const idFields: readonly EventField[] = [
  {
    name: 'proc.tty',
    type: 'UINT32',
    format: 'ID',
    help: 'Device number of the controlling terminal, 0 for none.',
    get: (e) => e.thread?.tty,
  },
  id('proc.pid', 'Process id.', (e) => shownPid(e.thread?.pid)),
  id('proc.ppid', 'Process id of the parent.', (e) => shownPid(parentOf(e)?.pid)),
  {
    name: 'proc.apid',
    type: 'INT64',
    format: 'ID',
    flags: ['no_rhs', 'no_transformer'],
    arg: { required: false, kind: 'index' },
    isAny: true,
    help: 'Process id of an ancestor, by its generation (0 for the process itself, 1 for its parent); conditions without one look for any ancestor.',
    get: (e) => ofAncestors(e, (thread) => thread.pid),
    at: pidAt,
    show: (arg) => (arg === undefined ? (e) => notNegative(shownPid(e.thread?.pid)) : pidAt(arg)),
  },
  id('proc.vpid', 'Process id in its own pid namespace.', (e) => notNegative(e.thread?.vpid)),
  id('proc.pvpid', 'Process id of the parent in its own pid namespace.', (e) => notNegative(parentOf(e)?.vpid)),
  id('proc.sid', 'Session id.', (e) => e.thread?.sid),
  leader('proc.sname', "Name of the session's leader.", 'sid', (thread) => thread.comm),
  leader('proc.sid.exe', "First word of the command line of the session's leader.", 'sid', (thread) => thread.exe),
  leader('proc.sid.exepath', "Full path of the executable of the session's leader.", 'sid', (thread) => thread.exepath),
  id('proc.vpgid', 'Process group id in its own pid namespace.', (e) => e.thread?.vpgid),
  leader('proc.vpgid.name', "Name of the process group's leader.", 'vpgid', (thread) => thread.comm),
  leader('proc.vpgid.exe', "First word of the command line of the process group's leader.", 'vpgid', (thread) => thread.exe),
  leader('proc.vpgid.exepath', "Full path of the executable of the process group's leader.", 'vpgid', (thread) => thread.exepath),
  id('proc.pgid', 'Process group id in the pid namespace of the host.', (e) => e.thread?.pgid),
  leader('proc.pgid.name', 'Name of the leader of the process group, found by its id on the host.', 'pgid', (thread) => thread.comm),
  leader(
    'proc.pgid.exe',
    'First word of the command line of the leader of the process group, found by its id on the host.',
    'pgid',
    (thread) => thread.exe,
  ),
  leader(
    'proc.pgid.exepath',
    'Full path of the executable of the leader of the process group, found by its id on the host.',
    'pgid',
    (thread) => thread.exepath,
  ),
  leads('proc.is_sid_leader', 'Whether the process leads its session.', (thread) => thread.sid === thread.vpid),
  leads(
    'proc.is_vpgid_leader',
    'Whether the process leads its process group, by the ids of its own pid namespace.',
    (thread) => thread.vpgid === thread.vpid,
  ),
  leads(
    'proc.is_pgid_leader',
    'Whether the process leads its process group, by the ids of the host.',
    (thread) => thread.pgid === thread.pid,
  ),
]

function id(name: string, help: string, get: (event: Event) => number | undefined): EventField {
  return { name, type: 'INT64', format: 'ID', help, get }
}

function leads(name: string, help: string, test: (thread: Thread) => boolean): EventField {
  return { name, type: 'BOOL', help, get: (event) => (event.thread === undefined ? undefined : test(event.thread)) }
}

function pidAt(arg: string): NonNullable<EventField['get']> {
  return atLevel('proc.apid', arg, (thread) => notNegative(shownPid(thread.pid)))
}

type GroupId = 'sid' | 'vpgid' | 'pgid'

function leader(name: string, help: string, group: GroupId, read: (thread: Thread) => string): EventField {
  const get = (event: Event) => {
    if (event.thread === undefined) return undefined
    const found = leaderOf(event.thread, group)
    return found === undefined ? '' : read(found)
  }
  return { name, type: 'CHARBUF', help, get }
}

const childInPidns = new Map(flagSets.get('clone_flags')?.entries).get('CLONE_CHILD_IN_PIDNS') ?? 0

// Ids of a process in a pid namespace say nothing about the host's processes: there the leader is the oldest ancestor with the same id.
function leaderOf(thread: Thread, group: GroupId): Thread | undefined {
  const number = thread[group]
  if (number < 0) return undefined
  const isInPidns = thread.tid !== thread.vtid || (thread.flags & childInPidns) !== 0
  if (isInPidns && group !== 'pgid') return oldestInGroup(thread, group)
  return thread.lookup(number) ?? oldestInGroup(thread, group)
}

function oldestInGroup(thread: Thread, group: GroupId): Thread | undefined {
  const number = thread[group]
  let oldest: Thread | undefined
  let next = thread.parent
  for (let i = 0; i < maxAncestors && next !== undefined && next[group] === number; i++) {
    oldest = next
    next = next.parent
  }
  return oldest
}
