import type { FdType, L4Proto } from '../event/fd.ts'
import type { FdSeed, InterfaceAddress, Machine, Snapshot, ThreadSeed } from '../event/snapshot.ts'
import type { Group, User } from '../event/thread.ts'
import type { Cursor } from './scap_cursor.ts'
import type { BlockType } from './scap_format.ts'

/** What the lists before the events told so far, on its way to a snapshot. */
export class ScapLists {
  private readonly snapshot: Snapshot
  private users: User[] = []
  private groups: Group[] = []
  private addresses: InterfaceAddress[] = []
  private fdOwner = 0

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
  }

  /** A further section begins. */
  reset(): void {
    this.users = []
    this.groups = []
    this.addresses = []
    this.snapshot.reset?.()
  }

  /** The lists are at their end; events follow. */
  complete(): void {
    this.snapshot.setUsers(this.users, this.groups)
    this.snapshot.setAddresses?.(this.addresses)
    this.snapshot.complete()
  }

  /** Reads what comes before the first entry of a block. */
  head(kind: BlockType['kind'], cursor: Cursor): void {
    if (kind === 'machine') this.snapshot.setMachine?.(readMachine(cursor))
    if (kind === 'fds') this.fdOwner = cursor.i64()
  }

  /** Reads one entry; the cursor ends where the entry's length or its contents end. */
  entry(kind: BlockType['kind'], version: number, cursor: Cursor): void {
    if (kind === 'processes') this.snapshot.addThread(readThread(cursor, version))
    else if (kind === 'fds') this.addFd(cursor)
    else if (kind === 'users') this.addUser(cursor)
    else if (kind === 'interfaces') this.addresses.push(readAddress(cursor))
  }

  private addFd(cursor: Cursor): void {
    const num = cursor.i64()
    this.snapshot.addFd(this.fdOwner, num, readFd(cursor))
  }

  private addUser(cursor: Cursor): void {
    if (cursor.u8() === 0) this.users.push({ uid: cursor.u32(), gid: cursor.u32(), name: cursor.text(), home: cursor.text(), shell: cursor.text() })
    else this.groups.push({ gid: cursor.u32(), name: cursor.text() })
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

// The field order of process lists; the number is the version that a field came with.
function readThread(cursor: Cursor, version: number): ThreadSeed {
  const tid = cursor.i64()
  const pid = cursor.i64()
  const ptid = cursor.i64()
  const sid = version >= 6 ? cursor.i64() : undefined
  const vpgid = version >= 8 ? cursor.i64() : undefined
  const comm = cursor.text()
  const exe = cursor.text()
  const exepath = version >= 7 ? cursor.text() : undefined
  const seed: Draft<ThreadSeed> = { tid, pid, ptid, comm, exe, args: cursor.text(), cwd: cursor.text() }
  if (sid !== undefined) seed.sid = sid
  if (vpgid !== undefined) seed.vpgid = vpgid
  if (exepath !== undefined) seed.exepath = exepath
  seed.fdLimit = cursor.i64()
  seed.flags = cursor.u32()
  seed.uid = cursor.u32()
  seed.gid = cursor.u32()
  if (version >= 2) readSizes(cursor, seed)
  if (version >= 3) seed.env = cursor.text()
  if (version >= 4) {
    seed.vtid = cursor.i64()
    seed.vpid = cursor.i64()
    seed.cgroups = cursor.text()
  }
  if (version >= 5) seed.root = cursor.text()
  if (version >= 9) readTail(cursor, seed)
  return seed
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
const fileV2 = 16

function readFd(cursor: Cursor): FdSeed {
  const ino = cursor.u64()
  const code = cursor.u8()
  const type = fdTypes[code] ?? 'unknown'
  if (type === 'ipv4' || type === 'ipv6') return readInet(cursor, type, ino, code === ipv4Listening || code === ipv6Listening)
  if (type === 'unix') {
    const sourcePtr = cursor.big()
    const destPtr = cursor.big()
    return { type, ino, sourcePtr, destPtr, name: cursor.text() }
  }
  if (code !== fileV2) return { type, ino, name: cursor.text() }
  const flags = cursor.u32()
  const name = cursor.text()
  return { type, ino, name, flags, dev: cursor.u32() }
}

function readInet(cursor: Cursor, type: FdType, ino: number | bigint, isListening: boolean): FdSeed {
  const size = type === 'ipv4' ? 4 : 16
  const base = { type, ino, name: '', isListening }
  const sourceIp = cursor.raw(size)
  if (isListening) return { ...base, sourceIp, sourcePort: cursor.u16(), l4: l4Protos[cursor.u8()] ?? 'unknown' }
  const destIp = cursor.raw(size)
  const sourcePort = cursor.u16()
  const destPort = cursor.u16()
  return { ...base, sourceIp, destIp, sourcePort, destPort, l4: l4Protos[cursor.u8()] ?? 'unknown' }
}
