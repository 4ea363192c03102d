import type { OutputStatus, Status } from './status.ts'

const labelColumns = 10

/** A status for people. `version`: that of the program that asks, since another may run. */
export function statusText(status: Status, nowMs: number, version: string): string {
  const { health, events, reloads, spool } = status
  const failing = health.checks.filter(({ problem }) => problem !== undefined)
  const rows: [string, string][] = [
    ['health', failing.length === 0 ? 'in order' : `not in order: ${failing.map(({ name }) => name).join(', ')}`],
    ...failing.map(({ name, problem = '' }): [string, string] => ['', `${name}: ${problem}`]),
    ['started', `${status.started}, ${duration(nowMs - Date.parse(status.started))} ago`],
    ['loaded', `${status.loaded}; reloads: ${reloads.done} done, ${reloads.refused} refused`],
    ...(reloads.has_failed ? [['', 'the files have mistakes now; what was loaded before goes on'] as [string, string]] : []),
    ['config', status.config_files.join(', ') || 'built in'],
    ['rules', `${status.rules} of ${status.rules_files.join(', ')}`],
    ['events', eventsText(events)],
    ['alerts', number(status.alerts)],
    ...status.outputs.flatMap((output): [string, string][] => outputRows(output)),
    ...(spool ? [['spool', spoolText(spool)] as [string, string]] : []),
    ...(spool?.problem ? [['', spool.problem] as [string, string]] : []),
    ['uses', `${megabytes(status.rss_bytes)} of memory, ${status.cpu_seconds.toFixed(1)} s of CPU time`],
  ]
  const other = status.version === version ? '' : ` (this is ${version}: restart it to run the new one)`
  const head = `Eyas ${status.version}${other}, process ${status.pid} on ${status.hostname}, engine ${status.engine}`
  return `${head}\n${rows.map(([label, text]) => `  ${label.padEnd(labelColumns)}${text}`).join('\n')}\n`
}

function eventsText({ seen, dropped, processed, lag_seconds }: Status['events']): string {
  const lag = lag_seconds > 0 ? `, ${lag_seconds.toFixed(1)} s behind` : ''
  const part = seen === 0 ? '' : ` (${((dropped / seen) * 100).toFixed(2)} %)`
  return `${number(seen)} seen, ${number(dropped)} dropped${part}, ${number(processed)} processed${lag}`
}

function outputRows({ name, waiting, written, dropped, failed, held_back, last_error }: OutputStatus): [string, string][] {
  const text = `${number(written)} written, ${number(waiting)} waiting, ${number(dropped)} dropped, ${number(failed)} failed${held_back > 0 ? `, ${number(held_back)} held back` : ''}`
  return [[name, text], ...(last_error === '' ? [] : [['', last_error] as [string, string]])]
}

function spoolText({ waiting, bytes, max_bytes, dead, expired, refused }: NonNullable<Status['spool']>): string {
  return `${number(waiting)} kept in ${megabytes(bytes)} of ${megabytes(max_bytes)}; ${number(dead)} put aside, ${number(expired)} given up, ${number(refused)} refused`
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** The largest unit and the one below it: `3 d 4 h`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first < 0) return '0 s'
  let rest = seconds
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest %= size
    return `${count} ${unit}`
  })
  return parts.join(' ')
}
