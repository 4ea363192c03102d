import { Fault } from '../../base/fault.ts'
import { joinPath } from '../../base/path.ts'
import type { Event } from '../../event/event.ts'
import { codeOf, flagSets, type ParamInfo } from '../../schema/event.ts'
import type { EventField } from '../field.ts'
import { directoryOf } from '../shared/argument.ts'
import { infoOf, infoOfKind, ofOpened } from '../shared/kinds.ts'
import { marksOf, paramIndexes } from '../shared/params.ts'

const openNames: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'open_by_handle_at'])
const flagsAt = paramIndexes('flags')
const modeAt = paramIndexes('mode')
const opens = marksOf((event) => openNames.has(event.name) && (flagsAt[event.code] ?? -1) >= 0)
const creats = marksOf((event) => event.name === 'creat')

const bits = new Map(flagSets.get('file_flags')?.entries)
const read = bits.get('O_RDONLY') ?? 0
const write = bits.get('O_WRONLY') ?? 0
const created = bits.get('O_F_CREATED') ?? 0
const creates = (bits.get('O_CREAT') ?? 0) | (bits.get('O_TMPFILE') ?? 0)
const anyExecute = 0o111

/** How files are opened. */
export const openFields: readonly EventField[] = [
  opened('evt.is_open_read', 'Whether a file is opened for reading.', (e) => (flagsOf(e) & read) !== 0),
  opened('evt.is_open_write', 'Whether a file is opened for writing.', (e) => (flagsOf(e) & write) !== 0),
  {
    name: 'evt.is_open_exec',
    type: 'BOOL',
    help: 'Whether a file is made, by opening or creat, that someone may execute.',
    get: (e) => makesExecutable(e),
    ofKind: (kind) => (isOpen(kind) || creats[infoOfKind(kind).code] === 1 ? undefined : { value: false }),
    ...ofOpened,
  },
  opened('evt.is_open_create', 'Whether opening makes a file that was not there.', (e) => (flagsOf(e) & created) !== 0),
  {
    name: 'evt.abspath',
    type: 'CHARBUF',
    arg: { required: false, kind: 'either', dotted: new Set(['src', 'dst']) },
    help: 'Full path that a system call with a directory descriptor works on; with src or dst, where it has two paths.',
    get: (e) => pathOf(e, 0),
    at: (arg) => {
      if (arg !== 'src' && arg !== 'dst') throw new Fault('field-argument', `evt.abspath takes src or dst, not ${arg}`)
      const which = arg === 'src' ? 0 : 1
      return (e) => pathOf(e, which)
    },
  },
]

function opened(name: string, help: string, test: (event: Event) => boolean): EventField {
  const get = (event: Event) => opens[event.type] === 1 && test(event)
  return { name, type: 'BOOL', help, get, ofKind: (kind) => (isOpen(kind) ? undefined : { value: false }), ...ofOpened }
}

function isOpen(kind: number): boolean {
  return opens[infoOfKind(kind).code] === 1
}

function flagsOf(event: Event): number {
  return event.int(flagsAt[event.type] ?? 0)
}

function makesExecutable(event: Event): boolean {
  const isMade = opens[event.type] === 1 ? (flagsOf(event) & creates) !== 0 : creats[event.type] === 1
  const at = modeAt[event.type] ?? -1
  return isMade && at >= 0 && (event.uint(at) & anyExecute) !== 0
}

// Paths with a directory descriptor of their own, in the order of the parameters: the first is the source. Of open_by_handle_at
// it is the path that the driver found for the handle.
const relativePaths = new Map<number, readonly number[]>([[codeOf('SYSCALL_OPEN_BY_HANDLE_AT_X'), [3]]])

function pathOf(event: Event, which: number): string | undefined {
  const { params } = infoOf(event)
  let indexes = relativePaths.get(event.type)
  if (indexes === undefined) {
    indexes = params.flatMap((param, index) => (param.dirfdParam === undefined ? [] : [index]))
    relativePaths.set(event.type, indexes)
  }
  const index = indexes[which]
  if (index === undefined) return undefined
  const path = event.text(index)
  if (path === undefined) return undefined
  if (path.startsWith('/')) return joinPath('/', path)
  const dir = directoryOf(event, params[index] as ParamInfo)
  return dir === undefined ? `<UNKNOWN>/${path}` : joinPath(dir, path)
}
