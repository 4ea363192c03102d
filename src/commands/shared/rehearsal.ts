import type { Capture } from '../../capture/capture.ts'
import { type EventSpec, encodeRecord, type ParamValue } from '../../event/encode.ts'
import type { Batch } from '../../event/event.ts'
import { codeOf } from '../../schema/event.ts'
import { Pump, type Stages } from './pump.ts'

// How much is rehearsed: enough for the busiest functions to be compiled, in pieces that leave the event loop free between them.
const rounds = 400
const pauseMs = 1
// What waited in the rings while the program started goes first.
const delayMs = 200

// No real process has these numbers (PID_MAX_LIMIT, include/linux/threads.h, is 2^22).
const firstTid = 5_000_000
const processCount = 20

/**
 * Runs made-up events of the common kinds through the stages, in the first second or so, while little else is to be done.
 *
 * JavaScript is compiled by its use: without this, the first burst of events after the start would meet code that is still
 * interpreted. `stages` must work on a state of their own, and raise no alerts. Resolves when it is over, or `isOver` says so.
 */
export async function rehearse(stages: Stages, isOver: () => boolean): Promise<void> {
  await Bun.sleep(delayMs)
  const batch = makeBatch()
  for (let round = 0; round < rounds && !isOver(); round++) {
    const pump = new Pump(repeat(batch), stages)
    pump.stop()
    await Bun.sleep(pauseMs)
  }
}

function repeat(batch: Batch): Capture {
  let isTaken = false
  return {
    next: () => {
      if (isTaken) return undefined
      isTaken = true
      return batch
    },
    onReadable: () => undefined,
    stats: () => ({ seen: 0, dropped: 0, byType: new Map() }),
    close: () => undefined,
  }
}

/** What some processes do in turn: they are cloned, execute, open files, connect, and end. */
function makeBatch(): Batch {
  const specs: EventSpec[] = []
  for (let i = 0; i < processCount; i++) {
    for (const [code, params, tid] of life(firstTid + 1 + i, i)) specs.push({ code, tid, ts: timeOf(specs.length), cpu: i & 1, params })
  }
  const bytes = Buffer.concat(specs.map(encodeRecord))
  return { bytes, length: bytes.length }
}

// Times as they are now, and far enough apart for both halves of them to take all sorts of values: what looks constant while it is
// rehearsed would be compiled as a constant.
function timeOf(index: number): bigint {
  return BigInt(Date.now()) * 1_000_000n + BigInt(index) * 13_000_001n
}

type Step = readonly [code: number, params: readonly ParamValue[], tid: number]

const atCwd = -100
const readOnly = 1
const writeCreate = 6
const directory = 1025
const inProgress = -115

function life(tid: number, i: number): Step[] {
  const parent = firstTid
  const act = (id: string, ...params: readonly ParamValue[]): Step => [codeOf(id), params, tid]
  const open = (name: string, fd: number, flags: number, dirfd = atCwd): Step =>
    act('SYSCALL_OPENAT_2_X', fd, dirfd, name, flags, 0, 2049 + i, 4_000_000_000 + fd * 1_000_003)
  return [
    [codeOf('SYSCALL_CLONE_20_X'), [tid, '/bin/sh', '-c\0', parent, parent, 1, ...body('sh', i), 0, 0, 0, parent, parent, 0], parent],
    act('SYSCALL_CLONE_20_X', 0, '/bin/sh', '-c\0', tid, tid, parent, ...body('sh', i), 0, 0, 0, tid, tid, 0),
    act('SYSCALL_EXECVE_19_X', ...image(tid, i)),
    ...times(18, (n) => open(`/usr/lib/x86_64-linux-gnu/lib-${i}-${n}.so`, 3 + (n % 5), readOnly)),
    ...times(10, () => open('/etc/ld.so.cache', 3, readOnly)),
    open('/usr/share', 7, directory),
    ...times(3, (n) => open(`share/file-${n}`, 4, readOnly, n === 0 ? atCwd : 7)),
    ...times(6, (n) => open(`/tmp/out-${n}`, 4, writeCreate)),
    ...times(8, (n) => open(`missing/file-${i}-${n}`, -2, readOnly)),
    ...times(10, (n) => act('SOCKET_SOCKET_X', 5 + n, n === 3 ? 1 : 2, 1 + (n & 1), 0, 0)),
    ...times(8, (n) => act('SOCKET_CONNECT_X', n === 1 ? inProgress : 0, tuple(4660 + i * 7 + n, 80 + n), 5 + n, address)),
    ...times(8, (n) => act('SOCKET_ACCEPT4_6_X', 9, tuple(2000 + n * 77, 8080), 0, 0, 5, 0)),
    act('SOCKET_BIND_X', 0, address, 6),
    ...times(8, (n) => act('SOCKET_SENDTO_X', 5, 'hello', 5 + (n & 1), 5, n < 7 ? undefined : tuple(99, 53))),
    act('SOCKET_RECVFROM_X', 5, 'hello', tuple(53, 99), 6, 5),
    ...times(2, (n) => act('SYSCALL_DUP2_X', 1 + n, 5, 1 + n)),
    ...times(2, (n) => act('SYSCALL_FCNTL_X', 8 + n, 5, 1, 0)),
    act('SYSCALL_PIPE2_X', 0, 8, 9, 77, 0),
    act('SYSCALL_CHDIR_X', 0, '/tmp'),
    act('SYSCALL_PRLIMIT_X', 0, -1, -1, 1024, 4096, 0, 7),
    act('PROCEXIT_1_E', 0, 0, 0, 0, parent),
  ]
}

function times(count: number, make: (n: number) => Step): Step[] {
  return Array.from({ length: count }, (_, n) => make(n))
}

// cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap comm cgroups
function body(comm: string, i: number): ParamValue[] {
  const cgroups = ['cpuset', 'cpu', 'cpuacct', 'io', 'memory'].map((name) => `${name}=/system.slice/rehearsal-${i & 3}.service\0`).join('')
  return ['', 1024, i, 500 + i, 9000 + i, 3000, 0, comm, cgroups]
}

function image(tid: number, i: number): ParamValue[] {
  const env = Array.from({ length: 12 }, (_, n) => `VARIABLE_${n}=/usr/lib/value/${i}\0`).join('')
  const head = [
    0,
    '/usr/bin/rehearsal',
    `-${i}\0file\0`,
    tid,
    tid,
    firstTid,
    ...body('rehearsal', i),
    env,
    i & 1 ? 34_816 : 0,
    tid,
    i & 3 ? 1000 : -1,
    0,
  ]
  return [
    ...head,
    0,
    1n << 40n,
    1n << 40n,
    7_000_000_000 + i,
    1n << 60n,
    1n << 60n,
    i & 1 ? 1000 : 0,
    '/usr/bin/rehearsal',
    tid,
    0,
    '/usr/bin/rehearsal',
  ]
}

// PPM_AF_INET, from and to 127.0.0.1, ports in little-endian order.
function tuple(from: number, to: number): Buffer {
  return Buffer.from([2, 127, 0, 0, 1, from & 255, from >> 8, 127, 0, 0, 1, to & 255, to >> 8])
}

const address = Buffer.from([2, 127, 0, 0, 1, 80, 0])
