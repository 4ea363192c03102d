import { Fault } from '../../base/fault.ts'
import { toByteString } from '../../base/text.ts'
import { codeOf, eventCodes, events, genericExit, syscalls } from '../../schema/event.ts'
import type { EventField, FieldOptions } from '../field.ts'
import { type infoOf, infoOfKind, kindNames, perKind } from '../shared/kinds.ts'
import { paramIndexes } from '../shared/params.ts'

const asyncEvent = codeOf('ASYNCEVENT_E')
const asyncName = paramIndexes('name')[asyncEvent] ?? 0
const typeNames: ReadonlySet<string> = new Set([...events, ...syscalls].map((known) => known.name))

const isSyscall = (kind: number) => infoOfKind(kind).categoryFlags.has('SYSCALL')

/** Fields that say which event it is. */
export function identityFields({ hostname }: FieldOptions): readonly EventField[] {
  const host = hostname === '' ? undefined : toByteString(hostname)
  return [
    { name: 'evt.num', type: 'UINT64', format: 'ID', help: 'Number of the event in its source, counted from 1.', get: (e) => e.num },
    { name: 'evt.dir', type: 'CHARBUF', format: 'DIR', flags: ['deprecated'], help: dirHelp, ...perKind(direction) },
    { name: 'evt.type', type: 'CHARBUF', help: typeHelp, accepts: (name) => typeNames.has(name), ...perKind((kind) => kindNames[kind]) },
    {
      name: 'evt.type.is',
      type: 'UINT32',
      arg: { required: true, kind: 'key' },
      help: 'Number 1 for events of the type that the argument names (by name or by number), 0 for all others.',
      at: typeIs,
    },
    {
      name: 'syscall.type',
      type: 'CHARBUF',
      help: 'Name of the system call; events that are no system calls have none.',
      ...perKind((kind) => (isSyscall(kind) ? kindNames[kind] : undefined)),
    },
    { name: 'evt.category', type: 'CHARBUF', help: categoryHelp, get: category, ofKind: constantCategory },
    { name: 'evt.cpu', type: 'INT16', format: 'ID', help: 'Number of the processor that the event happened on.', get: (e) => e.cpu },
    { name: 'evt.source', type: 'CHARBUF', help: 'Name of the source that the event came from.', ...perKind(() => 'syscall') },
    {
      name: 'evt.is_async',
      type: 'BOOL',
      help: 'Whether the event was injected by the agent or a plugin of it, rather than captured.',
      ...perKind((kind) => infoOfKind(kind).categoryFlags.has('METAEVENT')),
    },
    {
      name: 'evt.asynctype',
      type: 'CHARBUF',
      help: 'Name that an injected event gives itself.',
      get: (e) => (e.kind === asyncEvent ? e.text(asyncName) : undefined),
      ofKind: (kind) => (kind === asyncEvent ? undefined : { value: undefined }),
    },
    { name: 'evt.pluginname', type: 'CHARBUF', help: 'Name of the plugin whose source the event is of.', ...perKind(() => undefined) },
    { name: 'evt.plugininfo', type: 'CHARBUF', help: 'Summary of an event of a plugin, by the plugin.', ...perKind(() => undefined) },
    { name: 'evt.hostname', type: 'CHARBUF', help: 'Name of the host; FALCO_HOSTNAME in the environment replaces it.', get: () => host },
  ]
}

const typeHelp = 'Name of the event, for system calls the name of the call: openat, execve, connect.'
const dirHelp = 'Direction: < for the end of a system call, > for events that are no such end.'
const categoryHelp =
  'Kind of work: file, net, IPC, memory, process, sleep, system, signal, user, time, wait, scheduler, internal, other; reads and writes go by their descriptor.'

function direction(kind: number): string {
  return infoOfKind(kind).isEnter ? '>' : '<'
}

function typeIs(arg: string): NonNullable<EventField['get']> {
  const code = Number(arg)
  if (Number.isInteger(code) && arg !== '') return (e) => (e.type === code ? 1 : 0)
  if (!typeNames.has(arg)) throw new Fault('field-argument', `no event has the type ${arg}`, { hint: 'eyas --list-events shows all types' })
  return (e) => (kindNames[e.kind] === arg ? 1 : 0)
}

type Base = 'IO_READ' | 'IO_WRITE' | 'IO_OTHER'
const ioBases: ReadonlySet<string> = new Set<Base>(['IO_READ', 'IO_WRITE', 'IO_OTHER'])
// Upper case is what Falco shows for it.
const baseNames: Readonly<Record<string, string>> = { IPC: 'IPC' }
const flagNames = ['WAIT', 'SCHEDULER', 'INTERNAL']

const categories: readonly (string | undefined)[] = Array.from({ length: eventCodes }, (_, kind) => categoryOf(kind))

function categoryOf(kind: number): string | undefined {
  const { category, categoryFlags } = infoOfKind(kind)
  if (ioBases.has(category)) return undefined
  if (category !== 'UNKNOWN') return baseNames[category] ?? category.toLowerCase()
  return flagNames.find((flag) => categoryFlags.has(flag))?.toLowerCase() ?? 'unknown'
}

const ioCategories: Readonly<Record<string, string>> = {
  file: 'file',
  directory: 'file',
  ipv4: 'net',
  ipv6: 'net',
  pipe: 'ipc',
  unix: 'ipc',
  event: 'ipc',
  signalfd: 'ipc',
  inotify: 'ipc',
}

function category(event: Parameters<typeof infoOf>[0]): string {
  const known = categories[event.type]
  if (known !== undefined) return known
  return event.fd === undefined ? 'unknown' : (ioCategories[event.fd.type] ?? 'unknown')
}

function constantCategory(kind: number): { value: string } | undefined {
  const value = categories[kind >= eventCodes ? genericExit : kind]
  return value === undefined ? undefined : { value }
}
