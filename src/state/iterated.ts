import { deletedMark, withoutDeleted } from '../base/path.ts'
import type { Fd } from '../event/fd.ts'
import type { Snapshot, ThreadSeed } from '../event/snapshot.ts'
import { flag } from './flags.ts'
import { fileBytes, IteratedSockets, nameOf } from './iterated_sockets.ts'
import { descriptorNamed, driverFlags } from './procfs_fds.ts'
import { parseCgroups, pieces } from './procfs_text.ts'

/** What the records do not tell, or kernels before 5.18 do not let iterators read. */
export interface Look {
  /** `args` and `env` as the process has them. */
  texts(pid: number): Pick<ThreadSeed, 'exe' | 'args' | 'env'>
  /** Where a link of /proc/<pid> leads to: `cwd`, `root`, `exe`, `fd/3`. */
  link(pid: number, name: string): string
}

// The layout of the records is that of ffi/bpf/scan.h.
const taskKind = 1
const taskBytes = 192
const commBytes = 16
const mark = { texts: 1, title: 2, cgroups: 4, cwdGone: 8, exeGone: 16, cut: 32, process: 64, fileGone: 8, closes: 16, bare: 128 } as const

// The types of inodes (sys/stat.h), and what file systems call themselves (linux/magic.h).
const typeMask = 0o170000
const isSocket = 0o140000
const isDirectory = 0o040000
const isPipe = 0o010000
const magic = {
  anonymous: 0x09041934,
  pipes: 0x50495045,
  processes: 0x50494446,
  memory: 0x01021994,
  huge: 0x958458f6,
  namespaces: 0x6e736673,
} as const
const unlimited = 2 ** 63

/** Reads the records of the iterators over tasks and files, and tells `state` of them. */
export class Iterated {
  private readonly state: Snapshot
  private readonly look: Look
  private readonly mains = new Map<number, ThreadSeed>()
  /** Threads that came before their process: numbers start again from 1 at some point. */
  private early: ReturnType<typeof identityOf>[] = []
  private cgroups: readonly string[] = []
  private readonly sockets = new IteratedSockets()

  constructor(state: Snapshot, look: Look) {
    this.state = state
    this.look = look
  }

  /** Takes whole records. */
  add(records: Buffer): void {
    for (let at = 0; at + fileBytes <= records.length; ) {
      const bytes = records.readUInt32LE(at)
      const isTask = records.readUInt16LE(at + 4) === taskKind
      if (bytes < (isTask ? taskBytes : fileBytes) || bytes > records.length - at) return
      if (isTask) this.addTask(records, at)
      else this.addFile(records, at)
      at += bytes
    }
  }

  /** There are no more: returns the processes that there are. */
  end(): ReadonlySet<number> {
    for (const seed of this.early) this.state.addThread({ ...blank, ...this.mains.get(seed.pid), ...seed })
    this.sockets.end(this.state)
    return new Set(this.mains.keys())
  }

  private addTask(records: Buffer, at: number): void {
    const flags = records.readUInt16LE(at + 6)
    const identity = identityOf(records, at)
    if ((flags & mark.process) === 0) {
      const main = this.mains.get(identity.pid)
      if (main === undefined) this.early.push(identity)
      else this.state.addThread({ ...main, ...identity })
      return
    }
    const seed = this.processOf(records, at, flags, identity)
    this.mains.set(seed.pid, seed)
    this.state.addThread(seed)
  }

  private processOf(records: Buffer, at: number, flags: number, identity: ReturnType<typeof identityOf>): ThreadSeed {
    const [args, env, exe, cwd, root, groups] = textsOf(records, at)
    const { pid } = identity
    if ((flags & mark.cgroups) !== 0) this.cgroups = parseCgroups(linesOf(groups))
    const exepath = textOf(exe)
    const isKernel = exepath === '' && args === ''
    const told = (flags & mark.texts) !== 0 || isKernel ? argumentsOf(args, env, (flags & mark.title) !== 0) : this.look.texts(pid)
    const isCut = (flags & mark.cut) !== 0
    const pathOf = (text: string, name: string) => (isCut ? this.look.link(pid, name) || textOf(text) : textOf(text))
    return {
      ...identity,
      ...imageOf(records, at),
      ...sharedOf(records, at),
      exe: told.exe === '' ? identity.comm : told.exe,
      args: told.args,
      env: told.env,
      exepath: withoutDeleted(pathOf(exe, 'exe')),
      isExeFromMemfd: exepath.startsWith('/memfd:'),
      cwd: pathOf(cwd, 'cwd') + ((flags & mark.cwdGone) !== 0 ? deletedMark : ''),
      root: pathOf(root, 'root'),
      cgroups: this.cgroups,
    }
  }

  private addFile(records: Buffer, at: number): void {
    const pid = records.readUInt32LE(at + 8)
    const num = records.readUInt32LE(at + 12)
    const mode = records.readUInt32LE(at + 28)
    // What was born since the tasks were read is told by its events.
    if (!this.mains.has(pid)) return
    const closes = (records.readUInt16LE(at + 6) & mark.closes) !== 0
    const flags = driverFlags(records.readUInt32LE(at + 24)) | (closes ? flag.O_CLOEXEC : 0)
    if ((mode & typeMask) === isSocket && records.readUInt16LE(at + 42) !== 0) this.sockets.add(records, at, pid, num, flags, this.state)
    else this.state.addFd(pid, num, this.fileOf(records, at, pid, num, mode, flags))
  }

  private fileOf(records: Buffer, at: number, pid: number, num: number, mode: number, flags: number): Fd {
    const marks = records.readUInt16LE(at + 6)
    const name = nameOf(records, at).slice(0, -1)
    const ino = wordAt(records, at + 16)
    const dev = records.readUInt32LE(at + 32)
    const isFifo = (mode & typeMask) === isPipe
    const from = records.readUInt32LE(at + 36)
    if ((marks & mark.bare) !== 0 || from === magic.namespaces)
      return descriptorNamed(bareLink(name, from, ino), isFifo, { flags, ino, dev: 0 })
    const place = { flags: (mode & typeMask) === isDirectory ? flags | flag.O_DIRECTORY : flags, ino, dev }
    const path = (marks & mark.cut) !== 0 ? this.look.link(pid, `fd/${num}`) || name : name
    return descriptorNamed((marks & mark.fileGone) !== 0 ? `${path}${deletedMark}` : path, isFifo, place)
  }
}

const blank: ThreadSeed = {
  ...{
    tid: 0,
    pid: 0,
    ptid: 0,
    vtid: 0,
    vpid: 0,
    sid: -1,
    vpgid: -1,
    pgid: -1,
    comm: '',
    exe: '',
    exepath: '',
    args: [],
    env: [],
    cwd: '',
  },
  ...{
    root: '',
    tty: 0,
    uid: 0,
    gid: 0,
    loginuid: 0xffffffff,
    capInheritable: 0n,
    capPermitted: 0n,
    capEffective: 0n,
    cgroups: [],
    flags: 0,
  },
  ...{ isExeWritable: false, isExeUpperLayer: false, isExeLowerLayer: false, isExeFromMemfd: false, exeIno: 0, exeCtime: 0n, exeMtime: 0n },
  ...{ pidnsInitStartTs: 0n, fdLimit: 0, vmSizeKb: 0, vmRssKb: 0, vmSwapKb: 0, pfMajor: 0, pfMinor: 0 },
}

function identityOf(records: Buffer, at: number) {
  const comm = records.latin1Slice(at + 160, at + 160 + commBytes)
  const end = comm.indexOf('\0')
  return {
    tid: records.readUInt32LE(at + 8),
    pid: records.readUInt32LE(at + 12),
    ptid: records.readUInt32LE(at + 16),
    vtid: records.readUInt32LE(at + 20),
    vpid: records.readUInt32LE(at + 24),
    vpgid: records.readUInt32LE(at + 28),
    uid: records.readUInt32LE(at + 44),
    gid: records.readUInt32LE(at + 48),
    vmSizeKb: records.readUInt32LE(at + 60),
    vmRssKb: records.readUInt32LE(at + 64),
    vmSwapKb: records.readUInt32LE(at + 68),
    capInheritable: records.readBigUInt64LE(at + 112),
    capPermitted: records.readBigUInt64LE(at + 120),
    capEffective: records.readBigUInt64LE(at + 128),
    comm: end < 0 ? comm : comm.slice(0, end),
    cloneTs: records.readBigUInt64LE(at + 96),
    flags: 0,
  }
}

function sharedOf(records: Buffer, at: number) {
  const limit = wordAt(records, at + 88)
  return {
    pgid: records.readUInt32LE(at + 32),
    sid: records.readUInt32LE(at + 36),
    tty: records.readUInt32LE(at + 40),
    loginuid: records.readUInt32LE(at + 52),
    pfMajor: Number(wordAt(records, at + 72)),
    pfMinor: Number(wordAt(records, at + 80)),
    fdLimit: Number(limit) >= unlimited ? 0 : Number(limit),
    pidnsInitStartTs: records.readBigUInt64LE(at + 104),
  }
}

function imageOf(records: Buffer, at: number) {
  const flags = records.readUInt32LE(at + 56)
  return {
    isExeWritable: (flags & flag.EXE_WRITABLE) !== 0,
    isExeUpperLayer: (flags & flag.EXE_UPPER_LAYER) !== 0,
    isExeLowerLayer: (flags & flag.EXE_LOWER_LAYER) !== 0,
    exeIno: wordAt(records, at + 136),
    exeCtime: records.readBigUInt64LE(at + 144),
    exeMtime: records.readBigUInt64LE(at + 152),
  }
}

function textsOf(
  records: Buffer,
  at: number,
): readonly [args: string, env: string, exe: string, cwd: string, root: string, groups: string] {
  let from = at + taskBytes
  const next = (index: number) => {
    const start = from
    from = Math.min(from + records.readUInt16LE(at + 176 + 2 * index), at + records.readUInt32LE(at))
    return records.latin1Slice(start, from)
  }
  return [next(0), next(1), next(2), next(3), next(4), next(5)]
}

function textOf(text: string): string {
  return text.endsWith('\0') ? text.slice(0, -1) : text
}

// Of a process that has put a title over its arguments and beyond, /proc/<pid>/cmdline is that title.
function argumentsOf(args: string, env: string, hasTitle: boolean): Pick<ThreadSeed, 'exe' | 'args' | 'env'> {
  const [title = ''] = hasTitle ? (args + env).split('\0', 1) : []
  const [exe = '', ...others] = pieces(hasTitle ? title : args)
  return { exe, args: others, env: pieces(env) }
}

/** "controller:path" and a NUL each, as lines of /proc/<pid>/cgroup. */
function linesOf(groups: string): string {
  return pieces(groups)
    .map((line) => `0:${line}\n`)
    .join('')
}

// What the link in /proc/<pid>/fd says of files that are in no directory.
function bareLink(name: string, from: number, ino: number | bigint): string {
  if (from === magic.anonymous) return `anon_inode:${name}`
  if (from === magic.pipes) return `pipe:[${ino}]`
  if (from === magic.processes) return `pidfd:[${ino}]`
  if (from === magic.namespaces) return `ns:[${ino}]`
  return from === magic.memory || from === magic.huge ? `/${name}${deletedMark}` : name
}

function wordAt(records: Buffer, at: number): number | bigint {
  const high = records.readUInt32LE(at + 4)
  return high < 2 ** 21 ? high * 2 ** 32 + records.readUInt32LE(at) : records.readBigUInt64LE(at)
}
