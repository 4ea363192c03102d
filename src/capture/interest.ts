import { Fault } from '../base/fault.ts'
import { codeOf, events, genericExit, kindOfSyscall, type SyscallInfo, syscalls } from '../schema/event.ts'

/** Marks of `interestOf`, as the capture library takes them: rules ask for every exit, or only the state needs what changes it. */
export const wantedByRules = 1
export const wantedByState = 2

/** Length of the table that `interestOf` makes: room for every PPM_SC code. */
export const interestLength = 512

// What the table of processes is kept by.
const processSyscalls = words(`
clone fork vfork clone3 execve execveat sched_process_exit
chdir fchdir chroot setuid setgid setreuid setregid setresuid setresgid setsid setpgid capset prctl prlimit64 setrlimit
`)

// And the tables of descriptors. Not `close`: a descriptor number that is used again brings an event of its own, which replaces
// the old entry, so closing is traced only for those who ask for it.
const descriptorSyscalls = words(`
open openat openat2 creat open_by_handle_at memfd_create
socket socketpair accept accept4 bind connect sendto sendmsg recvfrom recvmsg shutdown
dup dup2 dup3 fcntl pipe pipe2 eventfd eventfd2 timerfd_create signalfd signalfd4 epoll_create epoll_create1
inotify_init inotify_init1 userfaultfd io_uring_setup bpf pidfd_open pidfd_getfd close_range
`)

// What rules ask for on nearly every host, as the built-in ones do.
const usualSyscalls: ReadonlySet<string> = new Set(words('link linkat symlink symlinkat ptrace init_module finit_module'))

// Without it, threads that ended would be kept for ever.
const neverLeftOut = 'sched_process_exit'

/** Fields that count or list open descriptors and are wrong without `close`. */
const closeFields: ReadonlySet<string> = new Set(['proc.fdopencount', 'proc.fdusage', 'fdlist.nums', 'fdlist.names'])

/** Tracepoints have a PPM_SC code too, and an event that is not a system call's exit. */
export const tracepointEvents: ReadonlyMap<string, number> = new Map([
  ['sched_process_exit', codeOf('PROCEXIT_1_E')],
  ['sched_switch', codeOf('SCHEDSWITCH_6_E')],
  ['signal_deliver', codeOf('SIGNALDELIVER_E')],
  ['page_fault_user', codeOf('PAGE_FAULT_E')],
  ['page_fault_kernel', codeOf('PAGE_FAULT_E')],
])

const byName: ReadonlyMap<string, number> = new Map(syscalls.map((syscall) => [syscall.name, syscall.sc]))

/** `base_syscalls`: see `docs/coverage.md`. */
export interface BaseSyscalls {
  readonly all: boolean
  /** Names, and `!name` for what is to be left out. */
  readonly customSet: readonly string[]
  readonly repair: boolean
}

const noBase: BaseSyscalls = { all: false, customSet: [], repair: false }

/**
 * Which system calls are to be traced, by PPM_SC code: a table of `wantedByRules`, `wantedByState` and 0.
 *
 * `kinds` are the event kinds that rules ask for (`askedKinds`), `fields` the fields that rules and outputs read.
 */
export function interestOf(kinds: Iterable<number>, fields: Iterable<string>, base: BaseSyscalls = noBase): Uint8Array {
  const wanted = new Uint8Array(interestLength)
  const added = base.customSet.filter((name) => !name.startsWith('!'))
  const kindSet = new Set(kinds)
  for (const syscall of syscalls) {
    if (kindSet.has(kindOf(syscall)) || (base.all && !tracepointEvents.has(syscall.name))) wanted[syscall.sc] = wantedByRules
  }
  for (const name of added) mark(wanted, name, wantedByRules)
  for (const name of stateSyscalls(wanted, base.repair, added.length > 0)) mark(wanted, name, wantedByState)
  for (const field of fields) if (closeFields.has(field)) mark(wanted, 'close', wantedByState)
  for (const name of base.customSet) if (name.startsWith('!')) wanted[scOf(name.slice(1))] = 0
  mark(wanted, neverLeftOut, wantedByState)
  return wanted
}

/** What `interestOf` will most likely be, before rules are known. */
export function usualInterest(base: BaseSyscalls): Uint8Array {
  const usual = [...syscalls].filter(({ name }) => usualSyscalls.has(name))
  return interestOf(usual.map(kindOf), [], base)
}

/** What the state needs on top: all that it is kept by, or just what keeps processes, and descriptors where they are looked at. */
function stateSyscalls(wanted: Uint8Array, isRepair: boolean, isCustom: boolean): readonly string[] {
  if (!isRepair) return isCustom ? [] : [...processSyscalls, ...descriptorSyscalls]
  const looksAtFds = syscalls.some(({ sc, exit }) => wanted[sc] !== 0 && usesFds(exit))
  return looksAtFds ? [...processSyscalls, ...descriptorSyscalls] : processSyscalls
}

function usesFds(exit: number): boolean {
  const flags = events[exit]?.flags
  return flags !== undefined && (flags.has('USES_FD') || flags.has('CREATES_FD'))
}

/** Reading and writing is what programs do most, and rules seldom look at it. */
const highVolume: ReadonlySet<string> = new Set(['IO_READ', 'IO_WRITE'])

/** System calls that only rules which name them, and `base_syscalls.all`, have traced. */
export function highVolumeSyscalls(): readonly string[] {
  return syscalls.filter(({ exit }) => highVolume.has(events[exit]?.category ?? '')).map(({ name }) => name)
}

// A rule on so many kinds names none.
const namelessKinds = 300

/** The kinds that rules ask for; each rule by its kinds. One that names no types of events is not tried on what comes very often. */
export function askedKinds(rules: Iterable<readonly number[]>): Set<number> {
  const rare = new Set([...syscalls].filter(isRare).map(kindOf))
  const asked = new Set<number>()
  for (const kinds of rules) for (const kind of kinds) if (kinds.length <= namelessKinds || rare.has(kind)) asked.add(kind)
  return asked
}

function isRare({ name, exit }: SyscallInfo): boolean {
  return name === neverLeftOut || !(tracepointEvents.has(name) || highVolume.has(events[exit]?.category ?? ''))
}

/**
 * Kinds that rules can meet: current events (not the enter events of system calls), and a generic kind for each system call: old
 * recordings have generic events of calls that got an event of their own since.
 */
export function ruleKinds(): number[] {
  const kinds = new Set([...syscalls.map(kindOf), ...syscalls.map(({ sc }) => kindOfSyscall(sc))])
  for (const event of events) {
    const isOurs = !event.isEnter || !event.categoryFlags.has('SYSCALL')
    if (isOurs && event.code !== genericExit && !event.flags.has('OLD_VERSION') && !event.flags.has('UNUSED')) kinds.add(event.code)
  }
  return [...kinds].sort((a, b) => a - b)
}

/** As `ruleKinds`, with events that only have a name: those of older recordings, and those that are never made. */
export function namedKinds(): number[] {
  const past = events.map(({ code }) => code).filter((code) => code > genericExit)
  return [...new Set([...ruleKinds(), ...past])].sort((a, b) => a - b)
}

function kindOf(syscall: SyscallInfo): number {
  const tracepoint = tracepointEvents.get(syscall.name)
  if (tracepoint !== undefined) return tracepoint
  return syscall.exit === genericExit ? kindOfSyscall(syscall.sc) : syscall.exit
}

/** Marks a call, if it is not marked yet. */
function mark(wanted: Uint8Array, name: string, as: number): void {
  const sc = scOf(name)
  if (wanted[sc] === 0) wanted[sc] = as
}

function scOf(name: string): number {
  const sc = byName.get(name) ?? (name === 'procexit' ? byName.get(neverLeftOut) : undefined)
  if (sc !== undefined) return sc
  throw new Fault('syscall-unknown', `there is no system call '${name}'`, { hint: 'check base_syscalls.custom_set' })
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
