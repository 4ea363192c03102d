import type { EventSpec, ParamValue } from '../../src/event/encode.ts'
import { codeOf } from '../../src/schema/event.ts'
import { block, entry, event, machine, section, text, u8, u16, u32, u64 } from '../capture/scap_writer.ts'

// Recordings as sysdig 0.29.3 and Falco of its time wrote them: state at the head, an enter and an exit event for each system call.

export interface ThreadEntry {
  readonly tid: number
  readonly pid?: number
  readonly ptid?: number
  readonly comm: string
  readonly exe?: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  readonly sid?: number
  readonly flags?: number
}

/** A descriptor as the lists have it: a type of `scap_format` and its data (`inetFd`, `namedFd` ...). */
export interface FdEntry {
  readonly tid: number
  readonly num: number
  readonly type: number
  readonly data: Buffer
}

export interface RecordingParts {
  readonly threads?: readonly ThreadEntry[]
  readonly fds?: readonly FdEntry[]
  readonly users?: readonly { readonly uid: number; readonly gid: number; readonly name: string }[]
  /** Addresses of interfaces: IPv4, each in a network of 24 bits. */
  readonly addresses?: readonly string[]
  readonly events: readonly EventSpec[]
}

/** The first event's time; each further one without a time of its own is a microsecond later. */
export const firstTs = 1_600_000_000_000_001_000n

export function recording({ threads = [], fds = [], users = [], addresses = [], events }: RecordingParts): Buffer {
  const owners = [...new Set(fds.map(({ tid }) => tid))]
  return Buffer.concat([
    section(),
    machine(),
    block(0x219, ...addresses.map(interfaceEntry)),
    block(
      0x220,
      ...users.map(({ uid, gid, name }) => entry([u8(0), u32(uid), u32(gid), text(name), text(`/home/${name}`), text('/bin/sh')])),
    ),
    block(0x215, ...threads.map(threadEntry)),
    ...owners.map((owner) => block(0x218, u64(owner), ...fds.filter(({ tid }) => tid === owner).map(fdEntry))),
    ...events.map((spec, index) => event({ ts: firstTs + BigInt(index) * 1000n, ...spec })),
  ])
}

/** A system call's enter and exit events, by the driver's name without its end: `SYSCALL_READ`. */
export function call(tid: number, name: string, enter: readonly ParamValue[], exit: readonly ParamValue[]): EventSpec[] {
  return [
    { tid, code: codeOf(`${name}_E`), params: enter },
    { tid, code: codeOf(`${name}_X`), params: exit },
  ]
}

export const l4 = { tcp: 2, udp: 3 } as const

export function connectionFd(tid: number, num: number, local: Address, remote: Address, proto: number): FdEntry {
  const data = Buffer.concat([local.ip, remote.ip, u16(local.port), u16(remote.port), u8(proto)])
  return { tid, num, type: local.ip.length === 4 ? 3 : 4, data }
}

export function listeningFd(tid: number, num: number, at: Address, proto: number): FdEntry {
  return { tid, num, type: at.ip.length === 4 ? 5 : 6, data: Buffer.concat([at.ip, u16(at.port), u8(proto)]) }
}

export function unixFd(tid: number, num: number, name: string): FdEntry {
  return { tid, num, type: 8, data: Buffer.concat([u64(0), u64(0), text(name)]) }
}

export function fileFd(tid: number, num: number, name: string): FdEntry {
  return { tid, num, type: 16, data: Buffer.concat([u32(1), text(name), u32(0)]) }
}

/** Pipes (7), event descriptors (9), directories (2) and whatever else has a name alone. */
export function namedFd(tid: number, num: number, type: number, name: string): FdEntry {
  return { tid, num, type, data: text(name) }
}

export interface Address {
  readonly ip: Buffer
  readonly port: number
}

/** `1.2.3.4:80`, or sixteen bytes in hexadecimal with a port. */
export function address(written: string): Address {
  const [ip = '', port = ''] = written.split(':')
  return { ip: ip.length === 32 ? Buffer.from(ip, 'hex') : Buffer.from(ip.split('.').map(Number)), port: Number(port) }
}

/** The value of a SOCKADDR parameter. */
export function sockaddr({ ip, port }: Address): Buffer {
  return Buffer.concat([u8(ip.length === 4 ? 2 : 10), ip, u16(port)])
}

/** The value of a SOCKTUPLE parameter. */
export function socktuple(source: Address, dest: Address): Buffer {
  return Buffer.concat([u8(source.ip.length === 4 ? 2 : 10), source.ip, u16(source.port), dest.ip, u16(dest.port)])
}

function interfaceEntry(written: string, index: number): Buffer {
  const { ip } = address(`${written}:0`)
  const name = `eth${index}`
  const broadcast = Buffer.from([...ip.subarray(0, 3), 255])
  return entry([u16(1), u16(name.length), ip, Buffer.from([255, 255, 255, 0]), broadcast, u64(1000), Buffer.from(name)], 0)
}

function threadEntry(thread: ThreadEntry): Buffer {
  const { tid, comm } = thread
  const { pid = tid, ptid = 1, exe = `/bin/${comm}`, args = [], env = [], cwd = '/', uid = 0, gid = 0, sid = 1, flags = 1 } = thread
  const pieces = (list: readonly string[]) => text(list.map((piece) => `${piece}\0`).join(''))
  return entry([
    ...[u64(tid), u64(pid), u64(ptid), u64(sid), u64(sid)],
    ...[text(comm), text(exe), text(exe), pieces(args), text(cwd)],
    ...[u64(1024), u32(flags), u32(uid), u32(gid), u32(1000), u32(100), u32(0), u64(0), u64(0)],
    ...[pieces(env), u64(tid), u64(pid), pieces(['cpu=/', 'memory=/user.slice']), text('/')],
  ])
}

function fdEntry({ num, type, data }: FdEntry): Buffer {
  return entry([u64(num), u64(0), u8(type), data])
}
