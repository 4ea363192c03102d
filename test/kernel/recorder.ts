import { existsSync } from 'node:fs'
import { type KmodCapture, openKmod } from '../../src/capture/kmod.ts'
import { type LiveCapture, openLive } from '../../src/capture/live.ts'
import { loadedModule } from '../../src/drivers/kmod/index.ts'
import { type Batch, Event } from '../../src/event/event.ts'
import { codeOf, type EventInfo, events, flagSets, kindName, type ParamInfo, paramBytes, syscalls } from '../../src/schema/event.ts'
import { patient } from '../tools/agent.ts'

// Captures what one program and its children do, as lines that tests can compare.

/** Whether the kernel module is read, not the eBPF programs. */
export const isKmod = process.env.EYAS_TEST_ENGINE === 'kmod'

/** Why this machine cannot capture, as a sentence; undefined where it can. */
export function whyNotCapture(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  if (isKmod) return loadedModule() === undefined ? 'no kernel module is loaded' : undefined
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF'
  return undefined
}

export interface Recording {
  /** One line an event: `name param=value ...`, with the thread before it where it is not the program's own. */
  readonly lines: readonly string[]
  /** The same by thread, without it in front. */
  readonly byThread: ReadonlyMap<number, readonly string[]>
  readonly pid: number
  /** Records whose lengths do not add up, or whose times go backwards; the latter may be where the CPUs of a machine stand still at times. */
  readonly damaged: number
}

export const none = new Uint8Array(512)
const execve = codeOf('SYSCALL_EXECVE_19_X')
const procexit = codeOf('PROCEXIT_1_E')
const births = new Set(['CLONE_20', 'CLONE3', 'FORK_20', 'VFORK_20'].map((name) => codeOf(`SYSCALL_${name}_X`)))

export function scOf(name: string): number {
  const found = syscalls.find((syscall) => syscall.name === name)
  if (!found) throw new Error(`no system call ${name}`)
  return found.sc
}

/** A table of what is wanted: `names` by rules; a name with a + behind it by the state alone. */
export function wantedOf(names: readonly string[]): Uint8Array {
  const wanted = new Uint8Array(512)
  for (const name of names) wanted[scOf(name.replace('+', ''))] = name.endsWith('+') ? 2 : 1
  return wanted
}

interface RecordOptions {
  readonly snaplen?: number
  readonly dropFailed?: boolean
  readonly ringBytes?: number
}

export function open(names: readonly string[], options: RecordOptions = {}): LiveCapture {
  return openLive(optionsOf(names, options))
}

function optionsOf(names: readonly string[], { snaplen = 80, dropFailed = false, ringBytes = 8 << 20 }: RecordOptions) {
  return { ringBytes, cpusPerRing: 1, snaplen, dropFailed, selfPid: process.pid, wanted: wantedOf(names) }
}

function openDriver(names: readonly string[], options: RecordOptions): LiveCapture | KmodCapture {
  return isKmod ? openKmod({ ...optionsOf(names, options), name: loadedModule()?.name ?? 'none' }) : open(names, options)
}

/**
 * Runs `command` in `cwd` while the calls `names` are captured, and returns their events from its execve on; with `ofAll`, those of
 * other processes, too, as of a container that a daemon starts for the command.
 */
export async function record(
  names: readonly string[],
  command: readonly string[],
  cwd: string,
  options: RecordOptions & { readonly ofAll?: boolean } = {},
): Promise<Recording> {
  const family = ['clone+', 'clone3+', 'fork+', 'vfork+', 'execve+'].filter((name) => !names.includes(name.replace('+', '')))
  const live = openDriver([...family, ...names], options)
  const batches: Batch[] = []
  const drain = () => {
    for (let batch = live.next(); batch !== undefined && batch.length > 0; batch = live.next()) {
      batches.push({ bytes: Buffer.from(batch.bytes.subarray(0, batch.length)), length: batch.length })
    }
  }
  try {
    live.onReadable(drain)
    const child = Bun.spawn([...command], {
      cwd,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      env: { PATH: '/usr/bin:/bin', MARK: 'x' },
    })
    await child.exited
    live.stop()
    drain()
    return collect(batches, child.pid, options.ofAll === true)
  } finally {
    live.close()
  }
}

function collect(batches: readonly Batch[], pid: number, ofAll: boolean): Recording {
  const event = new Event()
  const threads = new Set([pid])
  const lines: string[] = []
  const byThread = new Map<number, string[]>()
  let damaged = 0
  let started = false
  let last = 0n
  for (const batch of batches) {
    for (let at = event.attach(batch); at < batch.length; ) {
      at = event.moveTo(at)
      if ((event.ts < last && patient(1) === 1) || !addsUp(event)) damaged++
      last = event.ts
      if (births.has(event.type) && event.int(0) === 0 && (threads.has(event.int(4)) || threads.has(event.int(5)))) threads.add(event.tid)
      const isStart = event.type === execve && event.tid === pid && event.int(0) === 0
      // Events of the beginning of a call, which the module has of a few.
      const isBegin = isKmod && events[event.type]?.isEnter === true && event.type !== procexit
      if (started && !isBegin && (ofAll || threads.has(event.tid)) && (event.type !== procexit || event.tid !== pid)) {
        const line = lineOf(event)
        lines.push(event.tid === pid ? line : `child ${line}`)
        const known = byThread.get(event.tid)
        if (known === undefined) byThread.set(event.tid, [line])
        else known.push(line)
      }
      started ||= isStart
    }
  }
  return { lines, byThread, pid, damaged }
}

function addsUp(event: Event): boolean {
  const info = events[event.type]
  let bytes = 26
  for (let i = 0; i < event.paramCount; i++) bytes += 2 + event.lengthOf(i)
  if (info === undefined || info.params.length !== event.paramCount || bytes !== event.view.getUint32(event.at + 24, true)) return false
  return info.params.every((param, i) => {
    const length = event.lengthOf(i)
    const fixed = paramBytes.get(param.type) ?? 0
    return fixed === 0 || length === 0 || length === fixed
  })
}

function lineOf(event: Event): string {
  const info = events[event.type] as EventInfo
  const params = event.kind >= 512 ? [] : info.params.map((param, i) => `${param.name}=${textOf(event, param, i)}`)
  return [kindName(event.kind), ...params, ...(event.isStateOnly ? ['(state)'] : [])].join(' ')
}

function textOf(event: Event, param: ParamInfo, index: number): string {
  const { type, format, flags } = param
  const length = event.lengthOf(index)
  if (length === 0) return '-'
  if (type === 'DYN') return dynamicOf(event, param, index)
  if (type === 'FDLIST') return polledOf(event, index)
  if (type === 'SOCKADDR' || type === 'SOCKTUPLE') return socketOf(event, index)
  if (/^ENUMFLAGS/.test(type)) return flags?.entries.find(([, value]) => value === event.uint(index))?.[0] ?? String(event.uint(index))
  if (/^(FLAGS|MODE)/.test(type) && format !== 'OCT' && flags) return bitsOf(event.uint(index), flags.entries)
  if (format === 'OCT') return `0${event.uint(index).toString(8)}`
  if (!paramBytes.get(type)) return event.raw(index).replace(/\0$/, '').replaceAll('\0', '|') || "''"
  const isUnsigned = /^U?INT|UID|GID|SIGSET|ABSTIME/.test(type) && !type.startsWith('INT')
  return String(isUnsigned ? exact(event, index) : event.int(index))
}

function exact(event: Event, index: number): bigint | number {
  return event.lengthOf(index) === 8 ? BigInt.asUintN(64, event.big(index)) : event.uint(index)
}

/** A value behind a byte that says of which type it is. */
function dynamicOf(event: Event, { dynamic = [] }: ParamInfo, index: number): string {
  const at = event.offsetOf(index)
  const length = event.lengthOf(index)
  const bytes = paramBytes.get(dynamic[event.bytes[at] as number]?.type ?? 'NONE')
  if (bytes === 8) return String(event.view.getBigInt64(at + 1, true))
  if (bytes === 4) return String(event.view.getUint32(at + 1, true))
  if (bytes === 1) return String(event.view.getUint8(at + 1))
  return event.bytes.latin1Slice(at + 1, at + length).replace(/\0$/, '')
}

function polledOf(event: Event, index: number): string {
  const flags = flagSets.get('poll_flags')?.entries ?? []
  const at = event.offsetOf(index)
  const each = (i: number) => {
    const entry = at + 2 + 10 * i
    return `${event.view.getBigInt64(entry, true)}:${bitsOf(event.view.getUint16(entry + 8, true), flags)}`
  }
  return Array.from({ length: event.view.getUint16(at, true) }, (_, i) => each(i)).join(',')
}

function bitsOf(value: number, entries: readonly (readonly [string, number])[]): string {
  const isAccess = (name: string) => name === 'O_RDONLY' || name === 'O_WRONLY' || name === 'O_RDWR'
  const names = entries.filter(([name, bits]) => bits !== 0 && (isAccess(name) ? (value & 3) === bits : (value & bits) === bits))
  return names.length === 0 ? '0' : names.map(([name]) => name).join('|')
}

function socketOf(event: Event, index: number): string {
  const at = event.offsetOf(index)
  const { view, bytes } = event
  const family = bytes[at]
  const end = (from: number, size: number) =>
    `${
      size === 4
        ? [...bytes.subarray(from, from + 4)].join('.')
        : bytes
            .subarray(from, from + 16)
            .toString('hex')
            .replace(/^0+/, ':')
    }:${view.getUint16(from + size, true)}`
  const isTuple = events[event.type]?.params[index]?.type === 'SOCKTUPLE'
  if (family === 1) {
    const pathAt = at + (isTuple ? 17 : 1)
    const path = bytes.latin1Slice(pathAt, at + event.lengthOf(index)).replace(/\0$/, '')
    return isTuple ? `${view.getBigUint64(at + 1, true).toString(16)}->${view.getBigUint64(at + 9, true).toString(16)},${path}` : path
  }
  const size = family === 2 ? 4 : 16
  return isTuple ? `${end(at + 1, size)}->${end(at + 3 + size, size)}` : end(at + 1, size)
}
