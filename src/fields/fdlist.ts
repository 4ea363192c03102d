import { addressText } from '../base/address.ts'
import type { Event } from '../event/event.ts'
import type { Fd, Socket } from '../event/fd.ts'
import type { EventField, FieldClass } from './field.ts'
import { indexesOf } from './shared/params.ts'

const lists = indexesOf((param) => param.type === 'FDLIST')
const itemBytes = 10

const fields: readonly EventField[] = [
  list('fdlist.nums', 'ID', 'Numbers of the descriptors', (num) => String(num)),
  list('fdlist.names', 'NA', 'Names of the descriptors', (_, fd) => fd?.name ?? ''),
  list('fdlist.cips', 'NA', "Clients' addresses of the descriptors", (_, fd) => end(fd, (socket) => addressText(socket.sourceIp))),
  list('fdlist.sips', 'NA', "Servers' addresses of the descriptors", (_, fd) => end(fd, (socket) => addressText(socket.destIp))),
  list('fdlist.cports', 'DEC', "Clients' ports of the descriptors", (_, fd) =>
    end(fd, (socket) => portText(socket.sourceIp, socket.sourcePort)),
  ),
  list('fdlist.sports', 'DEC', "Servers' ports of the descriptors", (_, fd) =>
    end(fd, (socket) => portText(socket.destIp, socket.destPort)),
  ),
]

/** `fdlist`: the descriptors that poll waits for. */
export const fdlistClass: FieldClass = { name: 'fdlist', description: 'The descriptors that poll and ppoll wait for.', fields }

function list(name: string, format: 'NA' | 'ID' | 'DEC', what: string, item: (num: number, fd: Fd | undefined) => string): EventField {
  const get = (event: Event): string | undefined => {
    const index = lists[event.type] ?? -1
    if (index < 0 || event.lengthOf(index) < 2) return undefined
    const { view } = event
    const start = event.offsetOf(index)
    const count = Math.min(view.getUint16(start, true), Math.floor((event.lengthOf(index) - 2) / itemBytes))
    const items: string[] = []
    for (let i = 0; i < count; i++) {
      const num = Number(view.getBigInt64(start + 2 + i * itemBytes, true))
      items.push(item(num, event.thread?.fds.get(num)))
    }
    return items.length === 0 ? undefined : items.join(',')
  }
  return { name, type: 'CHARBUF', format, help: `${what} that a poll event waits for, with commas between.`, get }
}

function end(fd: Fd | undefined, text: (socket: Socket) => string): string {
  const socket = fd?.type === 'ipv4' || fd?.type === 'ipv6' ? fd.socket : undefined
  return socket === undefined ? '' : text(socket)
}

function portText(ip: string, port: number): string {
  return ip === '' ? '' : String(port)
}
