import type { Capture } from '../../capture/capture.ts'
import { type EventSpec, encodeRecord, type ParamValue } from '../../event/encode.ts'
import type { Batch } from '../../event/event.ts'
import { codeOf } from '../../schema/event.ts'
import { Pump, type Stages } from './pump.ts'

// How much is rehearsed: enough for the busiest functions to be compiled, in pieces that leave the event loop free between them.
const rounds = 600
const pauseMs = 1

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
    const tid = firstTid + i
    for (const [code, params] of life(tid, i))
      specs.push({ code, tid, ts: 1_000_000_000_000_000_000n + BigInt(specs.length) * 1000n, params })
  }
  const bytes = Buffer.concat(specs.map(encodeRecord))
  return { bytes, length: bytes.length }
}

type Step = readonly [code: number, params: readonly ParamValue[]]

const atCwd = -100
const readOnly = 1
const writeCreate = 6

function life(tid: number, i: number): Step[] {
  return [
    [codeOf('SYSCALL_CLONE_20_X'), [0, '/bin/sh', '', tid, tid, firstTid, ...body('sh'), 0, 0, 0, tid, tid, 0]],
    [codeOf('SYSCALL_EXECVE_19_X'), image(tid, i)],
    ...Array.from({ length: 24 }, (_, file) => open(`/usr/lib/x86_64-linux-gnu/lib-${i}-${file}.so`, 3 + (file % 5), readOnly, file)),
    ...Array.from({ length: 12 }, (_, file) => open('/etc/ld.so.cache', 3, readOnly, file)),
    ...Array.from({ length: 6 }, (_, file) => open(`/tmp/out-${file}`, 4, writeCreate, file)),
    ...Array.from({ length: 8 }, (_, file) => open(`missing/file-${i}-${file}`, -2, readOnly, 0)),
    [codeOf('SOCKET_SOCKET_X'), [5, 2, 1, 0, 0]],
    [codeOf('SOCKET_CONNECT_X'), [0, tuple, 5, address]],
    [codeOf('SOCKET_ACCEPT4_6_X'), [6, tuple, 0, 0, 5, 0]],
    [codeOf('SOCKET_SENDTO_X'), [5, 'hello', 5, 5, undefined]],
    [codeOf('SYSCALL_DUP2_X'), [1, 5, 1]],
    [codeOf('SYSCALL_FCNTL_X'), [7, 5, 1, 0]],
    [codeOf('SYSCALL_PIPE2_X'), [0, 8, 9, 77, 0]],
    [codeOf('SYSCALL_CHDIR_X'), [0, '/tmp']],
    [codeOf('PROCEXIT_1_E'), [0, 0, 0, 0, firstTid]],
  ]
}

// cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap comm cgroups
function body(comm: string): ParamValue[] {
  return ['', 1024, 0, 0, 0, 0, 0, comm, 'cpuset=/\0cpu=/\0memory=/\0']
}

function image(tid: number, i: number): ParamValue[] {
  const head = [0, '/usr/bin/rehearsal', `-${i}\0`, tid, tid, firstTid, ...body('rehearsal'), 'PATH=/usr/bin\0', 0, tid, 0, 0]
  return [...head, 0, 0, 0, 7, 1n << 60n, 1n << 60n, 0, '/usr/bin/rehearsal', tid, 0, '/usr/bin/rehearsal']
}

function open(name: string, fd: number, flags: number, ino: number): Step {
  return [codeOf('SYSCALL_OPENAT_2_X'), [fd, atCwd, name, flags, 0, 1, ino]]
}

// PPM_AF_INET, 127.0.0.1:4660 to 127.0.0.1:80
const tuple = Buffer.from([2, 127, 0, 0, 1, 0x34, 0x12, 127, 0, 0, 1, 80, 0])
const address = Buffer.from([2, 127, 0, 0, 1, 80, 0])
