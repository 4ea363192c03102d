import type { Facts } from '../../src/metrics/metric.ts'

/** Numbers as they might be, for tests. */
export const someFacts: Facts = {
  base: {
    version: '0.44.1',
    hostname: 'host-1',
    kernelRelease: '6.1.0',
    engine: 'modern_bpf',
    source: 'syscall',
    nowMs: 1_700_000_020_000,
    startMs: 1_700_000_000_000,
    reloadMs: 1_700_000_010_000,
    host: { bootSeconds: 1_600_000_000, cpus: 8, cpuRatio: 0.108, memoryUsedBytes: 3_145_728, procsRunning: 3, openFds: 17_664 },
    interfaces: [{ name: 'eth0', ipv4: ['10.0.0.1'], ipv6: ['fd00::1', 'fe80::1'] }],
    rulesFiles: [
      { path: '/etc/falco/falco_rules.yaml', sha256: 'aa' },
      { path: '/etc/falco/rules.d/local.yaml', sha256: 'bb' },
      { path: '/srv/local.yaml', sha256: 'cc' },
    ],
    configFiles: [{ path: '/etc/falco/falco.yaml', sha256: 'dd' }],
    events: 1000,
    alertsDropped: 0,
    previous: { nowMs: 1_700_000_010_000, events: 800 },
  },
  rules: {
    rules: [
      { name: 'Read "sensitive" file', priority: 4, source: 'syscall', tags: ['T1555', 'maturity_stable', 'a-b', 'a_b'], count: 9 },
      { name: 'Quiet rule', priority: 2, source: 'syscall', tags: [], count: 0 },
    ],
    hasEmpty: false,
  },
  resources: {
    process: { cpuSeconds: 0.28, rssBytes: 80_384_000, vszBytes: 2_768_265_216, pssBytes: 42_818_560, openFds: 30 },
    containerMemoryBytes: 0,
    host: { bootSeconds: 1_600_000_000, cpus: 8, cpuRatio: 0.108, memoryUsedBytes: 3_145_728, procsRunning: 3, openFds: 17_664 },
    upMs: 20_000,
  },
  state: { threads: 1638, fds: 121_374, threadsAdded: 3611, threadsRemoved: 1973, threadsRefused: 0 },
  kernel: {
    nowMs: 1_700_000_020_000,
    seen: 3000,
    dropped: 50,
    byCpu: [
      { cpu: 0, seen: 1200, dropped: 50 },
      { cpu: 1, seen: 1800, dropped: 0 },
    ],
    byType: [
      { type: 'openat', seen: 2500, dropped: 40 },
      { type: 'procexit', seen: 100, dropped: 0 },
      { type: 'mmap', seen: 400, dropped: 10 },
    ],
    previous: { nowMs: 1_700_000_010_000, seen: 2000, dropped: 0 },
  },
  programs: [
    { name: 'sys_exit', runs: 1000, ns: 677_000 },
    { name: 'process_exit', runs: 0, ns: 0 },
  ],
  plugins: [{ name: 'container', counts: { n_containers: 16, n_missing_container_images: 0 } }],
  own: {
    version: '0.1.0',
    events: 1000,
    lagSeconds: 0,
    checks: [
      { name: 'capture', isGood: true },
      { name: 'output http', isGood: false },
    ],
    outputs: [{ name: 'http', waiting: 3, written: 10, dropped: 1, failed: 2, heldBack: 0 }],
    reloads: { done: 2, refused: 1, hasFailed: true },
    cpuSeconds: 0.28,
  },
}
