/** Subsystems of control groups that the drivers tell of, in their order. */
export const cgroupSubsystems = [
  'cpuset',
  'cpu',
  'cpuacct',
  'io',
  'memory',
  'devices',
  'freezer',
  'net_cls',
  'perf_event',
  'net_prio',
  'hugetlb',
  'pids',
] as const
