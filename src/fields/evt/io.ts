import type { Event } from '../../event/event.ts'
import type { Fd } from '../../event/fd.ts'
import type { EventField, FieldOptions } from '../field.ts'
import { bufferText } from '../shared/argument.ts'
import { infoOfKind, perKind } from '../shared/kinds.ts'
import { indexesOf, marksOf } from '../shared/params.ts'
import { resultOf } from '../shared/result.ts'

const buffers = indexesOf((param) => param.name === 'data' && param.type === 'BYTEBUF')
const reads = marksOf((event) => event.category === 'IO_READ')
const writes = marksOf((event) => event.category === 'IO_WRITE')
const ios = marksOf((event) => event.category.startsWith('IO_'))

const readsFromFd = (kind: number) => infoOfKind(kind).flags.has('READS_FROM_FD')
const writesToFd = (kind: number) => infoOfKind(kind).flags.has('WRITES_TO_FD')

/** Reading and writing. */
export function ioFields({ bufferFormat }: FieldOptions): readonly EventField[] {
  return [
    {
      name: 'evt.is_io',
      type: 'BOOL',
      help: 'Whether the event reads from a descriptor or writes to one.',
      ...perKind((kind) => readsFromFd(kind) || writesToFd(kind)),
    },
    { name: 'evt.is_io_read', type: 'BOOL', help: 'Whether the event reads from a descriptor.', ...perKind(readsFromFd) },
    { name: 'evt.is_io_write', type: 'BOOL', help: 'Whether the event writes to a descriptor.', ...perKind(writesToFd) },
    { name: 'evt.io_dir', type: 'CHARBUF', help: 'read or write for events that do so with a descriptor.', ...perKind(direction) },
    {
      name: 'evt.is_wait',
      type: 'BOOL',
      help: 'Whether the event makes the thread wait: sleeping, polling, selecting.',
      ...perKind((kind) => infoOfKind(kind).flags.has('WAITS')),
    },
    {
      name: 'evt.is_syslog',
      type: 'BOOL',
      help: 'Whether the event writes to the system log, /dev/log.',
      get: (e) => writesToFd(e.kind) && e.fd?.name.includes('/dev/log') === true,
      ofKind: (kind) => (writesToFd(kind) ? undefined : { value: false }),
    },
    {
      name: 'evt.buffer',
      type: 'BYTEBUF',
      flags: ['ptr_unstable'],
      help: 'The bytes that were read or written, as far as they were captured.',
      get: bufferOf,
      show: () => (e) => shownBuffer(bufferOf(e), bufferFormat),
    },
    length('evt.buflen', 'Number of bytes that were read or written.', () => true),
    hidden('evt.buflen.in', 'Number of bytes that were read.', (e) => reads[e.type] === 1),
    hidden('evt.buflen.out', 'Number of bytes that were written.', (e) => writes[e.type] === 1),
    hidden('evt.buflen.file', 'Number of bytes that were read from or written to a file.', (_, fd) => isFile(fd)),
    hidden('evt.buflen.file.in', 'Number of bytes that were read from a file.', (e, fd) => reads[e.type] === 1 && isFile(fd)),
    hidden('evt.buflen.file.out', 'Number of bytes that were written to a file.', (e, fd) => writes[e.type] === 1 && isFile(fd)),
    hidden('evt.buflen.net', 'Number of bytes that were received or sent.', (_, fd) => isNet(fd)),
    hidden('evt.buflen.net.in', 'Number of bytes that were received.', (e, fd) => reads[e.type] === 1 && isNet(fd)),
    hidden('evt.buflen.net.out', 'Number of bytes that were sent.', (e, fd) => writes[e.type] === 1 && isNet(fd)),
  ]
}

function direction(kind: number): string | undefined {
  if (readsFromFd(kind)) return 'read'
  return writesToFd(kind) ? 'write' : undefined
}

function bufferOf(event: Event): string | undefined {
  const index = buffers[event.type] ?? -1
  return index < 0 ? undefined : event.raw(index)
}

function shownBuffer(bytes: string | undefined, format: FieldOptions['bufferFormat']): string | undefined {
  return bytes === undefined ? undefined : bufferText(bytes, format)
}

function length(name: string, help: string, counts: (event: Event, fd: Fd) => boolean): EventField {
  const get = (event: Event): number | bigint | undefined => {
    const { fd } = event
    if (ios[event.type] !== 1 || fd === undefined || !counts(event, fd)) return undefined
    const result = resultOf(event)
    return result === undefined || result < 0 ? undefined : result
  }
  return {
    name,
    type: 'UINT64',
    format: 'DEC',
    help,
    get,
    ofKind: (kind) => (ios[infoOfKind(kind).code] === 1 ? undefined : { value: undefined }),
  }
}

function hidden(name: string, help: string, counts: (event: Event, fd: Fd) => boolean): EventField {
  return { ...length(name, help, counts), flags: ['hidden'] }
}

function isFile(fd: Fd): boolean {
  return fd.type === 'file' || fd.type === 'directory'
}

function isNet(fd: Fd): boolean {
  return fd.type === 'ipv4' || fd.type === 'ipv6'
}
