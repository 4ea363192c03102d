import { networkInterfaces, release } from 'node:os'
import { toUnicode } from '../../base/text.ts'
import { containerMemoryBytes, hostUsage, processUsage } from '../../base/usage.ts'
import { eyasVersion, falcoVersion } from '../../base/version.ts'
import type { CaptureStats } from '../../capture/capture.ts'
import type { Settings } from '../../config/keys.ts'
import type { Container } from '../../event/container.ts'
import type {
  BaseFacts,
  CpuCount,
  Facts,
  FileFacts,
  InterfaceFacts,
  KernelFacts,
  OwnFacts,
  PluginFacts,
  ProgramFacts,
  RuleFacts,
  StateFacts,
} from '../../metrics/metric.ts'
import { kindName } from '../../schema/event.ts'
import type { HealthCheck } from '../../server/routes/health.ts'
import type { State } from '../../state/state.ts'
import type { Environment } from '../context.ts'
import type { AlertOutputs } from './outputs.ts'
import type { Loaded } from './prepare.ts'
import type { Pulse } from './pulse.ts'
import type { Reloader } from './reload.ts'
import type { OpenedSource } from './sources.ts'
import type { AlertCounts } from './summary.ts'

/** The parts of the running program that metrics tell of. */
export interface Observed {
  readonly env: Environment
  readonly hostname: string
  /** What system calls come from since the start, whatever the configuration says by now. */
  readonly engine: Settings['engine.kind']
  readonly loaded: () => Loaded
  readonly captureStats: () => CaptureStats
  /** Absent where nothing runs in the kernel. */
  readonly programs: () => readonly ProgramFacts[] | undefined
  /** The same of each CPU. */
  readonly cpus: () => readonly CpuCount[] | undefined
  readonly eventCount: () => number
  readonly state: State
  /** The sources that are not the kernel, as they run. */
  readonly sources: () => readonly OpenedSource[]
  readonly outputs: AlertOutputs
  readonly counts: AlertCounts
  readonly pulse: Pulse
  readonly checks: () => readonly HealthCheck[]
  readonly reloader: Reloader
}

const engineNames: Readonly<Record<Settings['engine.kind'], string>> = {
  modern_ebpf: 'modern_bpf',
  kmod: 'kmod',
  replay: 'savefile',
  nodriver: 'nodriver',
  auto: 'auto',
}

/** The program's numbers as they are now, of the groups that `metrics:` has switched on; `previous` is the snapshot before. */
export function factsOf(observed: Observed, previous?: Facts): Facts {
  const { settings } = observed.loaded().context.config
  const host = hostUsage(observed.env.HOST_ROOT ?? '')
  const own = processUsage()
  const base = baseFacts(observed, host, previous?.base)
  const resources = () => ({
    process: own,
    host,
    containerMemoryBytes: containerMemoryBytes(observed.env.FALCO_CGROUP_MEM_PATH),
    upMs: base.nowMs - base.startMs,
  })
  return {
    base,
    rules: settings['metrics.rules_counters_enabled'] ? ruleFacts(observed, settings['metrics.include_empty_values']) : undefined,
    resources: settings['metrics.resource_utilization_enabled'] ? resources() : undefined,
    state: settings['metrics.state_counters_enabled'] ? stateFacts(observed.state) : undefined,
    programs: settings['metrics.libbpf_stats_enabled'] ? observed.programs() : undefined,
    plugins: settings['metrics.plugins_metrics_enabled'] ? pluginFacts(observed) : undefined,
    kernel: hasKernel(observed)
      ? { ...kernelFacts(observed.captureStats(), base.nowMs, previous?.kernel), ...cpuFacts(observed, settings) }
      : undefined,
    own: ownFacts(observed, own.cpuSeconds),
  }
}

function cpuFacts({ cpus }: Observed, settings: Settings): Pick<KernelFacts, 'byCpu'> {
  const byCpu = settings['metrics.kernel_event_counters_per_cpu_enabled'] ? cpus() : undefined
  return byCpu ? { byCpu } : {}
}

function hasKernel({ engine, loaded }: Observed): boolean {
  return loaded().context.config.settings['metrics.kernel_event_counters_enabled'] && (engine === 'modern_ebpf' || engine === 'kmod')
}

function baseFacts(observed: Observed, host: BaseFacts['host'], previous: BaseFacts | undefined): BaseFacts {
  const { context, rules } = observed.loaded()
  return {
    version: falcoVersion,
    hostname: observed.hostname,
    kernelRelease: release(),
    engine: engineNames[observed.engine],
    source: 'syscall',
    nowMs: Date.now(),
    startMs: performance.timeOrigin,
    reloadMs: observed.reloader.loadedMs,
    host,
    interfaces: interfaceFacts(),
    rulesFiles: rules.files.map(({ name, text }) => fileFacts(name, text)),
    configFiles: context.config.files.map(({ path, text }) => fileFacts(path, text)),
    events: observed.eventCount(),
    alertsDropped: observed.outputs.queues.reduce((sum, { dropped }) => sum + dropped, 0),
    previous: previous && { nowMs: previous.nowMs, events: previous.events },
  }
}

function fileFacts(path: string, text: string): FileFacts {
  return { path, sha256: new Bun.CryptoHasher('sha256').update(text).digest('hex') }
}

function interfaceFacts(): InterfaceFacts[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const of = (family: string) => addresses.filter((each) => !each.internal && each.family === family).map(({ address }) => address)
    return addresses.every(({ internal }) => internal) ? [] : [{ name, ipv4: of('IPv4'), ipv6: of('IPv6') }]
  })
}

function ruleFacts({ loaded, counts }: Observed, hasEmpty: boolean): RuleFacts {
  const rules = loaded().rules.running.map(({ name, priority, source, tags }) => ({
    name: toUnicode(name),
    priority,
    source,
    tags: tags.map(toUnicode),
    count: counts.of(name),
  }))
  return { rules, hasEmpty }
}

function stateFacts({ threads }: State): StateFacts {
  const { added, removed, refused } = threads.stats
  let fds = 0
  for (const thread of threads.values()) if (thread.main === thread) fds += thread.fds.size
  return { threads: threads.size, fds, threadsAdded: added, threadsRemoved: removed, threadsRefused: refused }
}

// What Falco's plugin of this name counts.
function containerFacts({ threads }: State): PluginFacts {
  const containers = new Map<string, Container | undefined>()
  for (const { containerId, container } of threads.values()) if (containerId !== '') containers.set(containerId, container)
  const missing = [...containers.values()].filter((container) => container?.image === undefined)
  return { name: 'container', counts: { n_containers: containers.size, n_missing_container_images: missing.length } }
}

function pluginFacts({ state, sources }: Observed): PluginFacts[] {
  return [containerFacts(state), ...sources().flatMap(({ facts }) => (facts ? [facts()] : []))]
}

function kernelFacts({ seen, dropped, byType }: CaptureStats, nowMs: number, previous: KernelFacts | undefined): KernelFacts {
  return {
    nowMs,
    seen,
    dropped,
    byType: [...byType].map(([code, counts]) => ({ type: kindName(code), seen: counts.seen, dropped: counts.dropped })),
    previous: previous && { nowMs: previous.nowMs, seen: previous.seen, dropped: previous.dropped },
  }
}

function ownFacts({ eventCount, pulse, checks, outputs, reloader }: Observed, cpuSeconds: number): OwnFacts {
  return {
    version: eyasVersion,
    events: eventCount(),
    lagSeconds: pulse.lagMs / 1000,
    checks: checks().map(({ name, problem }) => ({ name, isGood: problem() === undefined })),
    ...(outputs.spool ? { spool: outputs.spool } : {}),
    outputs: outputs.queues.map(({ name, waiting, written, dropped, failed }) => ({
      name,
      waiting,
      written,
      dropped,
      failed,
      heldBack: outputs.heldBack(name),
    })),
    reloads: { done: reloader.done, refused: reloader.refused, hasFailed: reloader.hasFailed },
    cpuSeconds,
  }
}
