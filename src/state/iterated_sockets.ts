import type { Snapshot } from '../event/snapshot.ts'
import { FdState } from './fd.ts'
import { flag } from './flags.ts'
import { emptySocket, type InetSocket, inetSocket, tcpState } from './procfs_sockets.ts'
import { fdTypeOfFamily, l4Of, SocketState } from './socket.ts'

const tcp = 6
/** Bytes of a file's record without its text. */
export const fileBytes = 112

type Waiting = InetSocket & {
  readonly pid: number
  readonly num: number
  readonly flags: number
  readonly ino: number
  readonly space: number
}

/**
 * Sockets among the records of the iterators.
 *
 * Those of the Internet wait for the end: which end of a connection is the server shows by the ports that are listened on.
 */
export class IteratedSockets {
  private waiting: Waiting[] = []
  /** Ports that are listened on, by network namespace and family. */
  private readonly ports = new Set<string>()

  add(records: Buffer, at: number, pid: number, num: number, flags: number, state: Snapshot): void {
    const family = records.readUInt16LE(at + 42)
    if (family === flag.AF_INET || family === flag.AF_INET6) this.wait(records, at, pid, num, flags, family)
    else state.addFd(pid, num, otherSocket(records, at, flags, family))
  }

  end(state: Snapshot): void {
    for (const each of this.waiting) {
      const hasListener = this.ports.has(portKey(each.space, each.family, each.localPort))
      const isBlank = each.localPort === 0 && each.remotePort === 0
      const socket = SocketState.of(isBlank ? emptySocket(each.family, each.sockType, each.l4) : inetSocket(each, hasListener))
      state.addFd(each.pid, each.num, new FdState(fdTypeOfFamily(each.family), undefined, '', undefined, each.flags, 0, each.ino, socket))
    }
    this.waiting = []
  }

  private wait(records: Buffer, at: number, pid: number, num: number, flags: number, family: number): void {
    const bytes = family === flag.AF_INET ? 4 : 16
    const sockType = records.readUInt16LE(at + 44)
    const protocol = records.readUInt16LE(at + 46)
    const state = records.readUInt32LE(at + 48)
    const space = records.readUInt32LE(at + 52)
    const localPort = records.readUInt16LE(at + 56)
    const isListening = protocol === tcp && state === tcpState.listen
    if (isListening) this.ports.add(portKey(space, family, localPort))
    this.waiting.push({
      ...{ pid, num, flags, family, sockType, space, localPort, isListening },
      l4: l4Of(sockType, protocol),
      isEstablished: state === tcpState.established,
      remotePort: records.readUInt16LE(at + 58),
      localIp: records.latin1Slice(at + 64, at + 64 + bytes),
      remoteIp: records.latin1Slice(at + 80, at + 80 + bytes),
      ino: Number(records.readBigUInt64LE(at + 16)),
    })
  }
}

function otherSocket(records: Buffer, at: number, flags: number, family: number): FdState {
  const ino = Number(records.readBigUInt64LE(at + 16))
  const path = family === flag.AF_UNIX ? unixPath(nameOf(records, at)) : ''
  const socket = SocketState.of({
    ...emptySocket(family, records.readUInt16LE(at + 44), 'na'),
    sourcePtr: family === flag.AF_UNIX ? records.readBigUInt64LE(at + 96) : 0n,
    destPtr: family === flag.AF_UNIX ? records.readBigUInt64LE(at + 104) : 0n,
    path,
  })
  return new FdState(fdTypeOfFamily(family), undefined, '', undefined, flags, 0, ino, socket)
}

/** The text of a file's record, as far as the record goes. */
export function nameOf(records: Buffer, at: number): string {
  const from = at + fileBytes
  return records.latin1Slice(from, Math.min(from + records.readUInt16LE(at + 40), at + records.readUInt32LE(at)))
}

// As /proc/net/unix has it: an abstract name begins with @, and has one for each NUL.
function unixPath(name: string): string {
  if (name.startsWith('\0')) return name.replaceAll('\0', '@')
  const end = name.indexOf('\0')
  return end < 0 ? name : name.slice(0, end)
}

function portKey(space: number, family: number, port: number): string {
  return `${space} ${family} ${port}`
}
