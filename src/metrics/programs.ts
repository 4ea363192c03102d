import { metricsOf, type ProgramFacts, type Sample } from './metric.ts'

/** Runs of the eBPF programs, where the kernel counts them. */
export const programs = metricsOf('programs', [
  {
    field: 'scap.*.run_cnt',
    name: 'falcosecurity_scap_*_run_cnt_total',
    type: 'counter',
    help: 'Runs of an eBPF program.',
    get: each(({ runs }) => runs),
  },
  {
    field: 'scap.*.run_time_ns',
    name: 'falcosecurity_scap_*_run_time_nanoseconds_total',
    type: 'counter',
    help: 'Time of these runs.',
    get: each(({ ns }) => ns),
  },
  {
    field: 'scap.*.avg_time_ns',
    name: 'falcosecurity_scap_*_avg_time_nanoseconds',
    type: 'gauge',
    help: 'Time of one of them, on average.',
    get: each(({ runs, ns }) => (runs === 0 ? 0 : Math.round(ns / runs))),
  },
])

// Falco's names for programs that do the same.
const falcoNames: Readonly<Record<string, string>> = {
  process_exit: 'sched_proc_exit',
  process_fork: 'sched_p_fork',
  process_exec: 'sched_p_exec',
}

function each(value: (program: ProgramFacts) => number): (facts: readonly ProgramFacts[]) => Sample[] {
  return (facts) => facts.map((program) => ({ key: falcoNames[program.name] ?? program.name, value: value(program) }))
}
