import { addressText } from '../base/address.ts'
import type { FdType, L4Proto, Socket } from '../event/fd.ts'
import { flag } from './flags.ts'

const sockStream = 1
const sockDgram = 2
const sockRaw = 3
const ipprotoIcmp = 1
const ipprotoTcp = 6
const ipprotoUdp = 17
const ipprotoIcmpv6 = 58

const mappedPrefix = '\0\0\0\0\0\0\0\0\0\0\xff\xff'

/** Who opened the conversation, as far as is known: decides which end is the source. */
export type Role = 'none' | 'client' | 'server'

/** The addresses of a socket; a change makes a new one. */
export class SocketState implements Socket {
  family = 0
  sockType = 0
  l4: L4Proto = 'na'
  /** What `l4` will be once there is an address: before that Falco shows none. */
  wanted: L4Proto = 'na'
  role: Role = 'none'
  hasRole = true
  isConnected = false
  isListening = false
  isClientLocal = false
  isServerLocal = false
  sourceIp = ''
  sourcePort = 0
  destIp = ''
  destPort = 0
  sourcePtr = 0n
  destPtr = 0n
  path = ''

  get isServer(): boolean {
    return this.role === 'server'
  }

  get hasAddress(): boolean {
    return this.sourceIp !== '' || this.destIp !== '' || this.path !== ''
  }

  isSame(other: SocketState): boolean {
    if (this.sourcePort !== other.sourcePort || this.destPort !== other.destPort || this.path !== other.path) return false
    return this.sourceIp === other.sourceIp && this.destIp === other.destIp && this.family === other.family
  }

  static of(socket: Socket): SocketState {
    const { l4, isServer } = socket
    const copy = new SocketState()
    copy.take(socket)
    copy.l4 = l4
    copy.wanted = l4
    copy.role = isServer ? 'server' : 'none'
    copy.isListening = isServer && socket.sourceIp === ''
    return copy
  }

  copy(): SocketState {
    const copy = new SocketState()
    copy.take(this)
    copy.l4 = this.l4
    copy.wanted = this.wanted
    copy.role = this.role
    copy.isListening = this.isListening
    return copy
  }

  private take(other: Socket): void {
    this.family = other.family
    this.sockType = other.sockType
    this.hasRole = other.hasRole
    this.isConnected = other.isConnected
    this.isClientLocal = other.isClientLocal
    this.isServerLocal = other.isServerLocal
    this.sourceIp = other.sourceIp
    this.sourcePort = other.sourcePort
    this.destIp = other.destIp
    this.destPort = other.destPort
    this.sourcePtr = other.sourcePtr
    this.destPtr = other.destPtr
    this.path = other.path
  }

  /** Sets both ends, given as 4 or 16 bytes. */
  setEnds(sourceIp: string, sourcePort: number, destIp: string, destPort: number): void {
    this.sourceIp = sourceIp
    this.sourcePort = sourcePort
    this.destIp = destIp
    this.destPort = destPort
    this.l4 = this.wanted
    this.hasRole = true
    this.isListening = false
    if (!isMapped(sourceIp) || !isMapped(destIp)) return
    // IPv4 over an IPv6 socket: Falco shows it as IPv4.
    this.sourceIp = sourceIp.slice(12)
    this.destIp = destIp.slice(12)
    this.family = flag.AF_INET
  }
}

export function nameOfSocket(socket: SocketState): string {
  if (socket.family === flag.AF_UNIX) return socket.path
  if (socket.isListening) return `${addressText(socket.destIp)}:${socket.destPort}`
  if (socket.sourceIp === '' && socket.destIp === '') return ''
  return `${addressText(socket.sourceIp)}:${socket.sourcePort}->${addressText(socket.destIp)}:${socket.destPort}`
}

export function fdTypeOfFamily(family: number): FdType {
  if (family === flag.AF_INET) return 'ipv4'
  if (family === flag.AF_INET6) return 'ipv6'
  if (family === flag.AF_UNIX) return 'unix'
  return family === flag.AF_NETLINK ? 'netlink' : 'unknown'
}

export function l4Of(sockType: number, protocol: number): L4Proto {
  if (sockType === sockRaw) return 'raw'
  if (protocol === ipprotoTcp) return 'tcp'
  if (protocol === ipprotoUdp) return 'udp'
  if (protocol === ipprotoIcmp || protocol === ipprotoIcmpv6) return 'icmp'
  if (protocol !== 0) return 'unknown'
  if (sockType === sockStream) return 'tcp'
  return sockType === sockDgram ? 'udp' : 'unknown'
}

function isMapped(ip: string): boolean {
  return ip.length === 16 && ip.startsWith(mappedPrefix)
}
