import { Fault } from '../base/fault.ts'
import { codeOf, events, genericExit, kindOfSyscall, type SyscallInfo, syscalls } from '../schema/event.ts'

/** Marks of `interestOf`, as the capture library takes them: rules ask for every exit, or only the state needs what changes it. */
export const wantedByRules = 1
export const wantedByState = 2

/** Length of the table that `interestOf` makes: room for every PPM_SC code. */
export const interestLength = 512

// What the process and descriptor tables are kept by. Not `close`: a descriptor number that is used again brings an event
// of its own, which replaces the old entry, so closing is traced only for those who ask for it.
const stateSyscalls = `
clone fork vfork clone3 execve execveat sched_process_exit
open openat openat2 creat open_by_handle_at memfd_create
socket socketpair accept accept4 bind connect sendto sendmsg recvfrom recvmsg shutdown
dup dup2 dup3 fcntl pipe pipe2 eventfd eventfd2 timerfd_create signalfd signalfd4 epoll_create epoll_create1
inotify_init inotify_init1 userfaultfd io_uring_setup bpf pidfd_open pidfd_getfd close_range
chdir fchdir chroot setuid setgid setreuid setregid setresuid setresgid setsid setpgid capset prctl prlimit64 setrlimit
`

/** Fields that count or list open descriptors and are wrong without `close`. */
const closeFields: ReadonlySet<string> = new Set(['proc.fdopencount', 'proc.fdusage', 'fdlist.nums', 'fdlist.names'])

// Tracepoints have a PPM_SC code too, and an event that is not a system call's exit.
const tracepointEvents: ReadonlyMap<string, number> = new Map([
  ['sched_process_exit', codeOf('PROCEXIT_1_E')],
  ['sched_switch', codeOf('SCHEDSWITCH_6_E')],
  ['signal_deliver', codeOf('SIGNALDELIVER_E')],
  ['page_fault_user', codeOf('PAGE_FAULT_E')],
  ['page_fault_kernel', codeOf('PAGE_FAULT_E')],
])

const byName: ReadonlyMap<string, number> = new Map(syscalls.map((syscall) => [syscall.name, syscall.sc]))

/** `base_syscalls`: names that take the place of those that the state needs, `!name` to leave one out; `repair` keeps the latter too. */
export interface BaseSyscalls {
  readonly customSet: readonly string[]
  readonly repair: boolean
}

const noBase: BaseSyscalls = { customSet: [], repair: false }

/**
 * Which system calls are to be traced, by PPM_SC code: a table of `wantedByRules`, `wantedByState` and 0.
 *
 * `kinds` are the event kinds that some rule can match, `fields` the fields that rules and outputs read.
 */
export function interestOf(kinds: Iterable<number>, fields: Iterable<string>, base: BaseSyscalls = noBase): Uint8Array {
  const wanted = new Uint8Array(interestLength)
  if (base.customSet.length === 0 || base.repair) {
    for (const name of stateSyscalls.trim().split(/\s+/)) mark(wanted, name, wantedByState)
  }
  for (const field of fields) {
    if (closeFields.has(field)) mark(wanted, 'close', wantedByState)
  }
  const kindSet = new Set(kinds)
  for (const syscall of syscalls) {
    if (kindSet.has(kindOf(syscall))) wanted[syscall.sc] = wantedByRules
  }
  for (const name of base.customSet) {
    if (name.startsWith('!')) mark(wanted, name.slice(1), 0)
    else mark(wanted, name, wantedByRules)
  }
  return wanted
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

function mark(wanted: Uint8Array, name: string, mark: number): void {
  const sc = byName.get(name)
  if (sc === undefined) throw new Fault('syscall-unknown', `there is no system call '${name}'`, { hint: 'check base_syscalls.custom_set' })
  wanted[sc] = mark
}
