import type { Fd, FdType, L4Proto, Socket } from '../event/fd.ts'
import type { InterfaceAddress, Machine, Snapshot, ThreadSeed } from '../event/snapshot.ts'
import type { Cursor } from './scap_cursor.ts'
import type { BlockType } from './scap_format.ts'

// Each is some hundred bytes.
const mostWaiting = 20_000

/** Hands the lists at the head of a recording to a snapshot. */
export class ScapLists {
  private readonly snapshot: Snapshot
  private fdOwner = 0
  /** IPv4 connections wait for the end of the lists: which end is the server shows by the ports that are listened on. */
  private connections: (readonly [tid: number, num: number, fd: Fd, socket: Socket])[] = []
  private readonly serverPorts = new Set<number>()

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
  }

  /** A further section begins. */
  reset(): void {
    this.connections = []
    this.serverPorts.clear()
    this.snapshot.reset()
  }

  /** The lists are at their end, or more connections wait than should. */
  complete(): void {
    for (const [tid, num, fd, socket] of this.connections) {
      if (this.serverPorts.has(socket.sourcePort)) turnRound(socket)
      this.snapshot.addFd(tid, num, fd)
    }
    this.connections = []
  }

  /** Reads what comes before the first entry of a block. */
  head(kind: BlockType['kind'], cursor: Cursor): void {
    if (kind === 'machine') this.snapshot.setMachine(readMachine(cursor))
    if (kind === 'fds') this.fdOwner = cursor.i64()
  }

  /** Reads one entry; the cursor ends where the entry's contents end. */
  entry(kind: BlockType['kind'], version: number, cursor: Cursor): void {
    if (kind === 'processes') this.snapshot.addThread(readThread(cursor, version))
    else if (kind === 'fds') this.addFd(cursor.i64(), readFd(cursor, version >= 2))
    else if (kind === 'users') this.addUser(cursor)
    else if (kind === 'interfaces') this.snapshot.addAddress(readAddress(cursor))
  }

  private addFd(num: number, fd: Fd): void {
    const { socket } = fd
    if (socket?.isServer) this.serverPorts.add(socket.destPort)
    if (socket?.hasRole && fd.type === 'ipv4') {
      if (this.connections.length === mostWaiting) this.complete()
      this.connections.push([this.fdOwner, num, fd, socket])
    } else this.snapshot.addFd(this.fdOwner, num, fd)
  }

  private addUser(cursor: Cursor): void {
    const isUser = cursor.u8() === 0
    if (!isUser) this.snapshot.addGroup({ gid: cursor.u32(), name: cursor.text() })
    if (isUser)
      this.snapshot.addUser({ uid: cursor.u32(), gid: cursor.u32(), name: cursor.text(), home: cursor.text(), shell: cursor.text() })
  }
}

/** Bytes before the first entry of a block. */
export const headBytes: Readonly<Record<BlockType['kind'], number>> = {
  section: 16,
  machine: 180,
  processes: 0,
  fds: 8,
  interfaces: 0,
  users: 0,
}

/** Least and greatest size of an entry that does not tell its length. */
export const entryBytes: Readonly<Record<BlockType['kind'], readonly [least: number, most: number]>> = {
  section: [0, 0],
  machine: [0, 0],
  processes: [40, 640 * 1024],
  fds: [17, 80 * 1024],
  interfaces: [16, 70 * 1024],
  users: [7, 200 * 1024],
}

const hostnameBytes = 128

function readMachine(cursor: Cursor): Machine {
  const cpus = cursor.u32()
  const memoryBytes = cursor.i64()
  const maxPid = cursor.i64()
  const hostname = cursor.raw(hostnameBytes)
  const end = hostname.indexOf('\0')
  return { cpus, memoryBytes, maxPid, hostname: end < 0 ? hostname : hostname.slice(0, end), bootTs: cursor.big() }
}

// Interface types: 1 IPv4, 2 IPv6, both with the link's speed; 3 and 4 the same without.
function readAddress(cursor: Cursor): InterfaceAddress {
  const type = cursor.u16()
  const nameBytes = cursor.u16()
  const size = type === 1 || type === 3 ? 4 : 16
  const address = cursor.raw(size)
  const netmask = cursor.raw(size)
  const broadcast = cursor.raw(size)
  if (type < 3) cursor.skip(8)
  return { name: cursor.raw(nameBytes), address, netmask, broadcast }
}

type Draft<T> = { -readonly [Key in keyof T]: T[Key] }

const unsetUid = 0xffffffff

// The order of fields in process lists; the numbers are the versions that they came with.
function readThread(cursor: Cursor, version: number): ThreadSeed {
  const seed = blankThread(cursor.i64())
  seed.pid = cursor.i64()
  seed.ptid = cursor.i64()
  if (version >= 6) seed.sid = cursor.i64()
  if (version >= 8) seed.vpgid = cursor.i64()
  seed.comm = cursor.text()
  seed.exe = cursor.text()
  if (version >= 7) seed.exepath = cursor.text()
  seed.args = cursor.texts()
  seed.cwd = cursor.text()
  seed.fdLimit = cursor.i64()
  seed.flags = cursor.u32()
  seed.uid = cursor.u32()
  seed.gid = cursor.u32()
  if (version >= 2) readSizes(cursor, seed)
  if (version >= 3) seed.env = cursor.texts()
  if (version >= 4) {
    seed.vtid = cursor.i64()
    seed.vpid = cursor.i64()
    seed.cgroups = cursor.texts()
  }
  if (version >= 5) seed.root = cursor.text()
  if (version >= 9) readTail(cursor, seed)
  return seed
}

function blankThread(tid: number): Draft<ThreadSeed> {
  return {
    ...{ tid, pid: tid, ptid: 0, vtid: -1, vpid: -1, sid: -1, vpgid: -1, pgid: -1 },
    ...{ comm: '', exe: '', exepath: '', args: [], env: [], cwd: '', root: '', cgroups: [] },
    ...{ tty: 0, uid: unsetUid, gid: unsetUid, loginuid: unsetUid, flags: 0, fdLimit: 0 },
    ...{ capInheritable: 0n, capPermitted: 0n, capEffective: 0n, exeIno: 0, exeCtime: 0n, exeMtime: 0n, pidnsInitStartTs: 0n },
    ...{ isExeWritable: false, isExeUpperLayer: false, isExeLowerLayer: false, isExeFromMemfd: false },
    ...{ vmSizeKb: 0, vmRssKb: 0, vmSwapKb: 0, pfMajor: 0, pfMinor: 0 },
  }
}

function readSizes(cursor: Cursor, seed: Draft<ThreadSeed>): void {
  seed.vmSizeKb = cursor.u32()
  seed.vmRssKb = cursor.u32()
  seed.vmSwapKb = cursor.u32()
  seed.pfMajor = cursor.i64()
  seed.pfMinor = cursor.i64()
}

// libs before 0.10 wrote neither the start of the pid namespace nor the terminal: their entries end with these at most.
const oldTailBytes = 29

const tailFields: readonly ((cursor: Cursor, seed: Draft<ThreadSeed>) => void)[] = [
  (cursor, seed) => {
    seed.pidnsInitStartTs = cursor.big()
  },
  (cursor, seed) => {
    seed.tty = cursor.u32()
  },
  (cursor, seed) => {
    seed.loginuid = cursor.u32()
  },
  (cursor, seed) => {
    seed.isExeWritable = cursor.u8() !== 0
  },
  (cursor, seed) => {
    seed.capInheritable = cursor.big()
  },
  (cursor, seed) => {
    seed.capPermitted = cursor.big()
  },
  (cursor, seed) => {
    seed.capEffective = cursor.big()
  },
  (cursor, seed) => {
    seed.isExeUpperLayer = cursor.u8() !== 0
  },
  (cursor, seed) => {
    seed.exeIno = cursor.u64()
  },
  (cursor, seed) => {
    seed.exeCtime = cursor.big()
  },
  (cursor, seed) => {
    seed.exeMtime = cursor.big()
  },
  (cursor, seed) => {
    seed.isExeFromMemfd = cursor.u8() !== 0
  },
  (cursor, seed) => {
    seed.isExeLowerLayer = cursor.u8() !== 0
  },
  (cursor, seed) => {
    seed.pgid = cursor.i64()
  },
]

const loginuidField = 2

function readTail(cursor: Cursor, seed: Draft<ThreadSeed>): void {
  const first = cursor.left <= oldTailBytes ? loginuidField : 0
  for (let i = first; i < tailFields.length && cursor.left > 0; i++) tailFields[i]?.(cursor, seed)
}

const fdTypes: readonly FdType[] = [
  'unknown',
  'file',
  'directory',
  'ipv4',
  'ipv6',
  'ipv4',
  'ipv6',
  'pipe',
  'unix',
  'event',
  'unsupported',
  'signalfd',
  'eventpoll',
  'inotify',
  'timerfd',
  'netlink',
  'file',
  'bpf',
  'userfaultfd',
  'io_uring',
  'memfd',
  'pidfd',
]

const l4Protos: readonly L4Proto[] = ['unknown', 'na', 'tcp', 'udp', 'icmp', 'raw']

const ipv4Listening = 5
const ipv6Listening = 6
const unsupported = 10
const fileV2 = 16

const blankFd: Fd = { type: 'unknown', name: '', nameRaw: undefined, flags: 0, dev: 0, ino: 0, socket: undefined }

// Our own recordings have the types that old readers refuse in a byte behind the name.
function laterType(cursor: Cursor): FdType {
  return (cursor.left > 0 ? fdTypes[cursor.u8()] : undefined) ?? 'unsupported'
}

// Internet sockets have no name here: the state composes it from the addresses.
function readFd(cursor: Cursor, hasLength: boolean): Fd {
  const ino = cursor.u64()
  const code = cursor.u8()
  const type = fdTypes[code] ?? 'unknown'
  if (code === unsupported) return { ...blankFd, ino, name: cursor.text(), type: hasLength ? laterType(cursor) : type }
  const fd: Fd = { ...blankFd, type, ino }
  if (type === 'ipv4' || type === 'ipv6') {
    fd.socket = readInet(cursor, type === 'ipv4' ? 4 : 16, code === ipv4Listening || code === ipv6Listening)
    return fd
  }
  if (type === 'unix') {
    fd.socket = { ...blankSocket, family: familyUnix, sourcePtr: cursor.big(), destPtr: cursor.big() }
    fd.name = cursor.text()
    fd.socket.path = fd.name
    return fd
  }
  if (code === fileV2) fd.flags = cursor.u32()
  fd.name = cursor.text()
  // The device came after the open flags, with entries that tell their length.
  if (code === fileV2 && hasLength && cursor.left >= 4) fd.dev = cursor.u32()
  return fd
}

const familyUnix = 1
const familyInet = 2
const familyInet6 = 10

const blankSocket: Socket = {
  ...{
    family: 0,
    sockType: 0,
    l4: 'unknown',
    isServer: false,
    hasRole: true,
    isConnected: false,
    isClientLocal: true,
    isServerLocal: false,
  },
  ...{ sourceIp: '', sourcePort: 0, destIp: '', destPort: 0, sourcePtr: 0n, destPtr: 0n, path: '' },
}

// The lists put this machine's end first; a connection's source is its client.
function turnRound(socket: Socket): void {
  const { sourceIp, sourcePort } = socket
  socket.sourceIp = socket.destIp
  socket.sourcePort = socket.destPort
  socket.destIp = sourceIp
  socket.destPort = sourcePort
  socket.isServer = true
}

function readInet(cursor: Cursor, size: 4 | 16, isListening: boolean): Socket {
  const socket = { ...blankSocket, family: size === 4 ? familyInet : familyInet6, isServer: isListening }
  if (!isListening) socket.sourceIp = cursor.raw(size)
  socket.destIp = cursor.raw(size)
  if (!isListening) socket.sourcePort = cursor.u16()
  socket.destPort = cursor.u16()
  socket.l4 = l4Protos[cursor.u8()] ?? 'unknown'
  // Falco takes roles from lists for IPv4 connections alone.
  socket.hasRole = size === 4 && !isListening
  socket.isConnected = !isListening && socket.l4 === 'tcp'
  return socket
}
