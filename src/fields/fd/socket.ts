import type { Value } from '../../condition/field.ts'
import type { Event } from '../../event/event.ts'
import type { Socket } from '../../event/fd.ts'
import type { DomainNames, EventField } from '../field.ts'

type End = 'client' | 'server' | 'local' | 'remote'

/** The ends of connections: addresses, ports, networks, protocols, names. */
export const socketFields: readonly EventField[] = [
  either('fd.ip', 'IPADDR', 'Address of either end.', bothIps),
  ip('fd.cip', 'client', "Client's address."),
  ip('fd.sip', 'server', "Server's address."),
  ip('fd.lip', 'local', 'Address of the end on this host.'),
  ip('fd.rip', 'remote', 'Address of the other end.'),
  either('fd.port', 'PORT', 'Port of either end.', bothPorts, 'DEC'),
  port('fd.cport', 'client', "Client's port."),
  port('fd.sport', 'server', "Server's port."),
  port('fd.lport', 'local', 'Port of the end on this host.'),
  port('fd.rport', 'remote', 'Port of the other end.'),
  either('fd.proto', 'PORT', 'Port of either end, also by the name of its service.', bothPorts),
  service('fd.cproto', 'client', "Client's port, as text."),
  service('fd.sproto', 'server', "Server's port, as text."),
  service('fd.lproto', 'local', 'Port of the end on this host, as text.'),
  service('fd.rproto', 'remote', 'Port of the other end, as text.'),
  either('fd.net', 'IPNET', 'Network that the address of either end is in.', bothIps),
  net('fd.cnet', 'client', "Network that the client's address is in."),
  net('fd.snet', 'server', "Network that the server's address is in."),
  net('fd.lnet', 'local', 'Network that the address of the end on this host is in.'),
  net('fd.rnet', 'remote', 'Network that the address of the other end is in.'),
]

/** Domain names of the ends of connections. */
export function domainFields(names: DomainNames): readonly EventField[] {
  return [
    domain('fd.cip.name', 'client', "Domain name of the client's address.", names),
    domain('fd.sip.name', 'server', "Domain name of the server's address.", names),
    domain('fd.lip.name', 'local', 'Domain name of the address of the end on this host.', names),
    domain('fd.rip.name', 'remote', 'Domain name of the address of the other end.', names),
  ]
}

function isListening({ sourceIp, destIp }: Socket): boolean {
  return sourceIp === '' && destIp !== ''
}

function ipOf(socket: Socket, end: End): string | undefined {
  if (!socket.hasRole) return undefined
  const hasBoth = socket.sourceIp !== '' && socket.destIp !== ''
  if ((end === 'local' || end === 'remote') && !hasBoth) return undefined
  const address = isSource(socket, end) ? socket.sourceIp : socket.destIp
  return address === '' ? undefined : address
}

function portOf(socket: Socket, end: End): number | undefined {
  if (end === 'server' && isListening(socket)) return socket.destPort
  if (ipOf(socket, end) === undefined) return undefined
  return isSource(socket, end) ? socket.sourcePort : socket.destPort
}

function isSource(socket: Socket, end: End): boolean {
  if (end === 'local') return socket.isClientLocal
  return end === 'remote' ? !socket.isClientLocal : end === 'client'
}

function internet(event: Event): Socket | undefined {
  const { fd } = event
  if (fd === undefined || (fd.type !== 'ipv4' && fd.type !== 'ipv6')) return undefined
  const { socket } = fd
  return socket !== undefined && (socket.hasRole || isListening(socket)) ? socket : undefined
}

function bothIps(socket: Socket): Value {
  const { sourceIp, destIp } = socket
  if (sourceIp === '') return destIp === '' ? undefined : [destIp]
  return destIp === '' ? [sourceIp] : [sourceIp, destIp]
}

function bothPorts(socket: Socket): Value {
  const { sourceIp, destIp, sourcePort, destPort } = socket
  if (sourceIp === '') return destIp === '' ? undefined : [destPort]
  return destIp === '' ? [sourcePort] : [sourcePort, destPort]
}

function read(event: Event, valueOfSocket: (socket: Socket) => Value): Value {
  const socket = internet(event)
  return socket === undefined ? undefined : valueOfSocket(socket)
}

function either(
  name: string,
  type: EventField['type'],
  help: string,
  both: (socket: Socket) => Value,
  format: 'NA' | 'DEC' = 'NA',
): EventField {
  const get = ({ fd }: Event) => (fd?.socket !== undefined && (fd.type === 'ipv4' || fd.type === 'ipv6') ? both(fd.socket) : undefined)
  return { name, type, format, flags: ['filter_only', 'no_rhs', 'no_transformer'], isEither: true, help, get }
}

function ip(name: string, end: End, help: string): EventField {
  return { name, type: 'IPADDR', help, get: (event) => read(event, (socket) => ipOf(socket, end)) }
}

function port(name: string, end: End, help: string): EventField {
  return { name, type: 'PORT', format: 'DEC', help, get: (event) => read(event, (socket) => portOf(socket, end)) }
}

function net(name: string, end: End, help: string): EventField {
  const get = (event: Event) => read(event, (socket) => ipOf(socket, end))
  return { name, type: 'IPNET', flags: ['filter_only', 'no_rhs', 'no_transformer'], help, get }
}

function service(name: string, end: End, help: string): EventField {
  return { name, type: 'CHARBUF', help, get: (event) => read(event, (socket) => serviceText(socket, end)) }
}

// A listening socket has no connection whose service could be named, and shows nothing rather than no value.
function serviceText(socket: Socket, end: End): string | undefined {
  if (isListening(socket)) return end === 'server' || (end === 'client' && socket.hasRole) ? '' : undefined
  const number = portOf(socket, end)
  return number === undefined ? undefined : String(number)
}

// A name all the same, so that it differs from any other.
const nameless: readonly string[] = ['']

// An address has any number of names; those that no rule asks for are not known.
function domain(name: string, end: End, help: string, names: DomainNames): EventField {
  const get = (event: Event) =>
    read(event, (socket) => {
      const address = ipOf(socket, end)
      if (address === undefined) return undefined
      const known = names.of(address)
      return known.length === 0 ? nameless : known
    })
  return {
    name,
    type: 'CHARBUF',
    flags: ['no_rhs', 'no_transformer'],
    help,
    isEither: true,
    get,
    comparedWith: (literal) => names.want(literal),
    show: () => (event) => (get(event) as readonly string[] | undefined)?.[0] || undefined,
  }
}
