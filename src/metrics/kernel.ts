import { type KernelFacts, metricsOf, type Sample, type TypeCount } from './metric.ts'
import { rate } from './shared/rate.ts'

// Coarse groups of event types, by which lost events are told.
const dropGroups: readonly (readonly [group: string, types: string])[] = [
  ['clone_fork', 'clone clone3 fork vfork'],
  ['execve', 'execve execveat'],
  ['connect', 'connect'],
  ['open', 'open openat openat2 open_by_handle_at creat'],
  ['close', 'close'],
  ['proc', 'procexit'],
  [
    'dir_file',
    'rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir chmod fchmod fchmodat chown fchown',
  ],
]
const groupOfType = new Map(dropGroups.flatMap(([group, types]) => types.split(' ').map((type) => [type, group] as const)))
const otherGroup = 'other_interest'

/** Events in the kernel: what was seen, and what was lost because the rings were full. */
export const kernel = metricsOf('kernel', [
  {
    field: 'scap.n_evts',
    name: 'falcosecurity_scap_n_evts_total',
    type: 'counter',
    help: 'Events that the eBPF programs saw and wanted.',
    get: ({ seen }) => seen,
  },
  { field: 'scap.n_evts_prev', type: 'counter', help: 'The same at the snapshot before.', get: ({ previous }) => previous?.seen ?? 0 },
  {
    field: 'scap.n_drops',
    name: 'falcosecurity_scap_n_drops_total',
    type: 'counter',
    help: 'Events that were lost.',
    get: ({ dropped }) => dropped,
  },
  { field: 'scap.n_drops_prev', type: 'counter', help: 'The same at the snapshot before.', get: ({ previous }) => previous?.dropped ?? 0 },
  { field: 'scap.n_drops_buffer_total', type: 'counter', help: 'Events that found no room in a ring.', get: ({ dropped }) => dropped },
  {
    field: 'scap.n_drops_buffer_*',
    name: 'falcosecurity_scap_n_drops_buffer_total',
    type: 'counter',
    help: 'Events of a group that found no room in a ring.',
    get: ({ byType }) => dropsByGroup(byType),
  },
  {
    field: 'scap.n_evts_cpu_*',
    name: 'falcosecurity_scap_n_evts_cpu_total',
    type: 'counter',
    help: 'Events that the eBPF programs saw on a CPU and wanted.',
    get: ({ byCpu = [] }) => byCpu.map(({ cpu, seen }) => ({ key: String(cpu), labels: { cpu: String(cpu) }, value: seen })),
  },
  {
    field: 'scap.n_drops_cpu_*',
    name: 'falcosecurity_scap_n_drops_cpu_total',
    type: 'counter',
    help: 'Events of a CPU that were lost.',
    get: ({ byCpu = [] }) => byCpu.map(({ cpu, dropped }) => ({ key: String(cpu), labels: { cpu: String(cpu) }, value: dropped })),
  },
  { field: 'scap.evts_rate_sec', type: 'gauge', help: 'Events a second since the snapshot before.', get: seenRate },
  { field: 'scap.evts_drop_rate_sec', type: 'gauge', help: 'Lost events a second since the snapshot before.', get: dropRate },
  { field: 'scap.n_drops_perc', type: 'gauge', help: 'Per cent of events lost since the snapshot before.', get: dropPercent },
  {
    name: 'eyas_capture_events_total',
    type: 'counter',
    help: 'Events that the eBPF programs saw and wanted, by type.',
    get: ({ byType }) => byType.map(({ type, seen }) => ({ labels: { type }, value: seen })),
  },
  {
    name: 'eyas_capture_dropped_events_total',
    type: 'counter',
    help: 'Events that found no room in a ring, by type.',
    get: ({ byType }) => byType.map(({ type, dropped }) => ({ labels: { type }, value: dropped })),
  },
])

function seenRate({ seen, nowMs, previous }: KernelFacts): number | undefined {
  return previous && rate(seen - previous.seen, nowMs - previous.nowMs)
}

function dropRate({ dropped, nowMs, previous }: KernelFacts): number | undefined {
  return previous && rate(dropped - previous.dropped, nowMs - previous.nowMs)
}

function dropPercent({ seen, dropped, previous }: KernelFacts): number | undefined {
  if (!previous) return undefined
  const events = seen - previous.seen
  return events <= 0 ? 0 : Math.round(((dropped - previous.dropped) * 1000) / events) / 10
}

function dropsByGroup(byType: readonly TypeCount[]): Sample[] {
  const counts = new Map<string, number>([...dropGroups.map(([group]) => [group, 0] as const), [otherGroup, 0]])
  for (const { type, dropped } of byType) {
    const group = groupOfType.get(type) ?? otherGroup
    counts.set(group, (counts.get(group) ?? 0) + dropped)
  }
  return [...counts].map(([group, value]) => ({ key: `${group}_exit`, labels: { dir: 'exit', drop: group }, value }))
}
