import { type EventSpec, encodeRecord } from '../../src/event/encode.ts'
import type { Batch } from '../../src/event/event.ts'
import { codeOf } from '../../src/schema/event.ts'

/** Share of each kind of event in a realistic recording (builds, shells, package tools, HTTP). */
export const realisticMix: Readonly<Record<Kind, number>> = {
  close: 0.378,
  openat: 0.359,
  fcntl: 0.157,
  exec: 0.027,
  clone: 0.016,
  prlimit: 0.012,
  exit: 0.01,
  dup2: 0.01,
  sendto: 0.005,
  connect: 0.026,
}

type Kind = 'close' | 'openat' | 'fcntl' | 'exec' | 'clone' | 'prlimit' | 'exit' | 'dup2' | 'sendto' | 'connect'

const code = {
  close: codeOf('SYSCALL_CLOSE_X'),
  openat: codeOf('SYSCALL_OPENAT_2_X'),
  fcntl: codeOf('SYSCALL_FCNTL_X'),
  execve: codeOf('SYSCALL_EXECVE_19_X'),
  clone: codeOf('SYSCALL_CLONE_20_X'),
  prlimit: codeOf('SYSCALL_PRLIMIT_X'),
  procexit: codeOf('PROCEXIT_1_E'),
  dup2: codeOf('SYSCALL_DUP2_X'),
  sendto: codeOf('SOCKET_SENDTO_X'),
  socket: codeOf('SOCKET_SOCKET_X'),
  connect: codeOf('SOCKET_CONNECT_X'),
}

const atCwd = -100
const cgroups = ['cpuset', 'cpu', 'cpuacct', 'io', 'memory', 'devices', 'freezer', 'net_cls', 'perf_event', 'net_prio', 'hugetlb', 'pids']
  .map((name) => `${name}=/system.slice/build-agent.service\0`)
  .join('')
const env = Array.from({ length: 24 }, (_, i) => `VARIABLE_${i}=/usr/lib/some/value/${i}\0`).join('')
const tuple = Buffer.from([2, 10, 0, 0, 1, 0x34, 0x12, 10, 0, 0, 2, 0xbb, 1])

// What a machine at work showed (compilers, shells, package tools): 30 to 120 threads in 5000 events, every twentieth of them of another
// thread than the one before; 260 to 1050 names in 1800 calls that open files, of which forty are opened again and again.
const living = 120
const switching = 0.05
const commonNames = 40
const allNames = 5000

/** `count` events in the given proportions as one batch, from processes that come and go; the same every time. */
export function makeMix(count: number, mix: Readonly<Record<Kind, number>> = realisticMix): Batch {
  const maker = new Maker()
  const kinds = Object.entries(mix) as [Kind, number][]
  while (maker.count < count) maker.make(pick(kinds, maker.random()))
  const bytes = Buffer.concat(maker.records)
  return { bytes, length: bytes.length }
}

function pick(kinds: readonly (readonly [Kind, number])[], at: number): Kind {
  let left = at
  for (const [kind, share] of kinds) {
    left -= share
    if (left < 0) return kind
  }
  return 'openat'
}

class Maker {
  readonly records: Buffer[] = []
  count = 0
  private seed = 1
  private nextTid = 10_000
  private readonly tids: number[] = Array.from({ length: living }, () => this.nextTid++)
  private current = 0
  // Who has started a compiler; the others are shells.
  private readonly compiling = new Set<number>()

  // Events come in bursts of one thread, as they do from a CPU.
  make(kind: Kind): void {
    if (this.random() < switching) this.current = Math.floor(this.random() * this.tids.length)
    const tid = this.tids[this.current] ?? 1
    const num = 3 + Math.floor(this.random() * 12)
    this[kind](tid, num)
  }

  /** Numbers from 0 to 1, the same every time: a linear congruential generator. */
  random(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.seed / 2 ** 32
  }

  private close(tid: number, num: number): void {
    this.add(code.close, tid, [0, num])
  }

  private openat(tid: number, num: number): void {
    const name = Math.floor(this.random() * (this.random() < 0.5 ? commonNames : allNames))
    const path = `/usr/lib/x86_64-linux-gnu/${name % 3 === 0 ? 'perl/5.36.0/' : ''}library-${name}.so.6`
    const isFound = this.random() < 0.6
    this.add(code.openat, tid, [isFound ? num : -2, atCwd, name % 4 === 0 ? path.slice(5) : path, 4097, 0, 2049, 5_000_000 + name])
  }

  private fcntl(tid: number, num: number): void {
    this.add(code.fcntl, tid, [0, num, 4, 0])
  }

  private exec(tid: number): void {
    this.compiling.add(tid)
    const text = compilerArgs(tid)
    const head = [0, '/usr/bin/cc', text, tid, tid, 1, '/build/src', 1024, 0, 500, 9000, 3000, 0, 'cc', cgroups, env, 0, tid, 1000, 0]
    this.add(code.execve, tid, [
      ...head,
      0,
      0,
      0,
      77_777,
      1n << 60n,
      1n << 60n,
      1000,
      '/usr/bin/x86_64-linux-gnu-gcc-12',
      tid,
      1000,
      '/usr/bin/cc',
    ])
  }

  private clone(parent: number): void {
    const child = this.nextTid++
    const isCompiler = this.compiling.has(parent)
    const [exe, args, comm] = isCompiler ? ['/usr/bin/cc', compilerArgs(parent), 'cc'] : ['/bin/sh', '', 'sh']
    if (isCompiler) this.compiling.add(child)
    const tail = ['', 1024, 0, 500, 9000, 3000, 0, comm, cgroups, 0, 1000, 1000]
    this.add(code.clone, parent, [child, exe, args, parent, parent, 1, ...tail, parent, parent, 0])
    this.add(code.clone, child, [0, exe, args, child, child, parent, ...tail, child, child, 0])
    this.tids.push(child)
  }

  private exit(tid: number): void {
    if (this.tids.length < living / 2) return
    this.add(code.procexit, tid, [0, 0, 0, 0, 1])
    this.tids.splice(this.current, 1)
    this.current = 0
  }

  private prlimit(tid: number): void {
    this.add(code.prlimit, tid, [0, -1, -1, 1024, 4096, 0, 7])
  }

  private dup2(tid: number, num: number): void {
    this.add(code.dup2, tid, [1, num, 1])
  }

  private sendto(tid: number): void {
    this.add(code.sendto, tid, [64, 'x'.repeat(64), 20, 64, tuple])
  }

  private connect(tid: number): void {
    this.add(code.socket, tid, [20, 2, 1, 6, 0])
    this.add(code.connect, tid, [0, tuple, 20, tuple.subarray(0, 7)])
  }

  private add(type: number, tid: number, params: EventSpec['params']): void {
    this.records.push(encodeRecord({ code: type, tid, ts: BigInt(this.count) * 30_000n + 1_700_000_000_000_000_000n, params }))
    this.count++
  }
}

function compilerArgs(tid: number): string {
  const args = ['-c', '-O2', '-I/usr/include/x86_64-linux-gnu', '-o', `/build/out/object-${tid}.o`, `/build/src/file-${tid}.c`]
  return args.map((arg) => `${arg}\0`).join('')
}
