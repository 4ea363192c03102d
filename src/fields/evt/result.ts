import { errnoName } from '../../base/errno.ts'
import type { Event } from '../../event/event.ts'
import { codeOf } from '../../schema/event.ts'
import type { EventField } from '../field.ts'
import { infoOf, infoOfKind, ofOpened, perKind } from '../shared/kinds.ts'
import { marksOf } from '../shared/params.ts'
import { hasResult, isPidResult, resultOf } from '../shared/result.ts'

const procInfo = codeOf('PROCINFO_E')

const withoutResult = (kind: number) => (hasResult(infoOfKind(kind).code) ? undefined : { value: undefined })

/** What came of the event, and counters that add up to numbers of events of a sort. */
export const resultFields: readonly EventField[] = [
  {
    name: 'evt.res',
    type: 'CHARBUF',
    format: 'DEC',
    flags: ['ptr_unstable'],
    help: 'SUCCESS, or the name of the error that the system call returned, such as ENOENT.',
    get: resultText,
    ofKind: withoutResult,
    ...ofOpened,
  },
  {
    name: 'evt.rawres',
    type: 'INT64',
    format: 'DEC',
    help: 'What the system call returned: an error is a negative number.',
    get: resultOf,
    ofKind: withoutResult,
  },
  {
    name: 'evt.failed',
    type: 'BOOL',
    help: 'Whether the system call returned an error.',
    get: isFailed,
    ofKind: withoutResult,
    ...ofOpened,
  },
  { name: 'evt.count', type: 'UINT32', format: 'DEC', help: 'Number 1, so that sums count events.', ...perKind(() => 1) },
  counter('evt.count.error', 'Number 1 for events that returned an error, 0 for those that did not.', () => true),
  counter('evt.count.error.file', 'The same, for work on files only.', isFile),
  counter('evt.count.error.net', 'The same, for work on sockets only.', isNet),
  counter('evt.count.error.memory', 'The same, for work on memory only.', isMemory),
  counter(
    'evt.count.error.other',
    'The same, for what has to do with neither files nor sockets nor memory.',
    (event) => !isFile(event) && !isNet(event) && !isMemory(event),
  ),
  {
    name: 'evt.count.exit',
    type: 'UINT32',
    format: 'DEC',
    help: 'Number 1 for ends of system calls.',
    ...perKind((kind) => (infoOfKind(kind).isEnter ? undefined : 1)),
  },
  {
    name: 'evt.count.procinfo',
    type: 'UINT32',
    format: 'DEC',
    flags: ['hidden'],
    help: 'Number 1 for the events that tell of a process which was there before, 0 for all others.',
    get: (e) => (e.kind === procInfo && e.thread?.isMain === true ? 1 : 0),
    ofKind: exceptProcInfo,
  },
  {
    name: 'evt.count.threadinfo',
    type: 'UINT32',
    format: 'DEC',
    flags: ['hidden'],
    help: 'Number 1 for the events that tell of a thread which was there before, 0 for all others.',
    get: (e) => (e.kind === procInfo ? 1 : 0),
    ofKind: exceptProcInfo,
  },
]

function resultText(event: Event): string | undefined {
  const result = resultOf(event)
  if (result === undefined) return undefined
  if (result >= 0) return 'SUCCESS'
  return (isPidResult(event.type) ? undefined : errnoName(-Number(result))) ?? String(result)
}

function isFailed(event: Event): boolean | undefined {
  const result = resultOf(event)
  return result === undefined ? undefined : result < 0
}

function counter(name: string, help: string, counts: (event: Event) => boolean): EventField {
  const get = (event: Event): number | undefined => {
    const result = resultOf(event)
    if (result === undefined || !counts(event)) return undefined
    return result < 0 ? 1 : 0
  }
  return { name, type: 'UINT32', format: 'DEC', help, get, ofKind: withoutResult }
}

const opens = marksOf((event) => event.category === 'FILE' && event.flags.has('CREATES_FD'))

function isFile(event: Event): boolean {
  if (opens[event.type] === 1) return true
  const type = event.fd?.type
  return type === 'file' || type === 'directory'
}

function isNet(event: Event): boolean {
  if (infoOf(event).category === 'NET') return true
  const type = event.fd?.type
  return type === 'ipv4' || type === 'ipv6' || type === 'unix'
}

function isMemory(event: Event): boolean {
  return infoOf(event).category === 'MEMORY'
}

function exceptProcInfo(kind: number): { value: number } | undefined {
  return kind === procInfo ? undefined : { value: 0 }
}
