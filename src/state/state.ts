import type { Event } from '../event/event.ts'
import type { Fd } from '../event/fd.ts'
import type { InterfaceAddress, Known, Machine, ScanRecords, Snapshot, ThreadSeed } from '../event/snapshot.ts'
import type { Group, Thread, User } from '../event/thread.ts'
import { anyAddresses, isInNet, isLoopback } from './addresses.ts'
import { changes, fdParams, isBirth, isPassive, readFd, tellingOf } from './apply/index.ts'
import { ContainerRefs } from './container_refs.ts'
import { type Containers, noContainers } from './containers.ts'
import { copyOfFd, type FdState, namedFd } from './fd.ts'
import { Fds } from './fds.ts'
import { Finding, type Findings } from './finding.ts'
import { flag } from './flags.ts'
import { Programs } from './image.ts'
import { bytesOf, Memory, slotBytes, weigh } from './memory.ts'
import { OpenCache } from './open_cache.ts'
import type { SocketState } from './socket.ts'
import type { Cgroups } from './texts.ts'
import { type ContainerRef, ThreadState, type World } from './thread.ts'
import { Threads } from './threads.ts'
import type { Users } from './users.ts'

export interface StateOptions {
  /** What the events tell of: this host now, or a recording. Of a recording nothing is looked up here. */
  readonly source: 'live' | 'replay'
  /** Most threads that are kept (`falco_libs.thread_table_size`). */
  readonly tableSize?: number
  /** Threads that were quiet for this long and are gone are taken out. */
  readonly threadTimeoutMs?: number
  /** Reads a thread that was missed; live only. */
  readonly procfs?: ThreadSource
  readonly users: Users
  readonly containers?: Containers
  /** Whether environments are kept; they are the greater part of what an execve tells. */
  readonly keepsEnv?: boolean
  /** Bytes, about, from which on no more threads and descriptors are taken in. */
  readonly memoryLimit?: number
}

/** Where missed threads can be looked up. */
export interface ThreadSource {
  /** Tells `state` of thread `tid`, its process and their unknown ancestors; false if it is not there. */
  read(tid: number, state: Findings, isKnown: (tid: number) => boolean): boolean
  isAlive(tid: number): boolean
  /** Descriptor `num` of a process as it is now; undefined where it is not there. */
  descriptor(pid: number, num: number): Fd | undefined
  /** Path of what a process runs, as a byte string; '' where it is not there. */
  executable(pid: number): string
  /** Tells `state` of all threads, addresses and descriptors: from the records of iterators, where they are to be had. */
  scan(state: Snapshot, records?: ScanRecords): void
}

const unknownMachine: Machine = { cpus: 1, memoryBytes: 0, maxPid: 0, hostname: '', bootTs: 0n }
const prefixBytes = 8
const zeroPrefix = '\0'.repeat(prefixBytes)
const lookupsPerSecond = 500
const checksPerPurge = 4096
const containersMs = 30_000
const defaultTableSize = 262_144
const defaultTimeoutMs = 300_000
const megabyte = 1024 * 1024
// A recording may claim anything; a machine has what it has.
const defaultMemory = { live: 1024 * megabyte, replay: 48 * megabyte } as const
const userBytes = 200

/** What the kernel told us so far: threads, descriptors, users and containers. */
export class State implements Snapshot, Known, World {
  readonly threads: Threads
  readonly users: Users
  readonly containers: Containers
  readonly isLive: boolean
  readonly keepsEnv: boolean
  readonly memory: Memory
  readonly opens = new OpenCache()
  readonly programs = new Programs()
  machine: Machine = unknownMachine
  readonly options: StateOptions
  readonly addresses: InterfaceAddress[] = []
  private readonly ownAddresses = new Set<string>()
  private readonly prefixes = new Set<string>()
  /** Hear of descriptors and threads that were looked up because of an event. */
  onFound: ((event: Event, tid: number, num: number, fd: Fd) => void) | undefined
  onFoundThreads: ((event: Event, found: Finding) => void) | undefined
  private listedBytes = 0
  private readonly containerRefs: ContainerRefs
  // What the last event ended is taken out before the next one, so that rules still see it.
  private hasEnded = false
  private ending: ThreadState | undefined = undefined
  private endingReaper = 0
  private closing: Fds | undefined = undefined
  private closingNum = 0
  private round = 0
  private lookupsLeft = lookupsPerSecond
  private purging: IterableIterator<ThreadState> | undefined
  private lastRoundMs = 0
  private lastContainersMs = 0

  constructor(options: StateOptions) {
    this.options = options
    this.isLive = options.source === 'live'
    this.keepsEnv = options.keepsEnv ?? true
    const limit = options.memoryLimit ?? defaultMemory[options.source]
    this.memory = new Memory(limit, () => this.listedBytes + weigh(this.threads.values()))
    this.threads = new Threads(options.tableSize ?? defaultTableSize, this.memory)
    this.users = options.users
    this.containers = options.containers ?? noContainers
    this.containerRefs = new ContainerRefs(this.containers)
  }

  /** Takes in all that the kernel's iterators, or /proc, tell now. */
  scan(records?: ScanRecords): void {
    this.options.procfs?.scan(this, records)
  }

  /** Changes the state as the event tells, and attaches to the event who did it and on what. */
  apply(event: Event): void {
    if (this.hasEnded) this.finishEnd()
    const { type } = event
    const tid = event.tid
    event.threads = this
    event.subjects = this.opens.words
    let thread = this.threads.get(tid)
    if (thread === undefined) {
      if (tid <= 0 || isPassive[type] === 1) {
        tellingOf[type]?.(event, this)
        return
      }
      thread = isBirth[type] === 1 ? this.addUnknown(tid) : this.missing(event, tid)
    }
    thread.seen = this.round
    event.thread = thread
    const at = fdParams[type] as number
    if (at >= 0) {
      const num = readFd(event, at)
      event.fdNum = num
      event.fd = thread.fds.get(num)
    }
    const change = changes[type]
    if (change === undefined) return
    this.memory.note(event.size)
    change(event, thread, this)
  }

  /**
   * Takes out threads that ended unnoticed, and reads users that changed; a bounded piece of work, to be called about once a second.
   *
   * `nowMs` counts milliseconds from any start.
   */
  purge(nowMs: number): void {
    this.lookupsLeft = lookupsPerSecond
    this.users.refresh()
    const { procfs } = this.options
    if (!this.isLive || !procfs) return
    if (nowMs - this.lastContainersMs >= containersMs) {
      this.lastContainersMs = nowMs
      this.purgeContainers()
    }
    const timeoutMs = this.options.threadTimeoutMs ?? defaultTimeoutMs
    if (this.purging === undefined) {
      if (nowMs - this.lastRoundMs < timeoutMs) return
      this.lastRoundMs = nowMs
      this.round++
      this.purging = this.threads.values()
    }
    for (let i = 0; i < checksPerPurge; i++) {
      const next = this.purging.next()
      if (next.done) {
        this.purging = undefined
        return
      }
      const thread = next.value
      if (thread.seen < this.round - 1 && !procfs.isAlive(thread.tid)) this.threads.end(thread, 0)
    }
  }

  private purgeContainers(): void {
    if (this.containerRefs.size === 0) return
    const used = new Set<string>()
    for (const thread of this.threads.values()) used.add(thread.fullContainerId).add(thread.containerId)
    this.containerRefs.keep((fullId) => used.has(fullId))
    this.containers.purge?.((fullId) => used.has(fullId))
    this.users.keep((containerId) => used.has(containerId))
  }

  find(tid: number): ThreadState | undefined {
    return this.threads.get(tid)
  }

  /** Puts descriptor `num` of `thread` in place, as what the event is about. */
  setFd(event: Event, thread: ThreadState, num: number, fd: FdState): void {
    event.fdNum = num
    event.fd = fd
    this.keepFd(thread, num, fd)
  }

  /** The same for a descriptor that other tables have too. */
  shareFd(event: Event, thread: ThreadState, num: number, fd: FdState): void {
    event.fdNum = num
    event.fd = fd
    this.keepFd(thread, num, fd, slotBytes)
  }

  /** Puts descriptor `num` of `thread` in place; where there is no room for it, the number stands for nothing. */
  keepFd(thread: ThreadState, num: number, fd: FdState, bytes: number = bytesOf(fd)): void {
    this.memory.note(bytes)
    if (this.memory.isFull) thread.fds.delete(num)
    else thread.fds.set(num, fd)
  }

  /** The thread was handed a descriptor by another process: what it stands for, /proc tells; of a recording, nothing does. */
  receiveFd(event: Event, thread: ThreadState, num: number): void {
    const found = this.lookupsLeft-- > 0 ? this.options.procfs?.descriptor(thread.pid, num) : undefined
    thread.fds.set(num, found === undefined ? namedFd('unknown', '') : this.fdOf(found))
    if (found !== undefined) this.onFound?.(event, thread.tid, num, found)
  }

  /** The thread will be gone with the next event. */
  endAfterEvent(thread: ThreadState, reaper: number): void {
    this.ending = thread
    this.endingReaper = reaper
    this.hasEnded = true
  }

  /** The descriptor will be gone with the next event. */
  closeAfterEvent(fds: Fds, num: number): void {
    this.closing = fds
    this.closingNum = num
    this.hasEnded = true
  }

  /** Finds out which ends of a connection are this machine's; live, by the role where no interface has either address. */
  placeEnds(socket: SocketState): void {
    const isSource = this.isHere(socket.sourceIp, socket)
    const isDest = this.isHere(socket.destIp, socket)
    const isByRole = this.isLive && !isSource && !isDest
    socket.isClientLocal = isByRole ? !socket.isServer : isSource
    socket.isServerLocal = isByRole ? socket.isServer : isDest
  }

  // Of a recording, any address with the first 64 bits of one of the machine's own counts as its own, and no address as zero: as
  // Falco has it.
  private isHere(ip: string, { family }: SocketState): boolean {
    if (this.isLive || ip.length === 4) return this.ownAddresses.has(ip)
    return this.prefixes.has(ip === '' && family === flag.AF_INET6 ? zeroPrefix : ip.slice(0, prefixBytes))
  }

  /** Puts this machine's address where a socket has none: that of the interface by which it reaches the other end. */
  completeAddresses(socket: SocketState): void {
    if (this.addresses.length === 0) return
    if (anyAddresses.has(socket.sourceIp)) socket.sourceIp = this.addressTowards(socket.destIp) ?? socket.sourceIp
    else if (anyAddresses.has(socket.destIp)) socket.destIp = this.addressTowards(socket.sourceIp) ?? socket.destIp
  }

  private addressTowards(peer: string): string | undefined {
    const near = this.addresses.find(({ address, netmask }) => isInNet(peer, address, netmask))
    return (near ?? this.addresses.find(({ address }) => address.length === peer.length && !isLoopback(address)))?.address
  }

  userOf(uid: number, thread: ThreadState): User | undefined {
    return this.users.user(uid, thread.containerId, thread.pid)
  }

  groupOf(gid: number, thread: ThreadState): Group | undefined {
    return this.users.group(gid, thread.containerId, thread.pid)
  }

  containerOf(cgroups: Cgroups): ContainerRef {
    return this.containerRefs.of(cgroups)
  }

  /** Sets out to learn of the container that a thread turns out to be in, before rules ask. */
  noteContainer(thread: ThreadState): void {
    if (this.isLive && thread.containerId !== '') void thread.container
  }

  /** When the machine booted, ns since the epoch; 0n where a recording does not tell. */
  get bootTs(): bigint {
    return this.machine.bootTs
  }

  /** All threads that more is known of than their number, without what the last event ended. */
  *listedThreads(): Iterable<Thread> {
    if (this.hasEnded) this.finishEnd()
    for (const thread of this.threads.values()) if (!thread.isUnknown) yield thread
  }

  reset(): void {
    this.threads.clear()
    this.ownAddresses.clear()
    this.prefixes.clear()
    this.addresses.length = 0
    this.listedBytes = 0
    this.users.clear()
    this.containers.clear?.()
  }

  setMachine(machine: Machine): void {
    this.machine = machine
  }

  addAddress(address: InterfaceAddress): void {
    if (!this.hasRoom(userBytes + address.name.length)) return
    this.ownAddresses.add(address.address)
    if (address.address.length === 16) this.prefixes.add(address.address.slice(0, prefixBytes))
    this.addresses.push(address)
  }

  /** Takes in a user of a container, or of the host where none is named. */
  addUser(user: User, containerId?: string): void {
    const { name, home, shell } = user
    if (this.hasRoom(userBytes + name.length + home.length + shell.length)) this.users.addUser(user, containerId)
  }

  addGroup(group: Group, containerId?: string): void {
    if (this.hasRoom(userBytes + group.name.length)) this.users.addGroup(group, containerId)
  }

  addThread(seed: ThreadSeed): void {
    const { tid, pid } = seed
    const early = this.threads.get(tid)
    const fds = early?.isUnknown ? early.fds : new Fds()
    const thread = this.threads.add(tid, pid, this, fds)
    thread.take(seed)
    if (this.isLive) thread.expects = 'either'
    // Who recorded it had not seen its parent's telling of the clone, which is among the events then.
    else if ((seed.flags & flag.CLONE_INVERTED) !== 0) thread.expects = 'parent'
    this.memory.note(thread.image.bytes + thread.cgroupTexts.text.length)
    thread.seen = this.round
    if (tid !== pid) this.joinGroup(thread)
    this.linkParent(thread)
  }

  addFd(tid: number, num: number, fd: Fd): void {
    const thread = this.threads.get(tid) ?? this.addUnknown(tid)
    const made = this.fdOf(fd)
    this.keepFd(thread, num, made, bytesOf(made) + made.textLength)
  }

  /** Makes `thread` one of the group that its pid tells; the main thread is made up if it is not known. */
  joinGroup(thread: ThreadState): void {
    const main = this.threads.get(thread.pid)
    if (main === undefined || main.isUnknown) return
    this.threads.join(thread, main)
    thread.fds = main.fds
  }

  /** Lists a main thread under its parent, so that it is found when the parent ends. */
  linkParent(thread: ThreadState): void {
    const parent = thread.ptid > 0 && thread.ptid !== thread.tid ? this.threads.get(thread.ptid) : undefined
    if (parent !== undefined && parent !== thread.listedParent) this.threads.adopt(parent, thread)
  }

  // Users and addresses stay until the next section.
  private hasRoom(bytes: number): boolean {
    this.memory.note(bytes)
    if (this.memory.isFull) return false
    this.listedBytes += bytes
    return true
  }

  private fdOf(fd: Fd): FdState {
    const copy = copyOfFd(fd)
    if (copy.socket !== undefined) this.placeEnds(copy.socket)
    return copy
  }

  private finishEnd(): void {
    const { closing, ending } = this
    this.hasEnded = false
    if (closing !== undefined) {
      closing.delete(this.closingNum)
      this.closing = undefined
    }
    if (ending !== undefined) {
      this.threads.end(ending, this.endingReaper)
      this.ending = undefined
    }
  }

  private missing(event: Event, tid: number): ThreadState {
    const { procfs } = this.options
    if (!this.isLive || procfs === undefined) return this.addUnknown(tid)
    // Without a budget left it stays out of the table, so that a later event tries again.
    if (this.lookupsLeft <= 0) return makeUnknown(new ThreadState(tid, -1, this))
    this.lookupsLeft--
    const finding = this.onFoundThreads && new Finding(this)
    procfs.read(tid, finding ?? this, (other) => this.threads.get(other) !== undefined)
    if (finding) this.onFoundThreads?.(event, finding)
    return this.threads.get(tid) ?? this.addUnknown(tid)
  }

  private addUnknown(tid: number): ThreadState {
    return makeUnknown(this.threads.add(tid, -1, this))
  }
}

function makeUnknown(thread: ThreadState): ThreadState {
  thread.isUnknown = true
  thread.ownCwd = '.'
  return thread
}
