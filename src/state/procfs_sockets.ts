import type { L4Proto, Socket } from '../event/fd.ts'
import { flag } from './flags.ts'
import type { SocketsOf } from './procfs_fds.ts'

/** States of a TCP socket (net/tcp_states.h). */
export const tcpState = { established: 1, listen: 10 } as const

const inetFiles: readonly (readonly [name: string, l4: L4Proto, sockType: number])[] = [
  ['tcp', 'tcp', 1],
  ['udp', 'udp', 2],
  ['raw', 'raw', 3],
]

/** The sockets of each network namespace, by inode; a namespace is read when the first process in it has a socket. */
export class SocketTables implements SocketsOf {
  private readonly byNamespace = new Map<string, Map<number, Socket>>()

  /** `read` gives a file below /proc as text; `namespaceOf` tells processes that share their network by equal texts. */
  constructor(
    private readonly read: (path: string) => string,
    private readonly namespaceOf: (pid: number) => string,
  ) {}

  find(pid: number, ino: number): Socket | undefined {
    const namespace = this.namespaceOf(pid)
    let table = this.byNamespace.get(namespace)
    if (table === undefined) {
      table = this.readTable(pid)
      this.byNamespace.set(namespace, table)
    }
    return table.get(ino)
  }

  private readTable(pid: number): Map<number, Socket> {
    const table = new Map<number, Socket>()
    const dir = `${pid}/net`
    for (const [name, l4, sockType] of inetFiles) {
      addInet(table, this.read(`${dir}/${name}`), flag.AF_INET, l4, sockType)
      addInet(table, this.read(`${dir}/${name}6`), flag.AF_INET6, l4, sockType)
    }
    addUnix(table, this.read(`${dir}/unix`))
    addNetlink(table, this.read(`${dir}/netlink`))
    return table
  }
}

/** An Internet socket as the kernel tells it: this end and the other. */
export interface InetSocket {
  readonly family: number
  readonly sockType: number
  readonly l4: L4Proto
  readonly localIp: string
  readonly localPort: number
  readonly remoteIp: string
  readonly remotePort: number
  /** TCP only. */
  readonly isListening: boolean
  readonly isEstablished: boolean
}

interface InetRow {
  readonly localIp: string
  readonly localPort: number
  readonly remoteIp: string
  readonly remotePort: number
  readonly state: number
  readonly ino: number
}

// "sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode"
function addInet(table: Map<number, Socket>, text: string, family: number, l4: L4Proto, sockType: number): void {
  const rows = parseInet(text)
  const listening = new Set(rows.filter((row) => row.state === tcpState.listen && l4 === 'tcp').map((row) => row.localPort))
  for (const row of rows) {
    const isListening = l4 === 'tcp' && row.state === tcpState.listen
    const isEstablished = row.state === tcpState.established
    table.set(row.ino, inetSocket({ ...row, family, sockType, l4, isListening, isEstablished }, listening.has(row.localPort)))
  }
}

/** Whoever has a listening socket on the port was called; else it called. Without another end, it waits for one. */
export function inetSocket(from: InetSocket, hasListener: boolean): Socket {
  const { family, sockType, l4 } = from
  const isWaiting = l4 === 'tcp' ? from.isListening : from.remotePort === 0
  const isServer = isWaiting || (l4 === 'tcp' && hasListener)
  const local = [from.localIp, from.localPort] as const
  const remote = isWaiting ? (['', 0] as const) : ([from.remoteIp, from.remotePort] as const)
  const [source, dest] = isServer ? [remote, local] : [local, remote]
  return {
    ...emptySocket(family, sockType, l4),
    isServer,
    isConnected: from.isEstablished && !isWaiting,
    sourceIp: source[0],
    sourcePort: source[1],
    destIp: dest[0],
    destPort: dest[1],
  }
}

function parseInet(text: string): InetRow[] {
  const rows: InetRow[] = []
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', remote = '', state = '', , , , , , ino] = line.trim().split(/\s+/)
    if (ino === undefined || ino === '0') continue
    rows.push({
      localIp: addressBytes(local),
      localPort: portOf(local),
      remoteIp: addressBytes(remote),
      remotePort: portOf(remote),
      state: Number.parseInt(state, 16),
      ino: Number(ino),
    })
  }
  return rows
}

// "Num RefCount Protocol Flags Type St Inode Path"; the path may hold blanks.
function addUnix(table: Map<number, Socket>, text: string): void {
  for (const line of text.split('\n').slice(1)) {
    const match = /^([0-9a-f]+): \S+ \S+ \S+ (\S+) \S+ +(\d+)(?: (.*))?$/.exec(line)
    if (match === null) continue
    const [, pointer = '0', type = '1', ino, path = ''] = match
    table.set(Number(ino), {
      ...emptySocket(flag.AF_UNIX, Number.parseInt(type, 16), 'na'),
      sourcePtr: BigInt(`0x${pointer}`),
      path,
    })
  }
}

// "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode"
function addNetlink(table: Map<number, Socket>, text: string): void {
  for (const line of text.split('\n').slice(1)) {
    const ino = Number(line.trim().split(/\s+/)[9])
    if (ino > 0) table.set(ino, emptySocket(flag.AF_NETLINK, 3, 'na'))
  }
}

export function emptySocket(family: number, sockType: number, l4: L4Proto): Socket {
  return {
    family,
    sockType,
    l4,
    isServer: false,
    hasRole: true,
    isClientLocal: false,
    isServerLocal: false,
    isConnected: false,
    sourceIp: '',
    sourcePort: 0,
    destIp: '',
    destPort: 0,
    sourcePtr: 0n,
    destPtr: 0n,
    path: '',
  }
}

// The kernel prints each 32 bits of an address as a number: on a little-endian machine, the bytes of each are the other way round.
function addressBytes(column: string): string {
  const hex = column.slice(0, column.indexOf(':'))
  let bytes = ''
  for (let word = 0; word < hex.length; word += 8) {
    for (let at = word + 6; at >= word; at -= 2) bytes += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16))
  }
  return bytes
}

function portOf(column: string): number {
  return Number.parseInt(column.slice(column.indexOf(':') + 1), 16) || 0
}
