import type { Log } from '../../base/log.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import type { DropAction, DropOptions, DropReport } from './drops.ts'

export interface DropAnswers {
  readonly log: Pick<Log, 'debug'>
  readonly onAlert: (alert: Alert) => void
  readonly hostname: string
  readonly stop: () => void
}

const debugPriority = 7

export function dropOptions(settings: Settings): DropOptions {
  return {
    actions: settings['syscall_event_drops.actions'] as readonly DropAction[],
    threshold: settings['syscall_event_drops.threshold'],
    rate: settings['syscall_event_drops.rate'],
    maxBurst: settings['syscall_event_drops.max_burst'],
    simulate: settings['syscall_event_drops.simulate_drops'],
  }
}

/** Does what is asked for when events were lost, and returns the exit code that follows from it. */
export function answerDrops(report: DropReport, { log, onAlert, hostname, stop }: DropAnswers): number {
  const message = `Falco internal: syscall event drop. ${report.dropped} system calls dropped in last second.`
  if (report.actions.includes('log')) log.debug(message)
  if (report.actions.includes('alert')) onAlert(dropAlert(report, message, hostname))
  if (!report.actions.includes('exit')) return 0
  stop()
  return 1
}

function dropAlert(report: DropReport, text: string, hostname: string): Alert {
  return {
    rule: 'Falco internal: syscall event drop',
    priority: debugPriority,
    source: 'internal',
    tags: [],
    ts: BigInt(Date.now()) * 1_000_000n,
    text,
    fields: [
      ['ebpf_enabled', '1'],
      ['n_drops', String(report.dropped)],
      ['n_evts', String(report.seen)],
    ],
    hostname,
  }
}
