import type { Container } from '../event/container.ts'
import type { ThreadSeed } from '../event/snapshot.ts'
import type { CommandLine, Group, Thread, User } from '../event/thread.ts'
import { Fds } from './fds.ts'
import { Cgroups, noCgroups, noTexts, Texts } from './texts.ts'

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
  readonly container: Container | undefined
}

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
  comm = '<NA>'
  exe = '<NA>'
  exepath = ''
  argTexts: Texts = noTexts
  envTexts: Texts = noTexts
  cgroupTexts: Cgroups = noCgroups
  /** Of the main thread, which stands for all that share the directory. */
  ownCwd = ''
  root = ''
  tty = 0
  uid = unknownId
  gid = unknownId
  loginuid = unknownId
  capInheritable = 0n
  capPermitted = 0n
  capEffective = 0n
  flags = 0
  isExeWritable = false
  isExeUpperLayer = false
  isExeLowerLayer = false
  isExeFromMemfd = false
  exeIno: number | bigint = 0
  exeCtime = 0n
  exeMtime = 0n
  cloneTs = 0n
  execTs = 0n
  pidnsInitStartTs = 0n
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
  /** Which of the two events of a clone made this entry, as long as the other is still to come. */
  expects: 'nothing' | 'parent' | 'child' = 'nothing'
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

  get args(): readonly string[] {
    return this.argTexts.pieces
  }

  get env(): readonly string[] {
    return this.main.envTexts.pieces
  }

  get cgroups(): readonly string[] {
    return this.cgroupTexts.pieces
  }

  get cwd(): string {
    return this.main.ownCwd
  }

  get parent(): ThreadState | undefined {
    const { main } = this
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
    this.comm = from.comm
    this.exe = from.exe
    this.exepath = from.exepath
    this.argTexts = from.argTexts
    this.envTexts = from.main.envTexts
    this.setCgroups(from.cgroupTexts, from.containerRef)
    this.ownCwd = from.cwd
    this.root = from.root
    this.tty = from.tty
    this.uid = from.uid
    this.gid = from.gid
    this.loginuid = from.loginuid
    this.sid = from.sid
    this.pgid = from.pgid
    this.vpgid = from.vpgid
    this.capInheritable = from.capInheritable
    this.capPermitted = from.capPermitted
    this.capEffective = from.capEffective
    this.isExeWritable = from.isExeWritable
    this.isExeUpperLayer = from.isExeUpperLayer
    this.isExeLowerLayer = from.isExeLowerLayer
    this.isExeFromMemfd = from.isExeFromMemfd
    this.exeIno = from.exeIno
    this.exeCtime = from.exeCtime
    this.exeMtime = from.exeMtime
    this.execTs = from.execTs
    this.pidnsInitStartTs = from.pidnsInitStartTs
    this.fdLimit = from.fdLimit
  }

  /** Takes over what a list tells. */
  take(seed: ThreadSeed): void {
    const { tid: _tid, pid: _pid, args, env, cgroups, cwd, ...rest } = seed
    Object.assign(this, rest)
    this.argTexts = Texts.of(args)
    this.envTexts = Texts.of(env)
    this.setCgroups(Cgroups.of(cgroups), undefined)
    this.ownCwd = cwd
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
