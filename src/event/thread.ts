import type { Container } from './container.ts'
import type { FdTable } from './fd.ts'

/**
 * A thread (a process's main thread stands for the process). Text is byte strings.
 *
 * Whatever is unknown is undefined, -1 for ids, or 0 for counters and times. Times are ns since the epoch.
 */
export interface Thread {
  readonly tid: number
  /** Process (thread group) id. */
  pid: number
  /** Thread id of the parent. */
  ptid: number
  vtid: number
  vpid: number
  sid: number
  /** Process group as the process's own pid namespace sees it, and as the host sees it. */
  vpgid: number
  pgid: number
  comm: string
  /** argv[0]. */
  exe: string
  /** Full path of the executable. */
  exepath: string
  /** argv[1...]. */
  args: readonly string[]
  env: readonly string[]
  readonly argText: JoinedTexts
  readonly envText: JoinedTexts
  /** Current directory, without a slash at its end save for the root. */
  cwd: string
  root: string
  /** Device number of the controlling terminal, 0 for none. */
  tty: number
  /** 4294967295 where unknown or not set. */
  uid: number
  gid: number
  loginuid: number
  capInheritable: bigint
  capPermitted: bigint
  capEffective: bigint
  /** `subsystem=path` for each cgroup. */
  cgroups: readonly string[]
  /** Clone flags in the driver's encoding (flag set `clone_flags`). */
  flags: number
  /** The same as a recording lists them: CLONE_INVERTED says that the parent's event of the clone may still come, and is of this thread. */
  readonly listedFlags: number
  isExeWritable: boolean
  isExeUpperLayer: boolean
  isExeLowerLayer: boolean
  isExeFromMemfd: boolean
  exeIno: number | bigint
  exeCtime: bigint
  exeMtime: bigint
  /** When the process was cloned, and when it last called execve; 0n where unknown. */
  cloneTs: bigint
  /**
   * Nanoseconds from the start of the process to a time whose halves are given; undefined where the start is unknown or later.
   * For conditions, which ask for it of very many events: it makes no bigint.
   */
  age(low: number, high: number): number | undefined
  execTs: bigint
  pidnsInitStartTs: bigint
  fdLimit: number
  vmSizeKb: number
  vmRssKb: number
  vmSwapKb: number
  pfMajor: number
  pfMinor: number
  /** '' for the host, else the id of 12 digits. */
  containerId: string
  container: Container | undefined

  /** Descriptors of the thread group, or of its own where CLONE_FILES was not asked for. */
  readonly fds: FdTable
  readonly isMain: boolean
  /** Main thread of this thread's group: itself for a main thread. */
  readonly main: Thread
  /** The parent process's main thread, while it is known. */
  readonly parent: Thread | undefined
  /** The process with this pid on the host (session leader, group leader), where it is known. */
  lookup(pid: number): Thread | undefined
  /** Living threads of the group, its main thread included where it lives; and those without the main thread. */
  readonly threadCount: number
  readonly childCount: number
  /** Names from the user database that belongs to the capture (host files, or the file's lists). */
  readonly user: User | undefined
  readonly loginUser: User | undefined
  readonly group: Group | undefined
  /** Entries of the same user database for other ids than the thread's own. */
  userOf(uid: number): User | undefined
  groupOf(gid: number): Group | undefined
  /** What `proc.cmdline` last showed for this thread; fields keep it here, it is good as long as its parts are the thread's. */
  commandLine: CommandLine | undefined
}

export interface CommandLine {
  readonly comm: string
  readonly args: JoinedTexts
  readonly text: string
}

/** Arguments, or an environment, as one text; the same object as long as they are the same. */
export interface JoinedTexts {
  /** With a NUL behind each; behind the last one it may be missing. */
  readonly text: string
  /** With blanks between. */
  readonly line: string
}

export interface User {
  readonly uid: number
  readonly gid: number
  readonly name: string
  readonly home: string
  readonly shell: string
}

export interface Group {
  readonly gid: number
  readonly name: string
}
