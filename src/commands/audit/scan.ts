import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { isTerminal } from '../../base/terminal.ts'
import { toUnicode, visible } from '../../base/text.ts'
import type { Catalogue } from '../../condition/field.ts'
import type { Alert } from '../../engine/alert.ts'
import { formatAlert } from '../../engine/alert_format.ts'
import { Engine } from '../../engine/engine.ts'
import { renderingOf } from '../../engine/rendering.ts'
import type { AuditEvent } from '../../plugins/k8s_audit/event.ts'
import { filesAt, type Report, readAuditFiles, sizeOf } from '../../plugins/k8s_audit/files.ts'
import { AuditIntake } from '../../plugins/k8s_audit/intake.ts'
import { textOf } from '../../plugins/shared/json.ts'
import { defineCommand } from '../command.ts'
import { alertFormat } from '../shared/outputs.ts'
import { chooseSources } from '../shared/sources.ts'
import { hostnameOf } from '../shared/syscall_source.ts'
import { auditContext, ruleFlags, runningAuditRules } from './rules.ts'

/** `eyas audit scan FILES`. */
export const scanCommand = defineCommand({
  name: 'audit scan',
  summary: 'Reads old audit logs and prints their alerts, with a summary by rule, user and resource.',
  usage: '[OPTION...] FILE...',
  flags: [
    ...ruleFlags,
    { name: 'json', long: 'json', help: 'Print alerts, and the summary, as JSON.' },
    { name: 'quiet', short: 'q', long: 'quiet', help: 'Print the summary only.' },
    { name: 'top', long: 'top', arg: 'N', help: 'How many users and resources the summary names (default 10).' },
  ],
  details: 'FILE has one event or list a line, or is one JSON document; .gz is decompressed; a directory stands for its files.',
  run: async ({ args, rest, ...call }) => {
    if (rest.length === 0) throw new Fault('flag-invalid', 'audit scan wants a FILE', { hint: 'name an audit log of kube-apiserver' })
    const top = args.top === undefined ? 10 : Number(args.top)
    if (!Number.isInteger(top) || top < 1) throw new Fault('flag-invalid', `--top takes a whole number from 1, not '${args.top}'`)
    const whole = { ...call, args }
    const rules = runningAuditRules(whole)
    const context = auditContext(whole)
    const catalogue = chooseSources(context).all.find(({ name }) => name === 'k8s_audit')?.catalogue as Catalogue | undefined
    if (catalogue === undefined) throw new Error('the source k8s_audit is not there')
    const summary = new Summary(top)
    const format = { ...alertFormat(context.config.settings), ...(args.json && { isJson: true }) }
    const fields = catalogue as Catalogue<AuditEvent>
    const engine = new Engine<AuditEvent>(
      rules.map((rule) => ({ rule, rendering: renderingOf(rule, fields) })),
      {
        matching: context.config.settings.rule_matching,
        hostname: hostnameOf(call.env),
        onAlert: (alert) => {
          summary.alert(alert)
          if (!args.quiet) print(`${formatAlert(alert, format)}\n`)
        },
      },
    )
    const process = (event: AuditEvent) => {
      summary.event(event)
      engine.process(event)
    }
    const intake = new AuditIntake({ process, settle: async () => undefined, duplicateWindow: 0 })
    const end = () => print(args.json ? `${summary.json()}\n` : `${args.quiet || summary.alerts === 0 ? '' : '\n'}${summary.text()}`)
    try {
      await readAll(rest, intake, summary)
    } catch (error) {
      // What was read before counts.
      if (summary.events > 0) end()
      throw error
    }
    end()
    return 0
  },
})

// So often at most is progress shown.
const progressMs = 200

async function readAll(paths: readonly string[], intake: AuditIntake, summary: Summary): Promise<void> {
  const isShown = isTerminal(2) && !isTerminal(1)
  const total = paths.flatMap((path) => filesAt(path)).reduce((sum, file) => sum + sizeOf(file), 0)
  let done = 0
  let nextMs = 0
  const report: Report = (file, { malformed, problem }, bytes) => {
    done += bytes
    if (malformed > 0) print(`${file}: ${malformed} malformed, the first: ${visible(toUnicode(problem ?? ''))}\n`, 2)
    if (!isShown || performance.now() < nextMs) return
    nextMs = performance.now() + progressMs
    print(`\r${Math.min(99, Math.floor((done / Math.max(total, 1)) * 100))} % ${summary.events} events, ${summary.alerts} alerts `, 2)
  }
  try {
    for (const path of paths) await readAuditFiles(path, intake, report)
  } finally {
    summary.malformed = intake.counts.malformed
    if (isShown) print('\r\x1b[K', 2)
  }
}

/** Counts what there was, by rule, user and resource. */
class Summary {
  events = 0
  alerts = 0
  malformed = 0
  readonly #top: number
  readonly #rules = new Map<string, number>()
  readonly #users = new Map<string, number>()
  readonly #resources = new Map<string, number>()
  #user = ''
  #resource = ''

  constructor(top: number) {
    this.#top = top
  }

  event({ audit }: AuditEvent): void {
    this.events++
    this.#user = textOf(audit?.user?.username) ?? '(nobody)'
    this.#resource = textOf(audit?.objectRef?.resource) ?? textOf(audit?.requestURI)?.split('?')[0] ?? '(nothing)'
  }

  // Alerts are raised while their event is looked at.
  alert({ rule }: Alert): void {
    this.alerts++
    count(this.#rules, rule)
    count(this.#users, this.#user)
    count(this.#resources, this.#resource)
  }

  text(): string {
    return [
      `${this.events} events, ${this.alerts} alerts${this.malformed > 0 ? `, ${this.malformed} malformed` : ''}`,
      ...table('Alerts by rule', sorted(this.#rules)),
      ...table('Alerts by user', this.#topOf(this.#users)),
      ...table('Alerts by resource', this.#topOf(this.#resources)),
      '',
    ].join('\n')
  }

  json(): string {
    const { events, alerts, malformed } = this
    const object = (counts: readonly (readonly [string, number])[]) => Object.fromEntries(counts.map(([name, n]) => [toUnicode(name), n]))
    const summary = { events, alerts, malformed, rules: object(sorted(this.#rules)), users: object(this.#topOf(this.#users)) }
    return JSON.stringify({ summary: { ...summary, resources: object(this.#topOf(this.#resources)) } })
  }

  #topOf(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
    return sorted(counts).slice(0, this.#top)
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function sorted(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

function table(heading: string, rows: readonly (readonly [string, number])[]): string[] {
  return rows.length === 0 ? [] : [`${heading}:`, ...rows.map(([name, n]) => `  ${String(n).padStart(7)}  ${visible(toUnicode(name))}`)]
}
