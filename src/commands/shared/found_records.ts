import type { Splice } from '../../capture/splice.ts'
import { encodeRecord, type ParamValue } from '../../event/encode.ts'
import { type Event, recordStateOnly } from '../../event/event.ts'
import type { Fd, Socket } from '../../event/fd.ts'
import type { ThreadSeed } from '../../event/snapshot.ts'
import { codeOf } from '../../schema/event.ts'
import { executableFlags } from '../../state/executable.ts'
import { flag } from '../../state/flags.ts'
import type { State } from '../../state/state.ts'

// Behind events nothing but events may follow in a recording. So what was looked up meanwhile is told as the calls that would have made
// it what it is, for the state of readers alone: any reader knows what to make of those.

type Call = readonly [code: number, params: readonly ParamValue[]]

const clone = codeOf('SYSCALL_CLONE_20_X')
const execve = codeOf('SYSCALL_EXECVE_19_X')
const chdir = codeOf('SYSCALL_CHDIR_X')
const threadFlags = flag.CLONE_THREAD | flag.CLONE_FILES | flag.CLONE_FS
const open = codeOf('SYSCALL_OPEN_X')
const memfdCreate = codeOf('SYSCALL_MEMFD_CREATE_X')
const socketCall = codeOf('SOCKET_SOCKET_X')
const bind = codeOf('SOCKET_BIND_X')
const connect = codeOf('SOCKET_CONNECT_X')
const accept = codeOf('SOCKET_ACCEPT4_6_X')
const protocols = { tcp: 6, udp: 17, icmp: 1, raw: 255, na: 0, unknown: 0 } as const
// Where a list does not tell the type of a socket.
const sockTypes = { tcp: 1, udp: 2, icmp: 3, raw: 3, na: 1, unknown: 1 } as const

/**
 * Hands on, as records, what `state` looks up from now on: descriptors behind the events that they came with, threads before the first
 * event of theirs.
 */
export function onFound(state: State, take: (splice: Splice) => void): void {
  const tell = (event: Event, at: number, tid: number, calls: readonly Call[]) => {
    for (const [code, params] of calls) {
      take({ at, record: encodeRecord({ code, params, tid, ts: event.ts, cpu: event.cpu, flags: recordStateOnly }) })
    }
  }
  state.onFound = (event, tid, num, fd) => tell(event, endOf(event), tid, callsFor(num, fd))
  state.onFoundThreads = (event, { threads, fds }) => {
    // The thread comes first, then those that it descends from: readers shall know parents first.
    for (const seed of threads.toReversed()) tell(event, event.at, seed.tid, callsOf(seed))
    for (const [tid, num, fd] of fds) tell(event, event.at, tid, callsFor(num, fd))
  }
}

function endOf(event: Event): number {
  return event.at + event.view.getUint32(event.at, true)
}

/** The calls that make a thread what it is. */
export function callsOf(seed: ThreadSeed): readonly Call[] {
  const { tid, pid, ptid, uid, gid, vtid, vpid, comm, exe, args, cgroups, fdLimit } = seed
  const sizes = [seed.pfMajor, seed.pfMinor, seed.vmSizeKb, seed.vmRssKb, seed.vmSwapKb] as const
  const head = [0, exe, args, tid, pid, ptid, '', fdLimit, ...sizes, comm, cgroups] as const
  const isMain = tid === pid
  const made: Call = [clone, [...head, isMain ? seed.flags : seed.flags | threadFlags, uid, gid, vtid, vpid, 0]]
  if (!isMain) return [made]
  const ids = [seed.tty, seed.vpgid, seed.loginuid, executableFlags(seed)] as const
  const caps = [seed.capInheritable, seed.capPermitted, seed.capEffective] as const
  const image = [seed.exeIno, seed.exeCtime, seed.exeMtime, uid, seed.exepath, seed.pgid, gid, seed.exepath] as const
  return [made, [execve, [...head, seed.env, ...ids, ...caps, ...image]], [chdir, [0, seed.cwd]]]
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
