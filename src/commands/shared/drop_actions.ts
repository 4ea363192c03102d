import type { Log } from '../../base/log.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import type { DropAction, DropOptions, DropReport } from './drops.ts'
import { internalAlert } from './internal_alert.ts'

export interface DropAnswers {
  readonly log: Pick<Log, 'debug' | 'error'>
  readonly tell: (alert: Alert) => void
  readonly hostname: string
  readonly stop: () => void
}

const debugPriority = 7
// Where Falco's driver loses events, too, and ours has none to lose.
const lostNowhere = [
  'n_drops_buffer_connect_enter',
  'n_drops_buffer_open_enter',
  'n_drops_scratch_map',
  'n_drops_page_faults',
  'n_drops_bug',
]

export function dropOptions(settings: Settings): DropOptions {
  return {
    actions: settings['syscall_event_drops.actions'] as readonly DropAction[],
    threshold: settings['syscall_event_drops.threshold'],
    rate: settings['syscall_event_drops.rate'],
    maxBurst: settings['syscall_event_drops.max_burst'],
    simulate: settings['syscall_event_drops.simulate_drops'],
  }
}

/** Does what is asked for when events were lost. */
export function answerDrops(report: DropReport, { log, tell, hostname, stop }: DropAnswers): void {
  const message = `Falco internal: syscall event drop. ${report.dropped} system calls dropped in last second.`
  if (report.actions.includes('log')) log.debug(message)
  if (report.actions.includes('alert')) tell(dropAlert(report, message, hostname))
  if (report.actions.includes('exit')) {
    log.error(`${message} Exiting, as syscall_event_drops.actions asks for.`)
    stop()
  }
}

function dropAlert(report: DropReport, text: string, hostname: string): Alert {
  const fields = [
    ['ebpf_enabled', '1'],
    ['n_drops', String(report.dropped)],
    ['n_drops_buffer_total', String(report.dropped)],
    ...Object.entries(report.classes).map(([name, lost]) => [`n_drops_buffer_${name}_exit`, String(lost)] as const),
    ...lostNowhere.map((name) => [name, '0'] as const),
    ['n_evts', String(report.seen)],
  ] as const
  return internalAlert({ matter: 'syscall event drop', priority: debugPriority, text, fields, hostname })
}
