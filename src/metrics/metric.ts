import type { HostUsage, ProcessUsage } from '../base/usage.ts'

/** The program's numbers of one moment. A part that is not wanted is not there. */
export interface Facts {
  readonly base: BaseFacts
  readonly rules: RuleFacts | undefined
  readonly resources: ResourceFacts | undefined
  readonly state: StateFacts | undefined
  readonly kernel: KernelFacts | undefined
  readonly programs: readonly ProgramFacts[] | undefined
  readonly plugins: readonly PluginFacts[] | undefined
  readonly own: OwnFacts
}

export interface BaseFacts {
  readonly version: string
  readonly hostname: string
  readonly kernelRelease: string
  /** What events come from: `modern_bpf`, `kmod`, `nodriver`, `savefile`. */
  readonly engine: string
  readonly source: string
  readonly nowMs: number
  readonly startMs: number
  /** When the rules and the configuration that hold now were loaded. */
  readonly reloadMs: number
  readonly host: HostUsage
  readonly interfaces: readonly InterfaceFacts[]
  readonly rulesFiles: readonly FileFacts[]
  readonly configFiles: readonly FileFacts[]
  readonly events: number
  /** Alerts that found no room in the queue of an output. */
  readonly alertsDropped: number
  /** How it was at the snapshot before. */
  readonly previous: { readonly nowMs: number; readonly events: number } | undefined
}

export interface InterfaceFacts {
  readonly name: string
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
}

export interface FileFacts {
  readonly path: string
  readonly sha256: string
}

export interface RuleFacts {
  readonly rules: readonly RuleCount[]
  /** Whether Prometheus gets rules that never matched. */
  readonly hasEmpty: boolean
}

export interface RuleCount {
  readonly name: string
  readonly priority: number
  readonly source: string
  readonly tags: readonly string[]
  readonly count: number
}

export interface ResourceFacts {
  readonly process: ProcessUsage
  readonly containerMemoryBytes: number
  readonly host: HostUsage
  readonly upMs: number
}

export interface StateFacts {
  readonly threads: number
  readonly fds: number
  readonly threadsAdded: number
  readonly threadsRemoved: number
  readonly threadsRefused: number
}

export interface KernelFacts {
  readonly nowMs: number
  readonly seen: number
  readonly dropped: number
  readonly byType: readonly TypeCount[]
  /** Absent where that is not wanted. */
  readonly byCpu?: readonly CpuCount[]
  readonly previous: { readonly nowMs: number; readonly seen: number; readonly dropped: number } | undefined
}

export interface CpuCount {
  readonly cpu: number
  readonly seen: number
  readonly dropped: number
}

/** Events of one type, as `evt.type` shows it. */
export interface TypeCount {
  readonly type: string
  readonly seen: number
  readonly dropped: number
}

/** An eBPF program: 0 where the kernel does not count (`kernel.bpf_stats_enabled`). */
export interface ProgramFacts {
  readonly name: string
  readonly runs: number
  readonly ns: number
}

/** What a plugin of Falco counts that is built in here, by the names that it has there. */
export interface PluginFacts {
  readonly name: string
  readonly counts: Readonly<Record<string, number>>
}

export interface OwnFacts {
  readonly version: string
  readonly events: number
  /** Age of the latest event that was processed, while others wait. */
  readonly lagSeconds: number
  readonly checks: readonly { readonly name: string; readonly isGood: boolean }[]
  readonly outputs: readonly OutputFacts[]
  /** Absent where there is no spool. */
  readonly spool?: SpoolFacts
  readonly reloads: { readonly done: number; readonly refused: number; readonly hasFailed: boolean }
  readonly cpuSeconds: number
}

/** Alerts on the disk (`outputs_spool`). */
export interface SpoolFacts {
  readonly waiting: number
  readonly bytes: number
  /** Put aside, since an output would not take them; given up for their age or for want of room; not taken by the disk. */
  readonly dead: number
  readonly expired: number
  readonly refused: number
}

export interface OutputFacts {
  readonly name: string
  readonly waiting: number
  readonly written: number
  readonly dropped: number
  readonly failed: number
  readonly heldBack: number
}

export type Value = number | bigint | string

/** One value of a metric that has several. */
export interface Sample {
  /** Takes the place of `*` in the metric's names. */
  readonly key?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: Value
}

/** One row: what alerts, the metrics file and Prometheus show all comes from it. */
export interface Metric {
  readonly group: keyof Facts
  /** Its name among the fields of a snapshot, without a unit that `unit` adds; absent where only Prometheus has it. */
  readonly field?: string
  /** Its name for Prometheus, whole but for a `*` as in `field`; absent where it means nothing there. */
  readonly name?: string
  readonly type: 'counter' | 'gauge' | 'info'
  readonly unit?: Unit
  /** info: the label that the text is the value of. */
  readonly label?: string
  readonly help: string
  /** undefined where it is not known. */
  readonly get: (facts: Facts) => Value | readonly Sample[] | undefined
}

/** What a number counts, and with which suffix fields show it: bytes as _kb, bytes as _bytes (both _mb where wanted), a part of 1 as _perc. */
export type Unit = 'kilobytes' | 'bytes' | 'ratio'

type Row<F> = Omit<Metric, 'group' | 'get'> & { readonly get: (facts: F) => Value | readonly Sample[] | undefined }

/** Rows that read one part of the facts; they are there where that part is. */
export function metricsOf<G extends keyof Facts>(group: G, rows: readonly Row<NonNullable<Facts[G]>>[]): readonly Metric[] {
  return rows.map((row) => ({
    ...row,
    group,
    get: (facts) => {
      const part = facts[group]
      return part === undefined ? undefined : row.get(part as NonNullable<Facts[G]>)
    },
  }))
}
