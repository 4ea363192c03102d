import type { AlertQueue } from '../../outputs/shared/alert_queue.ts'
import type { HealthCheck } from '../../server/routes/health.ts'
import type { Pulse } from './pulse.ts'

export interface HealthSubjects {
  readonly pulse: Pulse
  readonly queues: () => readonly AlertQueue[]
  /** Why the spool takes nothing; empty where it does, or there is none. */
  readonly spoolProblem?: () => string
  /** Part of the events that may be lost, 0 to 1 (`syscall_event_drops.threshold`). */
  readonly dropThreshold: () => number
}

const mostStallMs = 10_000
const mostLagMs = 10_000
const mostWriteMs = 30_000
const mostFailingMs = 60_000

/** What must be in order for alerts to come, as `/healthz` and the metrics tell it. */
export function healthChecks({ pulse, queues, spoolProblem, dropThreshold }: HealthSubjects): readonly HealthCheck[] {
  return [
    { name: 'capture', problem: () => stallProblem(pulse.stalledMs) },
    { name: 'engine', problem: () => lagProblem(pulse.lagMs) },
    { name: 'drops', problem: () => dropProblem(pulse.lostRatio, dropThreshold()) },
    ...(spoolProblem ? [{ name: 'spool', problem: () => spoolProblem() || undefined }] : []),
    ...queues().map((queue) => ({ name: `output ${queue.name}`, problem: () => outputProblem(queue, performance.now()) })),
  ]
}

/** Whether events wait that nobody reads: a start anew would help. */
export function isStalled({ stalledMs }: Pulse): boolean {
  return stalledMs >= mostStallMs
}

function stallProblem(ms: number): string | undefined {
  return ms < mostStallMs ? undefined : `events wait in the rings, and none was read for ${seconds(ms)}`
}

function lagProblem(ms: number): string | undefined {
  return ms < mostLagMs ? undefined : `the rules are ${seconds(ms)} behind the events`
}

function dropProblem(ratio: number, threshold: number): string | undefined {
  if (ratio === 0 || ratio < threshold) return undefined
  return `${(ratio * 100).toFixed(1)} % of the events of the last minute were lost; larger rings: engine.modern_ebpf.buf_size_preset`
}

function outputProblem(queue: AlertQueue, nowMs: number): string | undefined {
  const writing = queue.writingMs(nowMs)
  if (writing >= mostWriteMs) return `a write has taken ${seconds(writing)} so far, and ${queue.waiting} alerts wait`
  const failing = queue.failingMs(nowMs)
  return failing < mostFailingMs ? undefined : `writes have failed for ${seconds(failing)}: ${queue.lastError}`
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
