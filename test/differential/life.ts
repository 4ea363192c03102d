import type { EventSpec, ParamValue } from '../../src/event/encode.ts'
import { codeOf } from '../../src/schema/event.ts'
import {
  address,
  call,
  connectionFd,
  type FdEntry,
  fileFd,
  l4,
  listeningFd,
  namedFd,
  type RecordingParts,
  sockaddr,
  socktuple,
  type ThreadEntry,
  unixFd,
} from '../tools/recording.ts'

const firstTid = 100
const localIp = '10.0.0.5'
const readOnly = 1
const directory = 1025
const atCwd = -100
const cloneFiles = 4
const cloneThread = 8

interface Task {
  readonly tid: number
  readonly pid: number
  readonly ptid: number
  comm: string
  /** Numbers of open descriptors; threads share them. */
  fds: Map<number, 'file' | 'directory' | 'socket' | 'other'>
}

/**
 * A recording of processes that do what programs do, in an order that `seed` decides: open, read, duplicate, connect, clone, execute,
 * end. Parameters are those of the driver of sysdig 0.29.3.
 */
export function life(seed: number, count = 400): RecordingParts {
  return new Life(seed).run(count)
}

class Life {
  private readonly tasks: Task[] = []
  private readonly events: EventSpec[] = []
  private random: number
  private nextTid = firstTid
  private nextPort = 40_000

  constructor(seed: number) {
    this.random = seed * 2_654_435_761 + 1
  }

  run(count: number): RecordingParts {
    const threads: ThreadEntry[] = [{ tid: 1, ptid: 0, comm: 'init' }]
    const fds: FdEntry[] = []
    for (const comm of ['sshd', 'nginx', 'bash']) {
      const tid = this.nextTid++
      threads.push({ tid, comm, args: ['-x', comm], cwd: `/srv/${comm}/`, env: ['A=1'] })
      fds.push(...listed(tid))
      this.tasks.push({
        tid,
        pid: tid,
        ptid: 1,
        comm,
        fds: new Map(listed(tid).map(({ num }) => [num, num === 3 ? 'directory' : 'other'])),
      })
    }
    while (this.events.length < count) this.act(this.pick(this.tasks))
    return { threads, fds, addresses: [localIp, '127.0.0.1'], events: this.events }
  }

  private act(task: Task): void {
    const acts = [this.open, this.open, this.openat, this.read, this.read, this.close, this.dup, this.chdir, this.pipe, this.connect]
    const more = [this.accept, this.clone, this.execute, this.end, this.datagram, this.failOpen, this.fchdir, this.closeOther, this.rename]
    this.pick([...acts, ...more]).call(this, task)
  }

  private open(task: Task): void {
    const [num, name] = [this.free(task), this.path()]
    const isDirectory = this.next(5) === 0
    const flags = isDirectory ? directory : readOnly
    this.add(task, 'SYSCALL_OPEN', [name, flags, 0], [num, name, flags, 0, 8])
    task.fds.set(num, isDirectory ? 'directory' : 'file')
  }

  private openat(task: Task): void {
    const num = this.free(task)
    const dirfd = this.pick([atCwd, ...this.ofKind(task, 'directory')])
    const name = this.path()
    this.add(task, 'SYSCALL_OPENAT_2', [dirfd, name, readOnly, 0], [num, dirfd, name, readOnly, 0, 8])
    task.fds.set(num, 'file')
  }

  private failOpen(task: Task): void {
    const name = this.path()
    this.add(task, 'SYSCALL_OPEN', [name, readOnly, 0], [-2, name, readOnly, 0, 0])
  }

  private read(task: Task): void {
    const num = this.any(task)
    if (num === undefined) return
    if (this.next(2) === 0) this.add(task, 'SYSCALL_READ', [num, 10], [4, 'data'])
    else this.add(task, 'SYSCALL_WRITE', [num, 4], [4, 'data'])
  }

  private close(task: Task): void {
    const num = this.any(task)
    if (num === undefined) return
    this.add(task, 'SYSCALL_CLOSE', [num], [0])
    task.fds.delete(num)
  }

  private closeOther(task: Task): void {
    this.add(task, 'SYSCALL_CLOSE', [999], [-9])
  }

  private dup(task: Task): void {
    const num = this.any(task)
    if (num === undefined) return
    const made = this.free(task)
    this.add(task, 'SYSCALL_DUP', [num], [made])
    task.fds.set(made, task.fds.get(num) ?? 'other')
  }

  private chdir(task: Task): void {
    this.add(task, 'SYSCALL_CHDIR', [], [0, this.pick(['/tmp', '/srv/www', '..', 'sub/dir'])])
  }

  private fchdir(task: Task): void {
    const [num] = this.ofKind(task, 'directory')
    if (num !== undefined) this.add(task, 'SYSCALL_FCHDIR', [num], [0])
  }

  private pipe(task: Task): void {
    const one = this.free(task)
    task.fds.set(one, 'other')
    const two = this.free(task)
    task.fds.set(two, 'other')
    this.add(task, 'SYSCALL_PIPE', [], [0, one, two, 4711 + one])
  }

  private connect(task: Task): void {
    const num = this.free(task)
    const to = address(this.pick(['1.2.3.4:443', '10.0.0.9:80', '127.0.0.1:25']))
    const from = address(`${to.ip[0] === 127 ? '127.0.0.1' : localIp}:${this.nextPort++}`)
    this.add(task, 'SOCKET_SOCKET', [2, 1, 6], [num])
    this.add(task, 'SOCKET_CONNECT', [num, sockaddr(to)], [this.pick([0, 0, -115]), socktuple(from, to)])
    task.fds.set(num, 'socket')
  }

  private accept(task: Task): void {
    const listening = this.free(task)
    const at = address(`${localIp}:${8000 + this.next(100)}`)
    this.add(task, 'SOCKET_SOCKET', [2, 1, 6], [listening])
    this.add(task, 'SOCKET_BIND', [listening], [0, sockaddr(at)])
    this.add(task, 'SOCKET_LISTEN', [listening, 5], [0])
    task.fds.set(listening, 'socket')
    const num = this.free(task)
    this.add(task, 'SOCKET_ACCEPT4_5', [0], [num, socktuple(address('9.8.7.6:5555'), at), 0, 0, 5])
    task.fds.set(num, 'socket')
  }

  private datagram(task: Task): void {
    const num = this.free(task)
    const to = address('8.8.8.8:53')
    const from = address(`${localIp}:${this.nextPort++}`)
    this.add(task, 'SOCKET_SOCKET', [2, 2, 17], [num])
    this.add(task, 'SOCKET_SENDTO', [num, 4, socktuple(from, to)], [4, 'ques'])
    this.add(task, 'SOCKET_RECVFROM', [num, 4], [4, 'answ', socktuple(to, from)])
    task.fds.set(num, 'socket')
  }

  private rename(task: Task): void {
    this.add(task, 'SYSCALL_RENAME', [], [0, this.path(), this.path()])
  }

  private clone(task: Task): void {
    const tid = this.nextTid++
    const isThread = this.next(3) === 0
    const flags = isThread ? cloneThread | cloneFiles : 0
    const pid = isThread ? task.pid : tid
    const told = (result: number, self: number, selfPid: number, parent: number): ParamValue[] => [
      ...[result, `/bin/${task.comm}`, ['-x', task.comm], self, selfPid, parent, '', 1024, 0, 0, 9, 9, 0],
      ...[task.comm, ['cpu=/'], flags, 0, 0, self, selfPid],
    ]
    this.add(task, 'SYSCALL_CLONE_20', [], told(tid, task.tid, task.pid, task.ptid))
    this.events.push({ tid, code: codeOf('SYSCALL_CLONE_20_X'), params: told(0, tid, pid, isThread ? task.ptid : task.tid) })
    this.tasks.push({ tid, pid, ptid: isThread ? task.ptid : task.tid, comm: task.comm, fds: isThread ? task.fds : new Map(task.fds) })
  }

  private execute(task: Task): void {
    if (task.tid !== task.pid || this.tasks.some((other) => other !== task && other.pid === task.pid)) return
    task.comm = this.pick(['ls', 'cat', 'python3', 'a b'])
    const exe = `/usr/bin/${task.comm}`
    this.add(
      task,
      'SYSCALL_EXECVE_19',
      [exe],
      [
        ...[0, exe, ['-l', this.path()], task.tid, task.pid, task.ptid, '', 1024, 0, 0, 9, 9, 0],
        ...[task.comm, ['cpu=/'], ['A=1', 'B=2'], 0, task.pid, 1000, 0],
      ],
    )
  }

  private end(task: Task): void {
    if (this.tasks.length < 4 || this.tasks.some((other) => other !== task && other.pid === task.pid)) return
    this.events.push({ tid: task.tid, code: codeOf('PROCEXIT_1_E'), params: [0, 0, 0, 0] })
    this.tasks.splice(this.tasks.indexOf(task), 1)
  }

  private add(task: Task, name: string, enter: readonly ParamValue[], exit: readonly ParamValue[]): void {
    this.events.push(...call(task.tid, name, enter, exit))
  }

  private path(): string {
    return this.pick(['/etc/passwd', 'x.txt', '../up', './a//b', '/usr/lib/../share/z', 'deep/er/file', '/'])
  }

  private free(task: Task): number {
    let num = 3
    while (task.fds.has(num)) num++
    return num
  }

  private any(task: Task): number | undefined {
    return task.fds.size === 0 ? undefined : this.pick([...task.fds.keys()])
  }

  private ofKind(task: Task, kind: string): number[] {
    return [...task.fds].filter(([, known]) => known === kind).map(([num]) => num)
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.next(items.length)] as T
  }

  // A linear congruence: any even spread will do, as long as it is the same every time.
  private next(limit: number): number {
    this.random = (Math.imul(this.random, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.random / 2 ** 32) * limit)
  }
}

function listed(tid: number): FdEntry[] {
  return [
    fileFd(tid, 0, '/dev/null'),
    namedFd(tid, 1, 7, 'pipe:[77]'),
    unixFd(tid, 2, '/run/systemd/journal/stdout\n'),
    namedFd(tid, 3, 2, '/srv'),
    connectionFd(tid, 4, address(`${localIp}:22`), address('5.6.7.8:1234'), l4.tcp),
    connectionFd(tid, 5, address(`${localIp}:50000`), address('5.6.7.8:443'), l4.tcp),
    listeningFd(tid, 6, address('0.0.0.0:22'), l4.tcp),
  ]
}
