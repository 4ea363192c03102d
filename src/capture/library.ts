import { dlopen, FFIType, JSCallback, ptr } from 'bun:ffi'
import { closeSync, readFileSync, writeSync } from 'node:fs'
import libraryPath from '../../dist/libcapture.so' with { type: 'file' }
import { Fault } from '../base/fault.ts'
import { eventCodes } from '../schema/event.ts'

// The only place that calls C. The ABI is ffi/capture.h.

export interface LibraryConfig {
  /** Bytes of the ring that `cpusPerRing` CPUs would share, a power of two; each CPU gets its part of it. */
  readonly ringBytes: number
  /** 0: all CPUs share the memory of one ring. */
  readonly cpusPerRing: number
  /** Bytes of data kept of read, write, send ... */
  readonly snaplen: number
  readonly dropFailed: boolean
  /** Process whose events are left out; 0 for none. */
  readonly selfPid: number
  /** Load the iterators for `scan`, where the kernel has them. */
  readonly iterates?: boolean
}

export interface LibraryStats {
  /** By event code. */
  readonly seen: readonly number[]
  readonly dropped: readonly number[]
  readonly ringBytesUsed: number
  readonly rings: number
}

/** An eBPF program that is attached. */
export interface ProgramRuns {
  readonly name: string
  readonly runs: number
  readonly ns: number
}

/** Events of one CPU. */
export interface CpuCounts {
  readonly cpu: number
  readonly seen: number
  readonly dropped: number
}

// A number of a CPU and two of 64 bits.
const cpuLineBytes = 64

export interface Feature {
  readonly name: string
  readonly isThere: boolean
  readonly reason: string
}

const symbols = {
  capture_prepare: { args: [FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  capture_open: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_expect: { args: [FFIType.ptr, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_want: { args: [FFIType.ptr, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_start: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_scan: { args: [FFIType.ptr, FFIType.u64, FFIType.ptr, FFIType.u32], returns: FFIType.i64_fast },
  capture_poll: { args: [FFIType.ptr, FFIType.u64], returns: FFIType.i64_fast },
  capture_watch: { args: [FFIType.function], returns: FFIType.i32 },
  capture_stats: { args: [FFIType.ptr], returns: FFIType.i32 },
  capture_programs: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_cpus: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_stop: { args: [], returns: FFIType.i32 },
  capture_close: { args: [], returns: FFIType.i32 },
  capture_probe: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_log: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_notify: { args: [FFIType.cstring, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_pipe: { args: [FFIType.ptr], returns: FFIType.i32 },
  capture_clock: { args: [], returns: FFIType.i64_fast },
  capture_keep_rights: { args: [FFIType.u32, FFIType.u32], returns: FFIType.i32 },
  capture_module_open: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_module_want: { args: [FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  capture_module_start: { args: [FFIType.u32], returns: FFIType.i32 },
  capture_module_poll: { args: [FFIType.ptr, FFIType.u64], returns: FFIType.i64_fast },
  capture_module_stats: { args: [FFIType.ptr], returns: FFIType.i32 },
  capture_module_facts: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  capture_module_stop: { args: [], returns: FFIType.i32 },
  capture_module_close: { args: [], returns: FFIType.i32 },
} as const

type Native = ReturnType<typeof dlopen<typeof symbols>>['symbols']

const errno = {
  EPERM: -1,
  ENOENT: -2,
  ESRCH: -3,
  ENXIO: -6,
  ENOMEM: -12,
  EACCES: -13,
  EBUSY: -16,
  EINVAL: -22,
  EMFILE: -24,
  EPROTO: -71,
  ENOTSUP: -95,
} as const

const btfHint =
  'mount /sys where a container hides it, use a kernel built with CONFIG_DEBUG_INFO_BTF, as those of current distributions are, or read events from another source'
const defectHint = 'start it with EYAS_LIBBPF_LOG=1 to see what the kernel says, and report that with the output of --support'

const hints: Record<number, string> = {
  [errno.EPERM]: 'run as root of the host, or with CAP_BPF and CAP_PERFMON (CAP_SYS_RESOURCE too before kernel 5.11)',
  [errno.ENOENT]: btfHint,
  // What libbpf answers where the file of types is there, but not one of this kernel.
  [errno.ESRCH]: btfHint,
  [errno.EINVAL]: btfHint,
  [errno.ENOMEM]: 'make the rings smaller: engine.modern_ebpf.buf_size_preset',
  [errno.EMFILE]: 'allow this process more open files: LimitNOFILE=1024 in its unit, ulimit -n 1024 in a shell',
  [errno.ENOTSUP]: 'use kernel 5.8 or newer, or read events from another source',
}

const moduleHints: Record<number, string> = {
  [errno.ENXIO]: 'load it: eyas driver install --type kmod; or use -o engine.kind=modern_ebpf',
  [errno.EACCES]: 'run as root of the host; a container takes --privileged',
  [errno.EBUSY]: 'end one of them, or load the module with a larger max_consumers',
  [errno.EPROTO]: 'load a module of a version that fits: eyas driver cleanup, then eyas driver install --type kmod',
  [errno.ENOMEM]: 'make the rings smaller: engine.kmod.buf_size_preset',
}

let native: Native | undefined
let advise: ReturnType<typeof adviser> | undefined

// One for the life of the process: a call may still be on its way to the event loop when the capture is closed.
let callback: JSCallback | undefined
let onWake: () => void = () => {}

/**
 * Loads the programs into the kernel that `wanted` takes (as in `want`); nothing is captured before `start`.
 *
 * @throws Fault `driver-unavailable` where the kernel or the rights do not allow it.
 */
export function open(config: LibraryConfig, wanted: Uint8Array): void {
  check((error) => load().capture_open(ptr(rawConfig(config)), ptr(wanted), ptr(error), error.length))
}

/**
 * Begins to open in a thread of the library, while other work goes on here; `open` with the same configuration waits for it.
 *
 * What goes wrong is told by `open`.
 */
export function prepare(config: LibraryConfig, wanted: Uint8Array): void {
  load().capture_prepare(ptr(rawConfig(config)), ptr(wanted))
}

function rawConfig(config: LibraryConfig): Uint32Array {
  const { ringBytes, cpusPerRing, snaplen, dropFailed, selfPid, iterates = false } = config
  return new Uint32Array([28, ringBytes, cpusPerRing, snaplen, dropFailed ? 1 : 0, selfPid, iterates ? 1 : 0])
}

/** Loads the programs that are missing for what will be wanted, so that `want` need not wait for the kernel. */
export function expect(wanted: Uint8Array): void {
  check((error) => load().capture_expect(ptr(wanted), ptr(error), error.length))
}

/** Says what is wanted of each system call, by PPM_SC code: 1 rules, 2 state. Takes effect at once. */
export function want(wanted: Uint8Array): void {
  check((error) => load().capture_want(ptr(wanted), ptr(error), error.length))
}

/** Attaches the programs. */
export function start(): void {
  check((error) => load().capture_start(ptr(error), error.length))
}

/** Copies the records that are complete into `batch`, oldest first; returns how many bytes, 0 if there are none now. */
export function poll(batch: Buffer): number {
  const bytes = Number(load().capture_poll(batch, batch.length))
  if (bytes < 0) throw new Fault('driver-gone', `the capture library cannot read the rings (error ${-bytes})`)
  return bytes
}

/**
 * Copies what the kernel's iterators tell of the tasks and files that there are (`ffi/bpf/scan.h`); returns how many bytes, 0 at the end.
 *
 * @throws Fault `driver-unavailable` where there are none.
 */
export function scan(batch: Buffer): number {
  let bytes = 0
  check((error) => {
    bytes = Number(load().capture_scan(batch, batch.length, ptr(error), error.length))
    return bytes
  })
  return bytes
}

/** Calls `wake` from the event loop when records are there, once until `poll` has returned 0. */
export function watch(wake: () => void): void {
  onWake = wake
  callback ??= new JSCallback(() => onWake(), { args: [], returns: FFIType.void, threadsafe: true })
  const code = load().capture_watch(callback)
  if (code < 0) throw new Fault('driver-unavailable', `cannot start the thread that watches the rings (error ${-code})`)
}

export function stats(): LibraryStats {
  const raw = new BigUint64Array(2 * eventCodes + 2)
  load().capture_stats(ptr(raw))
  const numbers = Array.from(raw, Number)
  return {
    seen: numbers.slice(0, eventCodes),
    dropped: numbers.slice(eventCodes, 2 * eventCodes),
    ringBytesUsed: numbers[2 * eventCodes] ?? 0,
    rings: numbers[2 * eventCodes + 1] ?? 0,
  }
}

/** How often each attached program has run and for how long, where the kernel counts that (`kernel.bpf_stats_enabled`). */
export function programs(): readonly ProgramRuns[] {
  return lines(load().capture_programs).map(([name = '', runs, ns]) => ({ name, runs: Number(runs), ns: Number(ns) }))
}

/** What each CPU's ring has seen and had no room for. */
export function cpus(): readonly CpuCounts[] {
  const text = lines(load().capture_cpus, stats().rings * cpuLineBytes)
  return text.map(([cpu, seen, dropped]) => ({ cpu: Number(cpu), seen: Number(seen), dropped: Number(dropped) }))
}

/** Detaches the programs; what the rings hold can still be polled. */
export function stop(): void {
  load().capture_stop()
}

/** Detaches and unloads the programs and ends the thread. */
export function close(): void {
  onWake = () => {}
  load().capture_close()
}

/** What this kernel and these rights allow, one answer a feature. */
export function probe(): readonly Feature[] {
  return lines(load().capture_probe).map(([name = '', isThere, reason = '']) => ({ name, isThere: isThere === 'yes', reason }))
}

/** The lines that a function of the library writes, and their columns; none where it fails. */
function lines(write: (text: ReturnType<typeof ptr>, bytes: number) => number, most = 4096): string[][] {
  const text = Buffer.alloc(most)
  const bytes = Math.max(0, write(ptr(text), text.length))
  const all = text.toString('utf8', 0, bytes).split('\n')
  return all.filter((line) => line !== '').map((line) => line.split('\t'))
}

/** Sends one datagram to the system log; 0, or an errno below 0. Never waits. */
export function log(datagram: Buffer): number {
  return load().capture_log(ptr(datagram), datagram.length)
}

/** Sends one datagram to the socket of this path, `@name` for an abstract one; 0, or an errno below 0. */
export function notify(path: string, datagram: Buffer): number {
  return load().capture_notify(Buffer.from(`${path}\0`), ptr(datagram), datagram.length)
}

/** A pipe: the end to read from, the end to write to, and a second one to read from; only the first one waits. Undefined where there is none. */
export function pipe(): readonly [read: number, write: number, peek: number] | undefined {
  const fds = new Int32Array(3)
  if (load().capture_pipe(ptr(fds)) !== 0) return undefined
  const [read = -1, write = -1, peek = -1] = fds
  return [read, write, peek]
}

/** CLOCK_MONOTONIC, which the runtime does not tell, in microseconds. */
export function clockUs(): number {
  return Number(load().capture_clock())
}

/** Gives up all capabilities but these, in all threads; 0 once no thread has others. `kept`: a bit each, as in CapEff. */
export function keepRights(kept: bigint): number {
  return load().capture_keep_rights(Number(kept & 0xffff_ffffn), Number(kept >> 32n))
}

/** The kernel module of this name in place of the programs; see `src/capture/kmod.ts`. */
export const kernelModule = {
  /** @throws Fault `driver-unavailable` where it is not loaded, not of a version that is known, or busy. */
  open(name: string, config: LibraryConfig): void {
    const bytes = Buffer.from(`${name}\0`)
    check((error) => load().capture_module_open(ptr(bytes), ptr(rawConfig(config)), ptr(error), error.length), moduleHints)
  },
  /** What is wanted of events by code, and of generic ones by PPM_SC code. */
  want(events: Uint8Array, calls: Uint8Array): void {
    check(() => load().capture_module_want(ptr(events), ptr(calls)), moduleHints)
  },
  /** A bit for each tracepoint. */
  start(tracepoints: number): void {
    check(() => load().capture_module_start(tracepoints), moduleHints)
  },
  /** Blocks of a recording, oldest event first; returns how many bytes, 0 if there are none now. */
  poll(batch: Buffer): number {
    const bytes = Number(load().capture_module_poll(batch, batch.length))
    if (bytes < 0) throw new Fault('driver-gone', `the rings of the kernel module cannot be read (error ${-bytes})`)
    return bytes
  },
  stats(): { readonly seen: number; readonly dropped: number; readonly waitingBytes: number; readonly rings: number } {
    const raw = new BigUint64Array(4)
    load().capture_module_stats(ptr(raw))
    const [seen = 0, dropped = 0, waitingBytes = 0, rings = 0] = Array.from(raw, Number)
    return { seen, dropped, waitingBytes, rings }
  },
  /** Versions and sizes, as the module tells them. */
  facts(): Readonly<Record<string, string>> {
    return Object.fromEntries(lines(load().capture_module_facts).map(([name = '', value = '']) => [name, value]))
  },
  stop(): void {
    load().capture_module_stop()
  },
  close(): void {
    load().capture_module_close()
  },
}

function check(call: (error: Buffer) => number, ways: Readonly<Record<number, string>> = hints): void {
  const error = Buffer.alloc(1024)
  const code = call(error)
  if (code >= 0) return
  const reason = error.toString('utf8', 0, error.indexOf(0))
  throw new Fault('driver-unavailable', reason === '' ? `the capture library failed (error ${-code})` : reason, {
    hint: ways[code] ?? defectHint,
  })
}

/** Takes pages out of this process's memory; what is in a file comes back when it is looked at. Does nothing where that is not to be had. */
export function dropPages(address: number, bytes: number): void {
  const dontNeed = 4
  advise ??= adviser()
  advise(address, bytes, dontNeed)
}

function adviser(): (address: number, bytes: number, advice: number) => number {
  try {
    const { symbols: libc } = dlopen('libc.so.6', { madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 } })
    return libc.madvise
  } catch {
    return () => -1
  }
}

/** Loads the library from memory, so that it leaves no file behind and needs no directory that allows programs. */
function load(): Native {
  native ??= loadFrom(memoryFile())
  return native
}

function loadFrom(fd: number): Native {
  try {
    const bytes = readFileSync(libraryPath)
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    return dlopen(`/proc/self/fd/${fd}`, symbols).symbols
  } catch (cause) {
    throw notLoaded(cause, 'is /proc mounted?')
  } finally {
    closeSync(fd)
  }
}

function memoryFile(): number {
  const fd = createMemoryFile()
  if (fd >= 0) return fd
  const message = 'the kernel gives no memory file to load the capture library from (memfd_create)'
  throw new Fault('driver-unavailable', message, { hint: 'allow it: sysctl vm.memfd_noexec=0, and no seccomp filter that forbids it' })
}

function createMemoryFile(): number {
  const closeOnExec = 1
  try {
    const libc = dlopen('libc.so.6', { memfd_create: { args: [FFIType.cstring, FFIType.u32], returns: FFIType.i32 } })
    return libc.symbols.memfd_create(Buffer.from('libcapture\0'), closeOnExec)
  } catch (cause) {
    throw notLoaded(cause, 'let it make memory executable: no MemoryDenyWriteExecute= in its unit, no ulimit -v')
  }
}

function notLoaded(cause: unknown, hint: string): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Fault('driver-unavailable', `the capture library does not load: ${reason}`, { hint, cause })
}
