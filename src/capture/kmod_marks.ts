import { conversionOf } from '../schema/conversion.ts'
import { eventCodes, events, genericExit, syscalls } from '../schema/event.ts'
import { dispositionOf, dispositions } from './convert.ts'
import { tracepointEvents, wantedByRules, wantedByState } from './interest.ts'

// The module is told what is wanted by system call, older modules by event; what comes may be events of earlier versions, and enter
// events, of which today's exit events are made.

/** Numbers of the module's tracepoints. */
const tracepoints = [
  { name: 'sys_enter', id: 0 },
  { name: 'sys_exit', id: 1 },
  { name: 'sched_process_exit', id: 2 },
  { name: 'sched_switch', id: 3 },
  { name: 'page_fault_user', id: 4 },
  { name: 'page_fault_kernel', id: 5 },
  { name: 'signal_deliver', id: 6 },
  { name: 'sched_process_fork', id: 7 },
  { name: 'sched_process_exec', id: 8 },
] as const

// A call of execve that succeeds is told by sched_process_exec alone.
const always: ReadonlySet<string> = new Set(['sys_enter', 'sys_exit', 'sched_process_exit', 'sched_process_exec'])
// Where the kernel makes no exit of a call for children.
const arm: ReadonlySet<string> = new Set(['sched_process_fork'])

/** The tracepoints to attach, a bit each, for what is wanted by PPM_SC code. */
export function tracepointBits(wanted: Uint8Array, arch: string = process.arch): number {
  const names = new Set(syscalls.filter(({ sc, name }) => wanted[sc] !== 0 && tracepointEvents.has(name)).map(({ name }) => name))
  const isNeeded = (name: string) => always.has(name) || names.has(name) || (arch === 'arm64' && arm.has(name))
  return tracepoints.reduce((bits, { name, id }) => (isNeeded(name) ? bits | (1 << id) : bits), 0)
}

/** What is wanted of each event by its code, for what is wanted by PPM_SC code. */
export function eventMarks(wanted: Uint8Array): Uint8Array {
  const byFinal = new Uint8Array(eventCodes)
  for (const { sc, name, exit } of syscalls) {
    const code = tracepointEvents.get(name) ?? exit
    const mark = wanted[sc] ?? 0
    if (mark === wantedByRules || (mark === wantedByState && byFinal[code] === 0)) byFinal[code] = mark
  }
  return Uint8Array.from({ length: eventCodes }, (_, code) => byFinal[finals[code] ?? eventCodes] ?? 0)
}

const none = eventCodes
const mostParams = 64
const mostRounds = 16

/** The event that becomes of each code in the end, or that needs it: of an enter event the exit event. */
const finals: readonly number[] = Array.from({ length: eventCodes }, (_, code) => finalOf(code, mostRounds))

function finalOf(code: number, rounds: number): number {
  const disposition = dispositionOf[code] ?? dispositions.unknown
  const info = events[code]
  if (info === undefined || rounds === 0 || disposition === dispositions.unknown) return none
  // Calls without an event of their own have these two.
  if (code <= genericExit) return genericExit
  const isSyscallEnter = info.isEnter && info.categoryFlags.has('SYSCALL')
  if (disposition === dispositions.convert) {
    const to = Array.from({ length: mostParams }, (_, count) => conversionOf(code, count)).find((each) => each?.action === 'change')?.to
    if (to !== undefined && to !== code) return finalOf(to, rounds - 1)
  }
  if (disposition === dispositions.drop) return none
  return isSyscallEnter ? finalOf(code + 1, rounds - 1) : code
}
