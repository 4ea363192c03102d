import type { Facts } from '../../metrics/metric.ts'
import type { HealthCheck } from '../../server/routes/health.ts'
import type { AlertOutputs, SpoolState } from './outputs.ts'

/** How a running agent is: what `eyas status` shows, and as JSON. Times are ISO 8601. */
export interface Status {
  readonly pid: number
  readonly version: string
  readonly falco_version: string
  readonly hostname: string
  readonly engine: string
  readonly started: string
  readonly loaded: string
  readonly health: { readonly status: 'ok' | 'failing'; readonly checks: readonly CheckStatus[] }
  readonly config_files: readonly string[]
  readonly rules_files: readonly string[]
  readonly rules: number
  readonly events: { readonly seen: number; readonly dropped: number; readonly processed: number; readonly lag_seconds: number }
  readonly alerts: number
  readonly outputs: readonly OutputStatus[]
  readonly spool?: SpoolStatus
  readonly reloads: { readonly done: number; readonly refused: number; readonly has_failed: boolean }
  readonly rss_bytes: number
  readonly cpu_seconds: number
}

export interface CheckStatus {
  readonly name: string
  readonly problem?: string
}

export interface OutputStatus {
  readonly name: string
  readonly waiting: number
  readonly written: number
  readonly dropped: number
  readonly failed: number
  readonly held_back: number
  readonly last_error: string
}

export interface SpoolStatus {
  readonly directory: string
  readonly waiting: number
  readonly bytes: number
  readonly max_bytes: number
  readonly dead: number
  readonly expired: number
  readonly refused: number
  readonly problem: string
}

export interface StatusSubjects {
  readonly facts: Facts
  readonly checks: readonly HealthCheck[]
  readonly outputs: Pick<AlertOutputs, 'queues' | 'spool' | 'heldBack'>
  readonly events: Pick<Status['events'], 'seen' | 'dropped'>
  readonly rules: number
  readonly alerts: number
  readonly rssBytes: number
}

export function statusOf({ facts, checks, outputs, events, rules, alerts, rssBytes }: StatusSubjects): Status {
  const { base, own } = facts
  const results = checks.map(({ name, problem }) => resultOf(name, problem()))
  const { spool } = outputs
  return {
    pid: process.pid,
    version: own.version,
    falco_version: base.version,
    hostname: base.hostname,
    engine: base.engine,
    started: new Date(base.startMs).toISOString(),
    loaded: new Date(base.reloadMs).toISOString(),
    health: { status: results.every(({ problem }) => problem === undefined) ? 'ok' : 'failing', checks: results },
    config_files: base.configFiles.map(({ path }) => path),
    rules_files: base.rulesFiles.map(({ path }) => path),
    rules,
    events: { ...events, processed: own.events, lag_seconds: own.lagSeconds },
    alerts,
    outputs: outputs.queues.map((queue) => {
      const { name, waiting, written, dropped, failed, lastError } = queue
      return { name, waiting, written, dropped, failed, held_back: outputs.heldBack(name), last_error: lastError }
    }),
    ...(spool ? { spool: spoolOf(spool) } : {}),
    reloads: { done: own.reloads.done, refused: own.reloads.refused, has_failed: own.reloads.hasFailed },
    rss_bytes: rssBytes,
    cpu_seconds: own.cpuSeconds,
  }
}

function spoolOf({ maxBytes, ...spool }: SpoolState): SpoolStatus {
  return { ...spool, max_bytes: maxBytes }
}

function resultOf(name: string, problem: string | undefined): CheckStatus {
  return problem === undefined ? { name } : { name, problem }
}
