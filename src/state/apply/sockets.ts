import type { Event } from '../../event/event.ts'
import type { FdType } from '../../event/fd.ts'
import { ipv4At } from '../addresses.ts'
import { type FdState, socketFd } from '../fd.ts'
import { flag } from '../flags.ts'
import { fdTypeOfFamily, l4Of, nameOfSocket, type Role, SocketState } from '../socket.ts'
import type { State } from '../state.ts'
import type { ThreadState } from '../thread.ts'
import { type Change, type ChangeRows, readFd } from './change.ts'
import { withPassed } from './passed.ts'

const sockTypeMask = 0xf
// SOCK_CLOEXEC, in the type that socket(2) and accept4(2) take.
const sockCloexec = 0o2000000
const einprogress = -115
const solSocket = 1
const soError = 4

export const socketChanges: ChangeRows = [
  ['SOCKET_SOCKET_X', socket],
  ['SOCKET_BIND_X', bind],
  ['SOCKET_CONNECT_X', connect],
  ['SOCKET_ACCEPT_5_X', accept],
  ['SOCKET_ACCEPT4_6_X', accept],
  ['SOCKET_SOCKETPAIR_X', socketpair],
  ['SOCKET_SENDTO_X', transfer(4, 'client')],
  ['SOCKET_SENDMSG_X', transfer(4, 'client')],
  ['SOCKET_SENDMMSG_X', transfer(4, 'client')],
  ['SOCKET_RECVFROM_X', transfer(2, 'server')],
  ['SOCKET_RECVMSG_X', withPassed(4, transfer(3, 'server'))],
  ['SOCKET_RECVMMSG_X', withPassed(5, transfer(4, 'server'))],
  ['SOCKET_GETSOCKOPT_X', getsockopt],
]

// fd domain type proto
function socket(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const type = event.uint(2)
  const made = new SocketState()
  made.family = event.uint(1)
  made.sockType = type & sockTypeMask
  made.wanted = l4Of(made.sockType, event.uint(3))
  state.placeEnds(made)
  state.setFd(event, thread, num, socketFd(fdTypeOfFamily(made.family), made, (type & sockCloexec) === 0 ? 0 : flag.O_CLOEXEC))
}

// res addr fd
function bind(event: Event, thread: ThreadState, state: State): void {
  const fd = event.fd as FdState | undefined
  if (fd === undefined || readFd(event, 0) !== 0) return
  const made = copyOf(fd)
  const at = event.offsetOf(1)
  const length = event.lengthOf(1)
  const family = length > 0 ? (event.bytes[at] as number) : -1
  const ipBytes = family === flag.AF_INET ? 4 : family === flag.AF_INET6 ? 16 : 0
  let name: string | undefined
  if (ipBytes !== 0 && length >= 3 + ipBytes) {
    const ip = ipAt(event, at + 1, ipBytes)
    const port = event.view.getUint16(at + 1 + ipBytes, true)
    // Without a port it is not yet a server: it may still connect.
    made.isListening = true
    made.destIp = ip
    made.destPort = port
    if (port === 0) {
      name = nameOfSocket(made)
      made.isListening = false
      made.destIp = ''
    } else {
      made.role = 'server'
      made.l4 = made.wanted
    }
  } else if (family === flag.AF_UNIX) {
    made.path = textAt(event, at + 1, at + length)
  } else return
  replace(event, thread, state, fd, name, made)
}

// res tuple fd addr
function connect(event: Event, thread: ThreadState, state: State): void {
  const res = readFd(event, 0)
  if (res !== 0 && res !== einprogress) return
  const fd = (event.fd as FdState | undefined) ?? infer(event, thread, state, 1)
  if (fd === undefined) return
  const made = copyOf(fd)
  made.role = 'client'
  // In progress counts as connected until SO_ERROR says otherwise, as in Falco.
  made.isConnected = true
  if (!takeTuple(event, 1, made, false)) return
  replace(event, thread, state, fd, undefined, made)
}

// fd tuple queuepct queuelen queuemax [flags]; the source is the client
function accept(event: Event, thread: ThreadState, state: State): void {
  const num = readFd(event, 0)
  if (num < 0) return
  const made = new SocketState()
  made.role = 'server'
  made.isConnected = true
  made.sockType = 1
  made.wanted = 'tcp'
  // Of a kind of socket that the driver knows no addresses of: what is there now is not known.
  if (!takeTuple(event, 1, made, false)) {
    thread.fds.delete(num)
    event.fdNum = num
    return
  }
  state.placeEnds(made)
  event.fdNameChanged = true
  const flags = (event.uint(5) & sockCloexec) === 0 ? 0 : flag.O_CLOEXEC
  state.setFd(event, thread, num, socketFd(fdTypeOfFamily(made.family), made, flags))
}

// res fd1 fd2 source peer
function socketpair(event: Event, thread: ThreadState, state: State): void {
  if (readFd(event, 0) < 0) return
  const source = event.big(3)
  const peer = event.big(4)
  state.keepFd(thread, readFd(event, 1), pairEnd(source, peer))
  state.setFd(event, thread, readFd(event, 2), pairEnd(source, peer))
}

function pairEnd(source: bigint, peer: bigint): FdState {
  const made = new SocketState()
  made.family = flag.AF_UNIX
  made.sourcePtr = source
  made.destPtr = peer
  return socketFd('unix', made)
}

/** Sending and receiving with an address: of a socket without connection, the tuple is that of the last message. */
function transfer(tupleParam: number, firstRole: Role): Change {
  return (event, thread, state) => {
    if (readFd(event, 0) < 0) return
    if (event.lengthOf(tupleParam) > 0) takeAddresses(event, thread, state, tupleParam, firstRole)
    markConnected(event, thread, state)
  }
}

function takeAddresses(event: Event, thread: ThreadState, state: State, param: number, firstRole: Role): void {
  const fd = (event.fd as FdState | undefined) ?? infer(event, thread, state, param)
  const known = fd?.socket
  if (fd === undefined || known === undefined) return
  if ((known.wanted === 'tcp' && known.hasAddress) || isSameTuple(event, param, known)) return
  const made = known.copy()
  if (made.role === 'none') made.role = firstRole
  // The tuple goes from sender to receiver; the conversation from client to server.
  if (!takeTuple(event, param, made, made.role !== firstRole)) return
  state.completeAddresses(made)
  if (!made.isSame(known)) replace(event, thread, state, fd, undefined, made)
}

/** Reading, writing and the like: any of it that works counts as a connection, as in Falco. */
export function moved(event: Event, thread: ThreadState, state: State): void {
  if (event.fd?.socket !== undefined && readFd(event, 0) >= 0) markConnected(event, thread, state)
}

function markConnected(event: Event, thread: ThreadState, state: State): void {
  const fd = event.fd as FdState | undefined
  const known = fd?.socket
  if (fd === undefined || known === undefined || known.isConnected || known.isListening || known.family === flag.AF_UNIX) return
  const made = known.copy()
  made.isConnected = true
  state.setFd(event, thread, event.fdNum as number, fd.withSocket(fd.name, made))
}

// res fd level optname val: SO_ERROR tells how a connect ended that was in progress
function getsockopt(event: Event, thread: ThreadState, state: State): void {
  const fd = event.fd as FdState | undefined
  const known = fd?.socket as SocketState | undefined
  if (fd === undefined || known === undefined || readFd(event, 0) !== 0) return
  if (event.uint(2) !== solSocket || event.uint(3) !== soError || known.isListening || !known.hasAddress) return
  const at = event.offsetOf(4)
  // The selector of the value, then an errno.
  const isConnected = event.lengthOf(4) >= 9 && event.view.getInt32(at + 1, true) === 0
  if (isConnected === known.isConnected) return
  const made = known.copy()
  made.isConnected = isConnected
  state.setFd(event, thread, event.fdNum as number, fd.withSocket(undefined, made, fd.type))
}

function copyOf(fd: FdState): SocketState {
  return fd.socket?.copy() ?? new SocketState()
}

function replace(event: Event, thread: ThreadState, state: State, fd: FdState, name: string | undefined, made: SocketState): void {
  state.placeEnds(made)
  event.fdNameChanged = true
  const type = made.family === 0 ? fd.type : fdTypeOfFamily(made.family)
  state.setFd(event, thread, event.fdNum as number, fd.withSocket(name, made, type))
}

/** A socket that was never seen: the tuple tells of which family it is; messages with addresses are mostly UDP. */
function infer(event: Event, thread: ThreadState, state: State, tupleParam: number): FdState | undefined {
  if (event.lengthOf(tupleParam) === 0 || event.fdNum === undefined || event.fdNum < 0) return undefined
  const made = new SocketState()
  made.family = event.bytes[event.offsetOf(tupleParam)] as number
  const type: FdType = fdTypeOfFamily(made.family)
  if (type === 'unknown') return undefined
  if (type !== 'unix') made.wanted = 'udp'
  const fd = socketFd(type, made, 0, '')
  state.setFd(event, thread, event.fdNum, fd)
  return fd
}

/** Reads a tuple into `made`; `isReversed` where it goes from server to client. False where the parameter holds none. */
function takeTuple(event: Event, param: number, made: SocketState, isReversed: boolean): boolean {
  const length = event.lengthOf(param)
  if (length === 0) return false
  const at = event.offsetOf(param)
  const { bytes, view } = event
  const family = bytes[at] as number
  made.family = family
  if (family === flag.AF_UNIX && length >= 17) {
    made.sourcePtr = view.getBigUint64(at + 1, true)
    made.destPtr = view.getBigUint64(at + 9, true)
    // Falco names it by the whole tuple, not by the path alone.
    made.path = `${made.sourcePtr.toString(16)}->${made.destPtr.toString(16)} ${textAt(event, at + 17, at + length)}`
    return true
  }
  const ipBytes = family === flag.AF_INET ? 4 : family === flag.AF_INET6 ? 16 : 0
  if (ipBytes === 0 || length < 5 + 2 * ipBytes) return false
  const source = ipAt(event, at + 1, ipBytes)
  const sourcePort = view.getUint16(at + 1 + ipBytes, true)
  const dest = ipAt(event, at + 3 + ipBytes, ipBytes)
  const destPort = view.getUint16(at + 3 + 2 * ipBytes, true)
  if (isReversed) made.setEnds(dest, destPort, source, sourcePort)
  else made.setEnds(source, sourcePort, dest, destPort)
  return true
}

function ipAt(event: Event, at: number, length: number): string {
  return length === 4 ? ipv4At(event, at) : event.bytes.latin1Slice(at, at + length)
}

// Whether the tuple says what is known already, in either direction, so that most messages allocate nothing.
function isSameTuple(event: Event, param: number, known: SocketState): boolean {
  const { sourceIp, destIp } = known
  const ipBytes = sourceIp.length
  if (ipBytes === 0 || destIp.length !== ipBytes || event.lengthOf(param) !== 5 + 2 * ipBytes) return false
  const at = event.offsetOf(param)
  const first = event.view.getUint16(at + 1 + ipBytes, true)
  const second = event.view.getUint16(at + 3 + 2 * ipBytes, true)
  const isForward = first === known.sourcePort && second === known.destPort && isAt(event, at + 1, sourceIp)
  if (isForward) return isAt(event, at + 3 + ipBytes, destIp)
  const isBackward = first === known.destPort && second === known.sourcePort && isAt(event, at + 1, destIp)
  return isBackward && isAt(event, at + 3 + ipBytes, sourceIp)
}

function isAt(event: Event, at: number, bytes: string): boolean {
  for (let i = 0; i < bytes.length; i++) if (event.bytes[at + i] !== bytes.charCodeAt(i)) return false
  return true
}

function textAt(event: Event, from: number, to: number): string {
  const text = event.bytes.latin1Slice(from, to)
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
