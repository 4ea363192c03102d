import { codeOf, flagSets } from '../../../src/schema/event.ts'
import { type Opened, word } from './places.ts'
import { environment, type Program, type ProgramName, programs } from './programs.ts'
import type { Random } from './random.ts'
import type { RecordingWriter, Value } from './writer.ts'

const code = {
  close: codeOf('SYSCALL_CLOSE_X'),
  openat: codeOf('SYSCALL_OPENAT_2_X'),
  fcntl: codeOf('SYSCALL_FCNTL_X'),
  execve: codeOf('SYSCALL_EXECVE_19_X'),
  clone: codeOf('SYSCALL_CLONE_20_X'),
  vfork: codeOf('SYSCALL_VFORK_20_X'),
  prlimit: codeOf('SYSCALL_PRLIMIT_X'),
  procexit: codeOf('PROCEXIT_1_E'),
  dup2: codeOf('SYSCALL_DUP2_X'),
  sendto: codeOf('SOCKET_SENDTO_X'),
  recvfrom: codeOf('SOCKET_RECVFROM_X'),
  socket: codeOf('SOCKET_SOCKET_X'),
  connect: codeOf('SOCKET_CONNECT_X'),
  accept4: codeOf('SOCKET_ACCEPT4_6_X'),
  bind: codeOf('SOCKET_BIND_X'),
  listen: codeOf('SOCKET_LISTEN_X'),
  unlink: codeOf('SYSCALL_UNLINK_2_X'),
  rename: codeOf('SYSCALL_RENAME_X'),
  chdir: codeOf('SYSCALL_CHDIR_X'),
  pipe2: codeOf('SYSCALL_PIPE2_X'),
  prctl: codeOf('SYSCALL_PRCTL_X'),
  setsid: codeOf('SYSCALL_SETSID_X'),
  closeRange: codeOf('SYSCALL_CLOSE_RANGE_X'),
} as const

const flags = {
  read: bit('file_flags', 'O_RDONLY') | bit('file_flags', 'O_CLOEXEC'),
  write: bit('file_flags', 'O_WRONLY') | bit('file_flags', 'O_CREAT') | bit('file_flags', 'O_TRUNC'),
  directory: bit('file_flags', 'O_RDONLY') | bit('file_flags', 'O_DIRECTORY') | bit('file_flags', 'O_CLOEXEC'),
}
export const commands = {
  getFlags: bit('fcntl_commands', 'F_GETFL'),
  setFd: bit('fcntl_commands', 'F_SETFD'),
  dup: bit('fcntl_commands', 'F_DUPFD'),
}
const forked = {
  clone: bit('clone_flags', 'CLONE_CHILD_CLEARTID') | bit('clone_flags', 'CLONE_CHILD_SETTID'),
  vfork: bit('clone_flags', 'CLONE_VFORK') | bit('clone_flags', 'CLONE_VM'),
}
const lowerLayer = bit('execve_flags', 'EXE_LOWER_LAYER')
const noFile = 7
const stack = 3
const [enoent, ebadf] = [-2, -9]
const atCwd = -100
const lowestFd = 3
const caps = 2 ** 41 - 1
const inodeTime = 1_718_000_000_000_000_000
const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']

/** Where events go, and what all processes share. */
export interface Stage {
  readonly writer: RecordingWriter
  readonly random: Random
  nextTid: number
}

export type Birth = 'clone' | 'vfork'

/** A process that acts: each act is one event, or the two of a clone. */
export class Actor {
  readonly tid: number
  readonly parent: Actor | undefined
  readonly session: number
  program: Program
  argv: readonly string[]
  env: readonly string[]
  cgroups: string
  cwd: string
  readonly uid: number
  readonly isContained: boolean
  /** Open descriptors; the last ones were opened last. */
  readonly fds: number[] = []
  cpu: number
  private readonly stage: Stage

  constructor(stage: Stage, name: ProgramName, parent: Actor | undefined, session: number) {
    this.stage = stage
    this.tid = stage.nextTid++
    this.parent = parent
    this.session = parent?.session ?? session
    this.isContained = parent?.isContained === true || parent?.program === programs.shim
    const isNewlyContained = this.isContained && parent?.isContained === false
    this.program = parent?.program ?? programs[name]
    this.argv = parent?.argv ?? [this.program.path, ...this.program.args(stage.random)]
    this.env = parent?.env ?? environment(this.session, false)
    this.cgroups = isNewlyContained ? containerCgroups(stage.random) : (parent?.cgroups ?? hostCgroups(this.session))
    this.cwd = parent?.cwd ?? this.program.cwd ?? '/'
    this.uid = parent?.uid ?? (this.session % 3 === 0 ? 0 : 1000)
    this.cpu = parent?.cpu ?? stage.random.below(2)
  }

  get comm(): string {
    return this.program.path.slice(this.program.path.lastIndexOf('/') + 1).slice(0, 15)
  }

  open(opened: Opened): number {
    const fd = opened.isFound ? this.lowest() : enoent
    const inode = opened.isFound ? 100_000 + hash(opened.path) : 0
    const mode = opened.mode === 'write' ? 0o644 : 0
    this.act(code.openat, fd, atCwd, opened.path, flags[opened.mode], mode, opened.isFound ? 2049 : 0, inode)
    if (fd >= 0) this.fds.push(fd)
    return fd
  }

  /** Closes the descriptor that was opened last, or `num`. */
  close(num = this.fds.at(-1) ?? lowestFd): void {
    const at = this.fds.lastIndexOf(num)
    if (at >= 0) this.fds.splice(at, 1)
    this.act(code.close, at >= 0 ? 0 : ebadf, num)
  }

  fcntl(num: number, command: number, arg = 0): void {
    const isOpen = num < lowestFd || this.fds.includes(num)
    const result = command === commands.dup ? Math.max(10, this.lowest()) : command === commands.getFlags ? 32_769 : 0
    this.act(code.fcntl, isOpen ? result : ebadf, num, command, arg)
    if (isOpen && command === commands.dup) this.fds.push(result)
  }

  dup2(from: number, to: number): void {
    this.act(code.dup2, to, from, to)
  }

  prlimit(resource: number): void {
    this.act(code.prlimit, 0, -1, -1, resource === noFile ? 1024 : 8_388_608, resource === noFile ? 1_048_576 : -1, 0, resource)
  }

  /** Raises or asks for a limit, as the C library does at the start of programs. */
  askLimit(): void {
    this.prlimit(this.stage.random.chance(0.7) ? stack : noFile)
  }

  fork(birth: Birth): Actor {
    const { stage } = this
    const child = new Actor(stage, 'sh', this, this.session)
    child.fds.push(...this.fds.filter((fd) => fd < 20))
    const parentFirst = stage.random.chance(0.7)
    if (parentFirst) this.tellClone(birth, child.tid, this)
    child.tellClone(birth, 0, this)
    if (!parentFirst) this.tellClone(birth, child.tid, this)
    return child
  }

  /** Becomes `name`; where the program's start is looked for in PATH, the tries that fail come first. */
  exec(name: ProgramName, isSmall = false): void {
    const program = programs[name]
    const base = program.path.slice(program.path.lastIndexOf('/') + 1)
    if (isSmall) this.env = environment(this.session, true)
    if (this.program.searches === true) for (const dir of searched.slice(0, 3)) this.tellExec(enoent, `${dir}/${base}`)
    this.program = program
    this.argv = [base, ...(isSmall ? [] : program.args(this.stage.random))]
    if (program.cwd !== undefined && !isSmall) this.cwd = program.cwd
    this.fds.splice(0, this.fds.length, ...this.fds.filter((fd) => fd >= 10))
    this.tellExec(0, program.path)
  }

  exit(status: number): void {
    this.act(code.procexit, status << 8, status, 0, 0, 1)
  }

  socket(): number {
    const fd = this.lowest()
    this.fds.push(fd)
    this.act(code.socket, fd, 2, 1, 6, 0)
    return fd
  }

  connect(fd: number, tuple: Uint8Array, address: Uint8Array): void {
    this.act(code.connect, 0, tuple, fd, address)
  }

  accept(tuple: Uint8Array): number {
    const fd = this.lowest()
    this.fds.push(fd)
    this.act(code.accept4, fd, tuple, 0, 0, 128, 0)
    return fd
  }

  send(fd: number, data: string, tuple: Uint8Array | undefined): void {
    this.act(code.sendto, data.length, data, fd, data.length, tuple)
  }

  receive(fd: number, data: string, tuple: Uint8Array | undefined): void {
    this.act(code.recvfrom, data.length, data, tuple, fd, 4096)
  }

  /** One of the rarer calls. */
  potter(kind: number): void {
    const { random } = this.stage
    if (kind === 0) this.act(code.unlink, random.chance(0.4) ? enoent : 0, `/tmp/cc${word(random.below(9999))}.s`)
    else if (kind === 1) this.act(code.rename, 0, `obj/${word(random.below(900))}.tmp`, `obj/${word(random.below(900))}.o`)
    else if (kind === 2) this.act(code.chdir, 0, this.cwd)
    else if (kind === 3) this.pipe()
    else if (kind === 4) this.act(code.prctl, 0, random.chance(0.5) ? 15 : 1, random.chance(0.5) ? this.comm : '', 0)
    else if (kind === 5) this.act(code.setsid, this.tid)
    else if (kind === 6) this.act(code.closeRange, 0, 900, 1023, 0)
    else if (kind === 7) this.act(code.bind, 0, addressOf(random.below(250), 8080), lowestFd)
    else this.act(code.listen, 0, lowestFd, 128)
  }

  private pipe(): void {
    const first = this.lowest()
    this.fds.push(first)
    const second = this.lowest()
    this.fds.push(second)
    this.act(code.pipe2, 0, first, second, 90_000 + first, 0)
  }

  private lowest(): number {
    let fd = lowestFd
    while (this.fds.includes(fd)) fd++
    return fd
  }

  private tellClone(birth: Birth, result: number, told: Actor): void {
    const { tid, comm, argv, cgroups, uid } = this
    const ids = [tid, tid, this.parent?.tid ?? 1]
    const [exe = '', ...args] = told.argv
    const sizes = [1024, 0, 400 + (tid & 255), 9000, 3200, 0]
    this.act(
      code[birth],
      ...[result, exe, `${args.join('\0')}${argv.length > 1 ? '\0' : ''}`, ...ids, '', ...sizes, comm, cgroups],
      ...[forked[birth], uid, uid, tid, tid, 0],
    )
  }

  private tellExec(result: number, filename: string): void {
    const { tid, argv, comm, cgroups, uid, parent, env } = this
    const [exe = '', ...args] = argv
    const head = [result, exe, `${args.join('\0')}${args.length > 0 ? '\0' : ''}`, tid, tid, parent?.tid ?? 1, this.cwd]
    const sizes = [1024, 0, 700 + (tid & 127), 12_000, 4100, 0]
    const rights = [uid === 0 ? caps : 0, uid === 0 ? caps : 0, uid === 0 ? caps : 0]
    const inode = 400_000 + hash(this.program.path)
    const tail = [
      this.isContained ? 0 : 34_817 + (this.session & 3),
      tid,
      uid === 0 ? 4_294_967_295 : uid,
      this.isContained ? lowerLayer : 0,
      ...rights,
    ]
    this.act(
      code.execve,
      ...[...head, ...sizes, comm, cgroups, `${env.join('\0')}\0`, ...tail, inode, inodeTime, inodeTime],
      ...[uid, this.program.path, tid, uid, filename],
    )
  }

  private act(event: number, ...values: readonly Value[]): void {
    const { writer, random } = this.stage
    writer.event(this.cpu, this.tid, event, 500 + random.below(59_000), values)
  }
}

/** PPM_AF_INET, from 10.0.0.`from` to 10.0.3.`to`; ports are little-endian. */
export function tupleOf(from: number, fromPort: number, to: number, toPort: number): Uint8Array {
  return Uint8Array.of(2, 10, 0, 0, from, fromPort & 255, fromPort >> 8, 10, 0, 3, to, toPort & 255, toPort >> 8)
}

export function addressOf(host: number, port: number): Uint8Array {
  return Uint8Array.of(2, 10, 0, 3, host, port & 255, port >> 8)
}

function hostCgroups(session: number): string {
  const path = session % 2 === 0 ? '/system.slice/cron.service' : `/user.slice/session-${session}`
  return cgroupsAt(path)
}

function containerCgroups(random: Random): string {
  let id = ''
  while (id.length < 64) id += random.below(16).toString(16)
  return cgroupsAt(`/docker/${id}`)
}

function cgroupsAt(path: string): string {
  return ['cpuset', 'cpu', 'io', 'memory', 'pids'].map((name, i) => `${name}=${i === 0 ? '/' : path}\0`).join('')
}

function hash(text: string): number {
  let sum = 7
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0
  return sum >>> 4
}

function bit(set: string, name: string): number {
  const entry = flagSets.get(set)?.entries.find(([key]) => key === name)
  if (entry === undefined) throw new Error(`flag set ${set} has no ${name}`)
  return entry[1]
}
