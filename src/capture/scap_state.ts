import type { Fd } from '../event/fd.ts'
import type { Group, Thread, User } from '../event/thread.ts'

/**
 * Takes what a recording tells before its events: who ran and with which descriptors, and the names of users.
 *
 * The lists come in any order: descriptors may be told before their thread.
 */
export interface RecordedState {
  /** A further section begins (joined recordings): all that was told before is void. */
  reset(): void
  setMachine(machine: Machine): void
  addAddress(address: InterfaceAddress): void
  addUser(user: User): void
  addGroup(group: Group): void
  addThread(thread: RecordedThread): void
  /** `tid` is the thread (main thread, as a rule) that the descriptors were listed for. */
  addFd(tid: number, fdNum: number, fd: Fd): void
}

/** What a recording knows of a thread; sizes in kB, times in ns since the epoch, as in `Thread`. */
export type RecordedThread = Pick<
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
>

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
