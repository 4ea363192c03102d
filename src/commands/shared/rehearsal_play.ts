import type { EventSpec, ParamValue } from '../../event/encode.ts'
import { codeOf } from '../../schema/event.ts'

// No real process has these numbers (PID_MAX_LIMIT, include/linux/threads.h, is 2^22).
const shellTid = 5_000_000
const processCount = 24
// So many are alive at a time, and end in another order than they began.
const togetherCount = 3

const atCwd = -100
const readOnly = 1
const writeCreate = 6
const directory = 1025
const inProgress = -115
// PPM_CL_CLONE_VM, _FS, _FILES, _SIGHAND and _THREAD.
const threadFlags = 0x8000 | 2 | 1 | 0x800 | 0x2000

type Step = readonly [code: number, params: readonly ParamValue[], tid: number]

/**
 * What a shell and the processes that it starts do, as the kernel would tell it: they are cloned, execute, open files, connect, end.
 *
 * `starter` is the process that starts the shell. The events are as varied as real ones where it matters to a compiler: what looks
 * constant, or of one type, while it is rehearsed would be compiled as that, and again when the first other one comes.
 */
export function playOf(starter: number): EventSpec[] {
  const steps = [...shellBegins(starter)]
  for (let first = 0; first < processCount; first += togetherCount) {
    const group = Array.from({ length: togetherCount }, (_, n) => first + n)
    steps.push(...group.flatMap(begins), ...group.flatMap(works), ...[1, 0, 2].flatMap((n) => ends(first + n)))
  }
  steps.push(exit(shellTid, starter))
  return steps.map(([code, params, tid], i) => ({ code, tid, ts: timeOf(i), cpu: i & 1, params }))
}

// Times as they are now, and far enough apart for both halves of them to take all sorts of values.
function timeOf(index: number): bigint {
  return BigInt(Date.now()) * 1_000_000n + BigInt(index) * 13_000_001n
}

function shellBegins(starter: number): Step[] {
  return [
    [codeOf('SYSCALL_CLONE_20_X'), clone(shellTid, starter, starter, 0), starter],
    [codeOf('SYSCALL_CLONE_20_X'), clone(0, shellTid, starter, 0), shellTid],
    [codeOf('SYSCALL_EXECVE_19_X'), image(shellTid, starter, '/bin/sh', 'sh', 0), shellTid],
  ]
}

function begins(i: number): Step[] {
  const tid = tidOf(i)
  const path = `/usr/bin/rehearsal${i & 1 ? '-other' : ''}`
  return [
    [codeOf('SYSCALL_CLONE_20_X'), clone(tid, shellTid, shellTid, i), shellTid],
    [codeOf('SYSCALL_CLONE_20_X'), clone(0, tid, shellTid, i), tid],
    ...(i % 8 === 0 ? [[codeOf('SYSCALL_EXECVE_19_X'), image(tid, shellTid, path, 'sh', i, -2), tid] as const] : []),
    [codeOf('SYSCALL_EXECVE_19_X'), image(tid, shellTid, path, 'rehearsal', i), tid],
  ]
}

function works(i: number): Step[] {
  const tid = tidOf(i)
  const act = (id: string, ...params: readonly ParamValue[]): Step => [codeOf(id), params, tid]
  const open = (name: string, fd: number, flags: number, dirfd = atCwd): Step =>
    act('SYSCALL_OPENAT_2_X', fd, dirfd, name, flags, 0, 2049 + i, 4_000_000_000 + fd * 1_000_003)
  const socket = (fd: number, family: number, type: number): Step => act('SOCKET_SOCKET_X', fd, family, type, 0, 0)
  const ports = 32_768 + i * 700
  return [
    ...times(2, () => open('/etc/ld.so.cache', 3, readOnly)),
    ...times(3, (n) => open(`/usr/lib/x86_64-linux-gnu/lib-${i}-${n}.so`, 3 + (n % 5), readOnly)),
    open('/usr/share', 7, directory),
    open('share/file', 4, readOnly),
    open(i & 1 ? 'a/../file' : './file', 4, readOnly, 7),
    open(`/tmp/out-${i}`, 4, writeCreate),
    open('/dev/null', 6, writeCreate),
    ...times(2, (n) => open(`missing/file-${i}-${n}`, -2, readOnly)),
    open('/root/secret', -13, readOnly),
    act('SYSCALL_PIPE2_X', 0, 8, 9, 4_000_000_077 + i, 0),
    act('SYSCALL_DUP2_X', 1, 9, 1),
    act('SYSCALL_DUP2_X', 2, 4, 2),
    act('SYSCALL_DUP2_X', 2, 40, 2),
    act('SYSCALL_FCNTL_X', 10, 4, 1, 0),
    act('SYSCALL_FCNTL_X', 0, 8, 3, 1),
    socket(5, 2, 1),
    act('SOCKET_CONNECT_X', i & 1 ? inProgress : 0, tuple(ports, 8080), 5, address),
    ...times(2, (n) => act('SOCKET_SENDTO_X', 5, 'hello', 5, 5, n === 0 ? tuple(ports, 8080) : undefined)),
    act('SYSCALL_DUP2_X', 0, 5, 0),
    socket(11, 2, 2),
    act('SOCKET_SENDTO_X', 5, 'hello', 11, 5, tuple(ports + 1, 53)),
    act('SOCKET_RECVFROM_X', 5, 'hello', tuple(53, ports + 1), 11, 5),
    socket(12, 1, 1),
    act('SOCKET_CONNECT_X', -2, undefined, 12, Buffer.from('\x01/run/service')),
    socket(13, 2, 1),
    act('SOCKET_BIND_X', 0, address, 13),
    ...times(2, (n) => act('SOCKET_ACCEPT4_6_X', 14 + n, tuple(ports + 2 + n, 8080), 0, 0, 128, 0)),
    act('SYSCALL_CHDIR_X', 0, '/tmp'),
    act('SYSCALL_PRLIMIT_X', 0, -1, -1, 1024, 4096, 0, 7),
  ]
}

function ends(i: number): Step[] {
  const tid = tidOf(i)
  if (i % 4 !== 0) return [exit(tid, shellTid)]
  const thread = tid + 1000
  return [
    [codeOf('SYSCALL_CLONE_20_X'), clone(thread, tid, shellTid, i, threadFlags), tid],
    [codeOf('SYSCALL_CLONE_20_X'), clone(0, thread, shellTid, i, threadFlags, tid), thread],
    exit(thread, 0),
    exit(tid, shellTid),
  ]
}

function tidOf(i: number): number {
  return shellTid + 1 + i
}

function times(count: number, make: (n: number) => Step): Step[] {
  return Array.from({ length: count }, (_, n) => make(n))
}

function exit(tid: number, reaper: number): Step {
  return [codeOf('PROCEXIT_1_E'), [0, 0, 0, 0, reaper], tid]
}

// What both sides of a clone tell: of the shell, or of its image that a child still has.
function clone(res: number, tid: number, ptid: number, i: number, flags = 0, pid = tid): ParamValue[] {
  return [res, '/bin/sh', '-c\0', tid, pid, ptid, ...body('sh', i), flags, 0, 0, tid, pid, 0]
}

// cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap comm cgroups
function body(comm: string, i: number): ParamValue[] {
  const cgroups = ['cpuset', 'cpu', 'cpuacct', 'io', 'memory'].map((name) => `${name}=/system.slice/rehearsal.service\0`).join('')
  return ['', 1024, i, 500 + i, 9000 + i, 3000, 0, comm, cgroups]
}

function image(tid: number, ptid: number, path: string, comm: string, i: number, res = 0): ParamValue[] {
  const env = Array.from({ length: 12 }, (_, n) => `VARIABLE_${n}=/usr/lib/value/${i}\0`).join('')
  const [tty, loginuid, user] = [i & 1 ? 34_816 : 0, i & 3 ? 1000 : -1, i & 1 ? 1000 : 0]
  const capabilities = [0, 1n << 40n, 1n << 40n]
  const file = [7_000_000_000 + i, 1n << 60n, 1n << 60n]
  const head = [res, path, `-${i}\0file\0`, tid, tid, ptid, ...body(comm, i), env, tty, tid, loginuid, 0]
  return [...head, ...capabilities, ...file, user, path, tid, user, path]
}

// PPM_AF_INET, from and to 127.0.0.1, ports in little-endian order.
function tuple(from: number, to: number): Buffer {
  return Buffer.from([2, 127, 0, 0, 1, from & 255, from >> 8, 127, 0, 0, 1, to & 255, to >> 8])
}

const address = Buffer.from([2, 127, 0, 0, 1, 80, 0])
