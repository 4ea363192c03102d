import { Fault } from '../../base/fault.ts'
import { basename, cleanPath, dirname } from '../../base/path.ts'
import type { Event } from '../../event/event.ts'
import type { Fd } from '../../event/fd.ts'
import { events, flagSets, type ParamInfo } from '../../schema/event.ts'
import type { EventField, FieldClass, FieldOptions } from '../field.ts'
import { absolutePath, isDirectoryKnown, missing, shownName } from '../shared/argument.ts'
import { infoOf, ofOpened } from '../shared/kinds.ts'
import { typeChar } from '../shared/names.ts'
import { marksOf, paramIndexes } from '../shared/params.ts'
import { resultOf } from '../shared/result.ts'
import { domainFields, socketFields } from './socket.ts'

const openNames: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat'])
const makesFd = marksOf((event) => event.flags.has('CREATES_FD'))
const openedPaths = paramIndexes('name').map((index, code) => (openNames.has(events[code]?.name ?? '') ? index : -1))

const bits = new Map(flagSets.get('file_flags')?.entries)
const upperLayer = bits.get('FD_UPPER_LAYER') ?? 0
const lowerLayer = bits.get('FD_LOWER_LAYER') ?? 0

const nameFields: readonly EventField[] = [
  { name: 'fd.num', type: 'INT64', format: 'ID', help: 'Number of the descriptor.', get: numOf },
  {
    name: 'fd.type',
    type: 'CHARBUF',
    format: 'DEC',
    help: 'What the descriptor refers to: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, inotify, timerfd, memfd, bpf, pidfd.',
    get: (e) => typeOf(e.fd),
    ...ofOpened,
  },
  {
    name: 'fd.typechar',
    type: 'CHARBUF',
    format: 'DEC',
    help: 'What the descriptor refers to, as a letter: f file, d directory, 4 and 6 sockets, u unix socket, p pipe, e event, o other.',
    get: typeCharOf,
    ...ofOpened,
  },
  {
    name: 'fd.name',
    type: 'CHARBUF',
    help: 'Full path, or both ends of a connection, or the address that a socket listens on.',
    get: nameOf,
    show: () => shown,
    ...ofOpened,
  },
  { name: 'fd.directory', type: 'CHARBUF', help: 'Directory of the file.', get: directoryOf, ...ofOpened },
  {
    name: 'fd.filename',
    type: 'CHARBUF',
    help: 'Name of the file without its directory.',
    get: (e) => (isFile(e.fd) ? filenameOf(e.fd) : undefined),
    ...ofOpened,
  },
]

const kindFields: readonly EventField[] = [
  { name: 'fd.l4proto', type: 'CHARBUF', help: 'Protocol of the socket: tcp, udp, icmp or raw.', get: protocolOf },
  { name: 'fd.sockfamily', type: 'CHARBUF', help: 'Family of the socket: ip or unix.', get: (e) => familyOf(e.fd) },
  {
    name: 'fd.is_server',
    type: 'BOOL',
    help: 'Whether this host is the server of the connection, or the socket is not connected yet.',
    get: (e) => flag(e.fd, isServer(e.fd)),
  },
  {
    name: 'fd.uid',
    type: 'CHARBUF',
    help: 'Thread and number of the descriptor in one text, as an identifier.',
    get: (e) => {
      const num = numOf(e)
      return num === undefined ? undefined : `${e.tid}${num}`
    },
  },
  {
    name: 'fd.containername',
    type: 'CHARBUF',
    help: 'A colon and fd.name; the container in front of it is left empty, as in Falco 0.41 and later.',
    get: (e) => colon(nameOf(e)),
    show: () => (e) => colon(shown(e)),
  },
  {
    name: 'fd.containerdirectory',
    type: 'CHARBUF',
    help: 'A colon and fd.directory; the container in front of it is left empty, as in Falco 0.41 and later.',
    get: (e) => colon(directoryOf(e)),
  },
  { name: 'fd.connected', type: 'BOOL', help: 'Whether the socket is connected.', get: (e) => flag(e.fd, e.fd?.socket?.isConnected) },
  {
    name: 'fd.name_changed',
    type: 'BOOL',
    help: 'Whether this event changed the name of the descriptor, for example by connecting it.',
    get: (e) => flag(e.fd, e.fdNameChanged),
  },
  {
    name: 'fd.dev',
    type: 'INT32',
    format: 'HEX',
    help: 'Device that holds the file, major and minor number in one.',
    get: (e) => e.fd?.dev,
  },
  {
    name: 'fd.dev.major',
    type: 'INT32',
    format: 'DEC',
    help: 'Major number of the device that holds the file.',
    get: (e) => major(e.fd?.dev),
  },
  {
    name: 'fd.dev.minor',
    type: 'INT32',
    format: 'DEC',
    help: 'Minor number of the device that holds the file.',
    get: (e) => minor(e.fd?.dev),
  },
  { name: 'fd.ino', type: 'INT64', format: 'DEC', help: 'Inode number of the file.', get: (e) => e.fd?.ino },
  {
    name: 'fd.nameraw',
    type: 'CHARBUF',
    help: 'Path as the program wrote it, before it was resolved.',
    get: rawNameOf,
    ...ofOpened,
  },
  {
    name: 'fd.types',
    type: 'CHARBUF',
    format: 'DEC',
    flags: ['list', 'no_rhs'],
    arg: { required: false, kind: 'index' },
    help: 'Types of all descriptors that the process has open, each once; or of the one with the number in the argument.',
    get: allTypes,
    at: typeAt,
  },
  {
    name: 'fd.is_upper_layer',
    type: 'BOOL',
    help: 'Whether the file is in the upper layer of an overlay file system.',
    get: (e) => flag(e.fd, hasFlag(e.fd, upperLayer)),
  },
  {
    name: 'fd.is_lower_layer',
    type: 'BOOL',
    help: 'Whether the file is in the lower layer of an overlay file system.',
    get: (e) => flag(e.fd, hasFlag(e.fd, lowerLayer)),
  },
]

/** `fd`: the descriptor that an event works on. */
export function fdClass({ domainNames }: FieldOptions): FieldClass {
  return {
    name: 'fd',
    description: 'The descriptor that an event works on: file, socket, pipe.',
    fields: [...nameFields, ...socketFields, ...domainFields(domainNames), ...kindFields],
  }
}

function typeOf(fd: Fd | undefined): string | undefined {
  if (fd === undefined || fd.type === 'unknown') return undefined
  return fd.type === 'unsupported' ? missing : fd.type
}

function numOf(event: Event): number | undefined {
  if (event.fdNum !== undefined) return event.fdNum
  return makesFd[event.type] === 1 && (resultOf(event) ?? 0) < 0 ? -1 : undefined
}

function typeCharOf(event: Event): string | undefined {
  if (event.fd !== undefined || event.fdNum !== undefined) return typeChar(event.fd)
  return failedPath(event) === undefined ? undefined : 'f'
}

// A descriptor that is not known has an empty name, an event without one has none.
function nameOf(event: Event): string | undefined {
  if (event.fd !== undefined) return event.fd.name
  if (event.fdNum !== undefined) return ''
  if (event.opened !== undefined) return event.opened.name
  const index = failedPath(event)
  const path = index === undefined ? undefined : event.text(index)
  if (index === undefined || path === undefined) return undefined
  const param = infoOf(event).params[index] as ParamInfo
  return cleanPath(absolutePath(event, path, param) ?? (isDirectoryKnown(event, param) ? path : `<UNKNOWN>/${path}`))
}

function shown(event: Event): string | undefined {
  const name = nameOf(event)
  return name === undefined ? undefined : shownName(name)
}

// Of a name without any directory, and of the root, it is `/`, as in Falco.
function filenameOf({ name }: Fd): string {
  return name.includes('/') ? basename(name) || '/' : '/'
}

function rawNameOf(event: Event): string | undefined {
  if (event.fd !== undefined) return event.fd.nameRaw ?? ''
  if (event.fdNum !== undefined) return ''
  if (event.opened !== undefined) return event.opened.nameRaw
  const index = failedPath(event)
  return index === undefined ? undefined : event.text(index)
}

function directoryOf(event: Event): string | undefined {
  if (event.fd?.type === 'directory') return event.fd.name
  if (event.fd !== undefined) return isFile(event.fd) ? (event.fd.directory ?? directoryOfPath(event.fd.name)) : undefined
  if (event.fdNum !== undefined) return '/'
  if (event.opened !== undefined) return event.opened.directory
  const path = nameOf(event)
  return path === undefined ? undefined : directoryOfPath(path)
}

function directoryOfPath(path: string): string {
  return dirname(path) || '/'
}

// What could not be opened still shows its path, so that rules can look at attempts.
function failedPath(event: Event): number | undefined {
  const index = openedPaths[event.type] ?? -1
  return index >= 0 && (resultOf(event) ?? 0) < 0 ? index : undefined
}

function isServer(fd: Fd | undefined): boolean {
  const socket = fd?.type === 'ipv4' || fd?.type === 'ipv6' ? fd.socket : undefined
  if (socket === undefined) return false
  return socket.isServerLocal || (socket.isServer && socket.sourceIp === '')
}

function isFile(fd: Fd | undefined): fd is Fd {
  return fd?.type === 'file'
}

// Of a descriptor that is no such socket, Falco says so in words.
function protocolOf({ fd }: Event): string | undefined {
  if (fd === undefined) return undefined
  const { socket } = fd
  if (socket === undefined || socket.destIp === '' || (!socket.hasRole && socket.sourceIp !== '')) return missing
  return socket.l4 === 'unknown' || socket.l4 === 'na' ? missing : socket.l4
}

function familyOf(fd: Fd | undefined): string | undefined {
  if (fd === undefined) return undefined
  if (fd.type === 'unix') return 'unix'
  return fd.type === 'ipv4' || fd.type === 'ipv6' ? 'ip' : undefined
}

function flag(fd: Fd | undefined, value: boolean | undefined): boolean | undefined {
  return fd === undefined ? undefined : value === true
}

function hasFlag(fd: Fd | undefined, bit: number): boolean {
  return fd !== undefined && (fd.flags & bit) !== 0
}

function colon(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `:${text}`
}

// The kernel's own encoding of device numbers (include/linux/kdev_t.h, new_encode_dev).
function major(dev: number | undefined): number | undefined {
  return dev === undefined ? undefined : (dev >>> 8) & 0xfff
}

function minor(dev: number | undefined): number | undefined {
  return dev === undefined ? undefined : (dev & 0xff) | ((dev >>> 12) & 0xfff00)
}

function allTypes(event: Event): string[] | undefined {
  const { thread } = event
  if (thread === undefined || event.fdNum === undefined) return undefined
  const types: string[] = []
  for (const [, fd] of thread.fds) types.push(typeOf(fd) ?? 'unknown')
  return [...new Set(types.reverse())]
}

function typeAt(arg: string): NonNullable<EventField['get']> {
  const num = Number(arg)
  if (!/^\d{1,9}$/.test(arg)) throw new Fault('field-argument', `fd.types takes the number of a descriptor, not ${arg}`)
  return (event) => {
    const type = typeOf(event.thread?.fds.get(num))
    return type === undefined ? undefined : [type]
  }
}
