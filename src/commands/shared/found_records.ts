import type { Splice } from '../../capture/splice.ts'
import { encodeRecord, type ParamValue } from '../../event/encode.ts'
import { type Event, recordStateOnly } from '../../event/event.ts'
import type { Fd, Socket } from '../../event/fd.ts'
import { codeOf } from '../../schema/event.ts'
import { flag } from '../../state/flags.ts'
import type { State } from '../../state/state.ts'

// Behind events nothing but events may follow in a recording. So what was looked up meanwhile is told as the calls that would have made
// it what it is, for the state of readers alone: any reader knows what to make of those.

type Call = readonly [code: number, params: readonly ParamValue[]]

const open = codeOf('SYSCALL_OPEN_X')
const memfdCreate = codeOf('SYSCALL_MEMFD_CREATE_X')
const socketCall = codeOf('SOCKET_SOCKET_X')
const bind = codeOf('SOCKET_BIND_X')
const connect = codeOf('SOCKET_CONNECT_X')
const accept = codeOf('SOCKET_ACCEPT4_6_X')
const protocols = { tcp: 6, udp: 17, icmp: 1, raw: 255, na: 0, unknown: 0 } as const
// Where a list does not tell the type of a socket.
const sockTypes = { tcp: 1, udp: 2, icmp: 3, raw: 3, na: 1, unknown: 1 } as const

/** Hands on, as records behind the events that they were looked up for, descriptors that `state` finds from now on. */
export function onFound(state: State, take: (splice: Splice) => void): void {
  state.onFound = (event, tid, num, fd) => {
    for (const [code, params] of callsFor(num, fd)) {
      const record = encodeRecord({ code, params, tid, ts: event.ts, cpu: event.cpu, flags: recordStateOnly })
      take({ at: endOf(event), record })
    }
  }
}

function endOf(event: Event): number {
  return event.at + event.view.getUint32(event.at, true)
}

/** The calls that make `num` what it is; none where there is no such call. */
export function callsFor(num: number, fd: Fd): readonly Call[] {
  const { type, name, flags, dev, ino, socket } = fd
  if (socket !== undefined) return socketCalls(num, socket, flags)
  if (type === 'memfd') return [[memfdCreate, [num, name, 0]]]
  if (type !== 'file' && type !== 'directory') return []
  return [[open, [num, name, type === 'directory' ? flags | flag.O_DIRECTORY : flags, 0, dev, ino]]]
}

function socketCalls(num: number, socket: Socket, flags: number): readonly Call[] {
  const { family, l4, sockType } = socket
  const made: Call = [socketCall, [num, family, sockType || sockTypes[l4], protocols[l4], flags & flag.O_CLOEXEC]]
  if (family === flag.AF_UNIX) return socket.path === '' ? [made] : [made, [connect, [0, unixTuple(socket), num, unixAddress(socket.path)]]]
  if (family !== flag.AF_INET && family !== flag.AF_INET6) return [made]
  if (socket.destIp === '' && socket.sourceIp === '') return [made]
  if (socket.isServer && socket.sourceIp === '') return [made, [bind, [0, address(family, socket.destIp, socket.destPort), num]]]
  if (socket.isServer && l4 === 'tcp') return [[accept, [num, tuple(socket), 0, 0, 0, 0]]]
  return [made, [connect, [0, tuple(socket), num, address(family, socket.destIp, socket.destPort)]]]
}

function tuple(socket: Socket): Buffer {
  const { family, sourceIp, sourcePort, destIp, destPort } = socket
  return Buffer.concat([Buffer.from([family]), end(family, sourceIp, sourcePort), end(family, destIp, destPort)])
}

function address(family: number, ip: string, port: number): Buffer {
  return Buffer.concat([Buffer.from([family]), end(family, ip, port)])
}

function end(family: number, ip: string, port: number): Buffer {
  const bytes = Buffer.alloc(family === flag.AF_INET ? 6 : 18)
  bytes.latin1Write(ip, 0, bytes.length - 2)
  bytes.writeUInt16LE(port, bytes.length - 2)
  return bytes
}

function unixAddress(path: string): Buffer {
  return Buffer.from(`\x01${path}\0`, 'latin1')
}

function unixTuple({ sourcePtr, destPtr, path }: Socket): Buffer {
  const ends = Buffer.alloc(17)
  ends[0] = flag.AF_UNIX
  ends.writeBigUInt64LE(BigInt.asUintN(64, sourcePtr), 1)
  ends.writeBigUInt64LE(BigInt.asUintN(64, destPtr), 9)
  return Buffer.concat([ends, Buffer.from(`${path}\0`, 'latin1')])
}
