import type { FdType, L4Proto } from './fd.ts'
import type { Group, User } from './thread.ts'

/**
 * Takes what was known before the first event: the lists at the head of a recording, or a scan of /proc.
 *
 * Calls may come in any order; `complete` ends them, before the first event.
 */
export interface Snapshot {
  addThread(seed: ThreadSeed): void
  /** `tid` is the main thread's; a descriptor of an unknown thread is ignored. */
  addFd(tid: number, num: number, seed: FdSeed): void
  setUsers(users: readonly User[], groups: readonly Group[]): void
  complete(): void
}

/** A thread as a list of processes tells it. Absent members are unknown. Text is byte strings. */
export interface ThreadSeed {
  readonly tid: number
  readonly pid: number
  readonly ptid: number
  readonly comm: string
  readonly exe: string
  /** argv[1...], environment and `subsystem=path` of the cgroups: each piece followed by a NUL. */
  readonly args: string
  readonly env?: string
  readonly cgroups?: string
  readonly exepath?: string
  readonly cwd: string
  readonly root?: string
  readonly sid?: number
  readonly vpgid?: number
  readonly pgid?: number
  readonly vtid?: number
  readonly vpid?: number
  readonly fdLimit?: number
  /** Driver encoding, flag set `clone_flags`. */
  readonly flags?: number
  readonly uid?: number
  readonly gid?: number
  readonly loginuid?: number
  readonly tty?: number
  readonly vmSizeKb?: number
  readonly vmRssKb?: number
  readonly vmSwapKb?: number
  readonly pfMajor?: number
  readonly pfMinor?: number
  readonly pidnsInitStartTs?: bigint
  readonly isExeWritable?: boolean
  readonly isExeUpperLayer?: boolean
  readonly isExeLowerLayer?: boolean
  readonly isExeFromMemfd?: boolean
  readonly capInheritable?: bigint
  readonly capPermitted?: bigint
  readonly capEffective?: bigint
  readonly exeIno?: number | bigint
  readonly exeCtime?: bigint
  readonly exeMtime?: bigint
  /** When the process started, ns since the epoch. */
  readonly cloneTs?: bigint
}

/** A descriptor as a list tells it. */
export interface FdSeed {
  readonly type: FdType
  /** Path, or the text that the list gives for what has no path; '' for internet sockets. */
  readonly name: string
  readonly ino: number | bigint
  /** Open flags in the driver's encoding. */
  readonly flags?: number
  readonly dev?: number
  /** Internet sockets: whether it listens (then `local` alone is set), and both ends as this host sees them in the list. */
  readonly isListening?: boolean
  readonly l4?: L4Proto
  readonly sourceIp?: string
  readonly sourcePort?: number
  readonly destIp?: string
  readonly destPort?: number
  /** Unix sockets. */
  readonly sourcePtr?: bigint
  readonly destPtr?: bigint
}
