import type { Fd } from './fd.ts'
import type { Group, Thread, User } from './thread.ts'

/**
 * Takes what was known before the first event: the lists at the head of a recording, or a scan of /proc.
 *
 * Calls may come in any order: descriptors may be told before their thread.
 */
export interface Snapshot {
  /** Forgets all that was told before: a further section of a recording begins. */
  reset(): void
  setMachine(machine: Machine): void
  addAddress(address: InterfaceAddress): void
  addUser(user: User): void
  addGroup(group: Group): void
  addThread(seed: ThreadSeed): void
  /** `tid` is the thread (main thread, as a rule) that the descriptors were listed for. */
  addFd(tid: number, num: number, fd: Fd): void
}

/** Hands over what the kernel's iterators tell, some records at a time; false where they are not to be had, or break off. */
export type ScanRecords = (take: (records: Buffer) => void) => boolean

/** All that is known at a moment: what a recording begins with. */
export interface Known {
  readonly machine: Machine
  readonly addresses: readonly InterfaceAddress[]
  readonly users: { listedUsers(): Iterable<User>; listedGroups(): Iterable<Group> }
  listedThreads(): Iterable<Thread>
}

/** A thread as a list tells it. Sizes in kB, times in ns since the epoch, as in `Thread`. */
export type ThreadSeed = Pick<
  Thread,
  | 'tid'
  | 'pid'
  | 'ptid'
  | 'vtid'
  | 'vpid'
  | 'sid'
  | 'vpgid'
  | 'pgid'
  | 'comm'
  | 'exe'
  | 'exepath'
  | 'args'
  | 'env'
  | 'cwd'
  | 'root'
  | 'tty'
  | 'uid'
  | 'gid'
  | 'loginuid'
  | 'capInheritable'
  | 'capPermitted'
  | 'capEffective'
  | 'cgroups'
  | 'flags'
  | 'isExeWritable'
  | 'isExeUpperLayer'
  | 'isExeLowerLayer'
  | 'isExeFromMemfd'
  | 'exeIno'
  | 'exeCtime'
  | 'exeMtime'
  | 'pidnsInitStartTs'
  | 'fdLimit'
  | 'vmSizeKb'
  | 'vmRssKb'
  | 'vmSwapKb'
  | 'pfMajor'
  | 'pfMinor'
> & {
  /** When the process started, where the list tells it. */
  readonly cloneTs?: bigint
}

export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  readonly maxPid: number
  readonly hostname: string
  /** ns since the epoch, 0n where unknown. */
  readonly bootTs: bigint
}

/** An address of a network interface; addresses are byte strings of 4 or 16 units. */
export interface InterfaceAddress {
  readonly name: string
  readonly address: string
  readonly netmask: string
  readonly broadcast: string
}
