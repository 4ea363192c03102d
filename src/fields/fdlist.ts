import { addressText } from '../base/address.ts'
import type { Event } from '../event/event.ts'
import type { Fd, Socket } from '../event/fd.ts'
import type { EventField, FieldClass } from './field.ts'
import { missing } from './shared/argument.ts'
import { indexesOf } from './shared/params.ts'

const lists = indexesOf((param) => param.type === 'FDLIST')
const itemBytes = 10

const fields: readonly EventField[] = [
  list('fdlist.nums', 'ID', 'Numbers of the descriptors', (num) => String(num)),
  list('fdlist.names', 'NA', 'Names of the descriptors', (_, fd) => fd?.name || missing),
  list('fdlist.cips', 'NA', "Clients' addresses of the descriptors that are sockets", (_, fd) => ofSocket(fd, clientIp)),
  list('fdlist.sips', 'NA', "Servers' addresses of the descriptors that are sockets", (_, fd) => ofSocket(fd, serverIp)),
  list('fdlist.cports', 'DEC', "Clients' ports of the descriptors that are sockets", (_, fd) => ofSocket(fd, clientPort)),
  list('fdlist.sports', 'DEC', "Servers' ports of the descriptors that are sockets", (_, fd) => ofSocket(fd, serverPort)),
]

/** `fdlist`: the descriptors that poll waits for. */
export const fdlistClass: FieldClass = { name: 'fdlist', description: 'The descriptors that poll and ppoll wait for.', fields }

/** `item` is called for each descriptor; those for which it gives no text are left out. */
function list(
  name: string,
  format: 'NA' | 'ID' | 'DEC',
  what: string,
  item: (num: bigint, fd: Fd | undefined) => string | undefined,
): EventField {
  const get = (event: Event): string | undefined => {
    const index = lists[event.type] ?? -1
    if (index < 0 || event.lengthOf(index) < 2) return undefined
    const { view } = event
    const start = event.offsetOf(index)
    const count = Math.min(view.getUint16(start, true), Math.floor((event.lengthOf(index) - 2) / itemBytes))
    const items: string[] = []
    for (let i = 0; i < count; i++) {
      const num = view.getBigInt64(start + 2 + i * itemBytes, true)
      const text = item(num, event.thread?.fds.get(Number(num)))
      if (text !== undefined) items.push(text)
    }
    return items.length === 0 ? undefined : items.join(',')
  }
  return { name, type: 'CHARBUF', format, help: `${what} that a poll event waits for, with commas between.`, get }
}

type Read = (socket: Socket, fd: Fd) => string | undefined

function ofSocket(fd: Fd | undefined, read: Read): string | undefined {
  const socket = fd?.type === 'ipv4' || fd?.type === 'ipv6' ? fd.socket : undefined
  return socket === undefined || fd === undefined ? undefined : read(socket, fd)
}

// A socket that waits for connections has one address: its own, as a server. Other sockets have two, which are zero at first.
const isListening = ({ sourceIp, destIp }: Socket) => sourceIp === '' && destIp !== ''
const ipText = (ip: string, fd: Fd) => addressText(ip) || (fd.type === 'ipv4' ? '0.0.0.0' : '::')
const clientIp: Read = (socket, fd) => (isListening(socket) ? undefined : ipText(socket.sourceIp, fd))
const serverIp: Read = (socket, fd) => ipText(socket.destIp, fd)
const clientPort: Read = (socket) => (isListening(socket) ? undefined : String(socket.sourcePort))
const serverPort: Read = (socket) => (isListening(socket) ? undefined : String(socket.destPort))
