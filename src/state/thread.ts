import type { Container } from '../event/container.ts'
import type { ThreadSeed } from '../event/snapshot.ts'
import type { CommandLine, Group, Thread, User } from '../event/thread.ts'
import type { Caps } from './executable.ts'
import { Fds } from './fds.ts'
import { flag } from './flags.ts'
import { Image, unknownImage } from './image.ts'
import { Cgroups, noCgroups, type Texts } from './texts.ts'

/** What a thread needs to know of the world around it. */
export interface World {
  find(tid: number): ThreadState | undefined
  userOf(uid: number, thread: ThreadState): User | undefined
  groupOf(gid: number, thread: ThreadState): Group | undefined
  containerOf(cgroups: Cgroups, previous: ThreadState | undefined): ContainerRef
}

/** The container of a thread: found once for each text of cgroups, shared by all who inherit it. */
export interface ContainerRef {
  readonly id: string
  readonly fullId: string
  readonly container: Container | undefined
}

const twoTo32 = 2 ** 32
// A clone is told twice, by the parent (its result is the child's id) and by the child (its result is 0), in either order. Two
// tellings further apart than this are two clones, of which one telling each was missed.
const clonePairNs = 10_000_000_000

export const unknownId = 4_294_967_295

/** A thread of the table. Members that need splitting or looking up are read through getters, and made when first asked for. */
export class ThreadState implements Thread {
  readonly tid: number
  readonly world: World
  pid: number
  ptid = -1
  vtid = -1
  vpid = -1
  sid = -1
  vpgid = -1
  pgid = -1
  image: Image = unknownImage
  /** Name that it took since execve, and directory that it went to; else the image's. */
  ownComm: string | undefined = undefined
  ownCwd: string | undefined = undefined
  ownCaps: Caps | undefined = undefined
  cgroupTexts: Cgroups = noCgroups
  root = ''
  tty = 0
  uid = unknownId
  gid = unknownId
  loginuid = unknownId
  flags = 0
  // Times in halves of ns, so that no bigint is made that nobody asks for.
  private cloneLow = 0
  private cloneHigh = 0
  private pidnsLow = 0
  private pidnsHigh = 0
  fdLimit = 0
  vmSizeKb = 0
  vmRssKb = 0
  vmSwapKb = 0
  pfMajor = 0
  pfMinor = 0
  fds: Fds
  main: ThreadState

  /** Whether only its number is known: its start was missed, and nothing could be read of it. */
  isUnknown = false
  /** Ended: in the table still because its event is being looked at, or as the main thread of others that live. */
  isDead = false
  isSubreaper = false
  /** Which of the two events of a clone may still come: the other one made this entry, or the first look did. */
  expects: 'nothing' | 'parent' | 'child' | 'either' = 'nothing'
  /** Round of purging in which the thread was last seen. */
  seen = 0
  /** Of a main thread: living threads of the group without itself. */
  others = 0

  // Children (main threads, and threads whose clone said so), in a list through themselves, so that one leaves it at once.
  listedParent: ThreadState | undefined = undefined
  firstChild: ThreadState | undefined = undefined
  nextSibling: ThreadState | undefined = undefined
  previousSibling: ThreadState | undefined = undefined

  commandLine: CommandLine | undefined = undefined

  /** What an execve asked for, between its two events in old recordings. */
  execPath: string | undefined = undefined
  /** Name that a call which opens a file was given, from its enter event (recordings). */
  asked: string | undefined = undefined

  private containerRef: ContainerRef | undefined = undefined

  constructor(tid: number, pid: number, world: World, fds: Fds = new Fds()) {
    this.tid = tid
    this.pid = pid
    this.world = world
    this.fds = fds
    this.main = this
  }

  get isMain(): boolean {
    return this.tid === this.pid
  }

  get comm(): string {
    return this.ownComm ?? this.image.comm
  }

  get exe(): string {
    return this.image.exe
  }

  get exepath(): string {
    return this.image.exepath
  }

  get args(): readonly string[] {
    return this.image.args.pieces
  }

  get env(): readonly string[] {
    return this.main.image.env.pieces
  }

  get argText(): Texts {
    return this.image.args
  }

  get envText(): Texts {
    return this.main.image.env
  }

  get cgroups(): readonly string[] {
    return this.cgroupTexts.pieces
  }

  get cwd(): string {
    const { main } = this
    return main.ownCwd ?? main.image.cwd
  }

  get caps(): Caps {
    return this.ownCaps ?? this.image.caps
  }

  get capInheritable(): bigint {
    return this.caps.inheritable
  }

  get capPermitted(): bigint {
    return this.caps.permitted
  }

  get capEffective(): bigint {
    return this.caps.effective
  }

  get isExeWritable(): boolean {
    return (this.image.flags & flag.EXE_WRITABLE) !== 0
  }

  get isExeUpperLayer(): boolean {
    return (this.image.flags & flag.EXE_UPPER_LAYER) !== 0
  }

  get isExeLowerLayer(): boolean {
    return (this.image.flags & flag.EXE_LOWER_LAYER) !== 0
  }

  get isExeFromMemfd(): boolean {
    return (this.image.flags & flag.EXE_FROM_MEMFD) !== 0
  }

  get exeIno(): number | bigint {
    return this.image.executable.ino
  }

  get exeCtime(): bigint {
    return this.image.executable.ctime
  }

  get exeMtime(): bigint {
    return this.image.executable.mtime
  }

  get execTs(): bigint {
    return this.image.startTs
  }

  get cloneTs(): bigint {
    return join(this.cloneLow, this.cloneHigh)
  }

  get pidnsInitStartTs(): bigint {
    return join(this.pidnsLow, this.pidnsHigh)
  }

  get parent(): ThreadState | undefined {
    const { main } = this
    const { listedParent } = main
    // Whoever is listed is in the table.
    if (listedParent !== undefined && listedParent.tid === main.ptid) return listedParent.main
    return main.ptid > 0 ? main.world.find(main.ptid)?.main : undefined
  }

  get threadCount(): number {
    const { main } = this
    return main.others + (main.isDead || main.isUnknown ? 0 : 1)
  }

  get childCount(): number {
    return this.main.others
  }

  get containerId(): string {
    return this.reference().id
  }

  get fullContainerId(): string {
    return this.reference().fullId
  }

  get container(): Container | undefined {
    return this.reference().container
  }

  get user(): User | undefined {
    return this.world.userOf(this.uid, this)
  }

  get loginUser(): User | undefined {
    return this.loginuid === unknownId ? undefined : this.world.userOf(this.loginuid, this)
  }

  get group(): Group | undefined {
    return this.world.groupOf(this.gid, this)
  }

  userOf(uid: number): User | undefined {
    return this.world.userOf(uid, this)
  }

  groupOf(gid: number): Group | undefined {
    return this.world.groupOf(gid, this)
  }

  lookup(pid: number): ThreadState | undefined {
    return this.world.find(pid)
  }

  /** Takes over what a new thread has from the one that cloned it. */
  inherit(from: ThreadState): void {
    this.image = from.image
    this.ownComm = from.ownComm
    this.ownCwd = from.main.ownCwd
    this.ownCaps = from.ownCaps
    this.cgroupTexts = from.cgroupTexts
    this.containerRef = from.reference()
    this.root = from.root
    this.tty = from.tty
    this.uid = from.uid
    this.gid = from.gid
    this.loginuid = from.loginuid
    this.sid = from.sid
    this.pgid = from.pgid
    this.vpgid = from.vpgid
    this.pidnsLow = from.pidnsLow
    this.pidnsHigh = from.pidnsHigh
    this.fdLimit = from.fdLimit
  }

  /** Takes over what a list tells. */
  take(seed: ThreadSeed): void {
    this.image = Image.fromSeed(seed)
    this.ptid = seed.ptid
    this.vtid = seed.vtid
    this.vpid = seed.vpid
    this.sid = seed.sid
    this.vpgid = seed.vpgid
    this.pgid = seed.pgid
    this.root = seed.root
    this.tty = seed.tty
    this.uid = seed.uid
    this.gid = seed.gid
    this.loginuid = seed.loginuid
    this.flags = seed.flags
    this.fdLimit = seed.fdLimit
    this.vmSizeKb = seed.vmSizeKb
    this.vmRssKb = seed.vmRssKb
    this.vmSwapKb = seed.vmSwapKb
    this.pfMajor = seed.pfMajor
    this.pfMinor = seed.pfMinor
    this.ownCwd = seed.cwd
    this.setCgroups(Cgroups.of(seed.cgroups), undefined)
    this.setPidnsInitStart(seed.pidnsInitStartTs)
    this.cloneLow = Number((seed.cloneTs ?? 0n) & 0xffff_ffffn)
    this.cloneHigh = Number((seed.cloneTs ?? 0n) >> 32n)
  }

  /** The thread as it is now, for what is still to be said of it when it has changed. */
  snapshot(): ThreadState {
    const copy: ThreadState = Object.assign(Object.create(ThreadState.prototype), this)
    if (this.main === this) copy.main = copy
    return copy
  }

  setCloneTs(low: number, high: number): void {
    this.cloneLow = low
    this.cloneHigh = high
  }

  setPidnsInitStart(ts: bigint): void {
    this.pidnsLow = Number(ts & 0xffff_ffffn)
    this.pidnsHigh = Number(ts >> 32n)
  }

  age(low: number, high: number): number | undefined {
    const ns = (high - this.cloneHigh) * twoTo32 + (low - this.cloneLow)
    return ns < 0 || (this.cloneHigh === 0 && this.cloneLow === 0) ? undefined : ns
  }

  /**
   * Whether it was cloned so shortly before the time of these halves that the other event of its clone may still come; of threads that
   * a recording lists nobody knows when.
   */
  wasJustCloned(low: number, high: number): boolean {
    return this.cloneHigh === 0 || (high - this.cloneHigh) * twoTo32 + (low - this.cloneLow) < clonePairNs
  }

  get listedFlags(): number {
    if (this.expects !== 'parent' && this.expects !== 'either') return this.flags
    const nowNs = Date.now() * 1e6
    return this.wasJustCloned(nowNs % twoTo32, Math.floor(nowNs / twoTo32)) ? this.flags | flag.CLONE_INVERTED : this.flags
  }

  setCgroups(cgroups: Cgroups, ref: ContainerRef | undefined): void {
    this.cgroupTexts = cgroups
    this.containerRef = ref
  }

  private reference(): ContainerRef {
    this.containerRef ??= this.world.containerOf(this.cgroupTexts, this.main === this ? undefined : this.main)
    return this.containerRef
  }
}

function join(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
