import { joinPath } from '../base/path.ts'
import type { Event } from '../event/event.ts'
import { eventCodes, events, type ParamInfo } from '../schema/event.ts'
import type { EventField, FieldClass } from './field.ts'
import { fullPath } from './shared/argument.ts'
import { infoOf, infoOfKind, ofOpened } from './shared/kinds.ts'
import { resultOf } from './shared/result.ts'

// Which parameter of which event is the path that it works on. `fd` stands for the name of the event's descriptor.
const names = `
mkdir=path mkdirat=path rmdir=path unlink=path unlinkat=name open=name openat=name openat2=name open_by_handle_at=path creat=name
chmod=filename fchmodat=filename fchmod=fd chown=path lchown=path fchownat=pathname fchown=fd quotactl=special umount=name umount2=name
`
// Of events with two paths: what is made, and what it is made from. A link's new name is its source, as Falco has it.
const sources =
  'rename=oldpath renameat=oldpath renameat2=oldpath link=newpath linkat=newpath symlink=linkpath symlinkat=linkpath mount=dev'
const targets = 'rename=newpath renameat=newpath renameat2=newpath link=oldpath linkat=oldpath symlink=target symlinkat=target mount=dir'

const ofFd = 100

const fields: readonly EventField[] = [
  path('fs.path.name', names, false, 'Full path that a successful system call worked on.'),
  path('fs.path.nameraw', names, true, 'The same path as the program wrote it.'),
  path('fs.path.source', sources, false, 'Full path of the source, for system calls with two paths: renaming, linking, mounting.'),
  path('fs.path.sourceraw', sources, true, 'The same path as the program wrote it.'),
  path('fs.path.target', targets, false, 'Full path of the target, for system calls with two paths: renaming, linking, mounting.'),
  path('fs.path.targetraw', targets, true, 'The same path as the program wrote it.'),
]

/** `fs.path`: the paths that system calls work on. */
export const fsClass: FieldClass = { name: 'fs.path', description: 'Paths that system calls on files work on.', fields }

function path(name: string, rows: string, isRaw: boolean, help: string): EventField {
  const indexes = indexesByEvent(rows)
  const get = (event: Event): string | undefined => {
    const index = indexes[event.type] ?? -1
    if (index < 0 || (resultOf(event) ?? 0) < 0) return undefined
    if (index === ofFd) return event.fd?.name
    const text = event.text(index)
    return isRaw || text === undefined ? text : cleanFullPath(event, index, text)
  }
  const ofKind = (kind: number) => ((indexes[infoOfKind(kind).code] ?? -1) < 0 ? { value: undefined } : undefined)
  return { name, type: 'CHARBUF', help, get, ofKind, ...ofOpened }
}

function indexesByEvent(rows: string): Int8Array {
  const paramOf = new Map(
    rows
      .trim()
      .split(/\s+/)
      .map((row) => row.split('=') as [string, string]),
  )
  const indexes = new Int8Array(eventCodes).fill(-1)
  for (const event of events) {
    const param = paramOf.get(event.name)
    if (param !== undefined) indexes[event.code] = param === 'fd' ? ofFd : event.params.findIndex((known) => known.name === param)
  }
  return indexes
}

function cleanFullPath(event: Event, index: number, text: string): string {
  if (text.startsWith('/')) return joinPath('/', text)
  return fullPath(event, index, text, infoOf(event).params[index] as ParamInfo) ?? text
}
