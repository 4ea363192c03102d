import { metricsOf, type OutputFacts, type OwnFacts, type Sample } from './metric.ts'

/** What Falco has no name for. */
export const own = metricsOf('own', [
  {
    name: 'eyas_build_info',
    label: 'version',
    type: 'info',
    help: 'Version of this program.',
    get: ({ version }) => version,
  },
  { name: 'eyas_events_total', type: 'counter', help: 'Events that passed through state and rules.', get: ({ events }) => events },
  {
    name: 'eyas_lag_seconds',
    type: 'gauge',
    help: 'Age of the latest event that was processed, while others wait.',
    get: ({ lagSeconds }) => lagSeconds,
  },
  {
    name: 'eyas_health_check',
    type: 'gauge',
    help: 'Whether a check of /healthz is good: 1 or 0.',
    get: ({ checks }) => checks.map(({ name, isGood }) => ({ labels: { check: name }, value: isGood ? 1 : 0 })),
  },
  { name: 'eyas_output_waiting_alerts', type: 'gauge', help: 'Alerts that wait for an output.', get: each(({ waiting }) => waiting) },
  {
    name: 'eyas_output_written_alerts_total',
    type: 'counter',
    help: 'Alerts that an output has taken.',
    get: each(({ written }) => written),
  },
  {
    name: 'eyas_output_dropped_alerts_total',
    type: 'counter',
    help: 'Alerts that found no room in the queue of an output.',
    get: each(({ dropped }) => dropped),
  },
  {
    name: 'eyas_output_failed_alerts_total',
    type: 'counter',
    help: 'Alerts that an output could not write.',
    get: each(({ failed }) => failed),
  },
  {
    name: 'eyas_output_held_back_alerts_total',
    type: 'counter',
    help: 'Alerts that an output did not get, since it is to have no more a second.',
    get: each(({ heldBack }) => heldBack),
  },
  { name: 'eyas_spool_waiting_alerts', type: 'gauge', help: 'Alerts on the disk.', get: ({ spool }) => spool?.waiting },
  { name: 'eyas_spool_bytes', type: 'gauge', help: 'Bytes on the disk that they take.', get: ({ spool }) => spool?.bytes },
  {
    name: 'eyas_spool_dead_alerts',
    type: 'gauge',
    help: 'Alerts that were put aside, since an output would not take them.',
    get: ({ spool }) => spool?.dead,
  },
  {
    name: 'eyas_spool_given_up_alerts_total',
    type: 'counter',
    help: 'Alerts that an output missed for their age or for want of room.',
    get: ({ spool }) => spool?.expired,
  },
  {
    name: 'eyas_spool_refused_alerts_total',
    type: 'counter',
    help: 'Alerts that the disk did not take, and memory had no room for.',
    get: ({ spool }) => spool?.refused,
  },
  {
    name: 'eyas_reloads_total',
    type: 'counter',
    help: 'Times the configuration was loaded again, by what came of it.',
    get: ({ reloads }) => [
      { labels: { result: 'done' }, value: reloads.done },
      { labels: { result: 'refused' }, value: reloads.refused },
    ],
  },
  {
    name: 'eyas_reload_refused',
    type: 'gauge',
    help: 'Whether the files have mistakes now, so that those loaded before still hold: 1 or 0.',
    get: ({ reloads }) => (reloads.hasFailed ? 1 : 0),
  },
  { name: 'eyas_cpu_seconds_total', type: 'counter', help: 'CPU time of this program.', get: ({ cpuSeconds }) => cpuSeconds },
])

function each(count: (output: OutputFacts) => number): (facts: OwnFacts) => Sample[] {
  return ({ outputs }) => outputs.map((output) => ({ labels: { output: output.name }, value: count(output) }))
}
