import type { Log } from '../../base/log.ts'
import { toUnicode, visible } from '../../base/text.ts'
import type { PluginFacts } from '../../metrics/metric.ts'
import type { AuditEvent } from '../../plugins/k8s_audit/event.ts'
import { type Report, readAuditFiles } from '../../plugins/k8s_audit/files.ts'
import { AuditIntake } from '../../plugins/k8s_audit/intake.ts'
import { LogFollower, type LogOptions } from '../../plugins/k8s_audit/log.ts'
import type { AuditOptions, AuditInput as OpenParams } from '../../plugins/k8s_audit/options.ts'
import { AuditIntakeRoutes } from '../../server/routes/k8s_audit.ts'
import type { IntakeRoute } from '../../server/routes/route.ts'
import { AuditListener, tokenOf } from './audit_listener.ts'
import type { OpenedSource, OpenRequest } from './sources.ts'
import { tidyBeyond } from './tidy.ts'

export interface AuditInputConfig {
  /** What `open_params` say; undefined where events come by the web server alone. */
  readonly input: OpenParams | undefined
  /** A path on the web server. */
  readonly endpoint: string | undefined
  readonly options: AuditOptions
}

/** Where audit events come in. */
export class AuditInput {
  /** What it takes from the web server. */
  readonly routes: readonly IntakeRoute[]
  readonly #config: AuditInputConfig
  readonly #intake: AuditIntake
  #request: OpenRequest | undefined
  #report: Report = () => undefined

  constructor(config: AuditInputConfig) {
    this.#config = config
    this.#intake = new AuditIntake({
      duplicateWindow: config.options.duplicateWindow,
      process: (event) => (this.#request as { process: (event: AuditEvent) => void } | undefined)?.process(event),
      settle: async () => this.#request?.settle(),
    })
    this.routes = config.endpoint === undefined ? [] : this.#routesAt(config.endpoint)
  }

  /**
   * Begins to take events.
   *
   * @throws Fault `webserver-unavailable` where it cannot listen.
   */
  async open(request: OpenRequest): Promise<OpenedSource> {
    const { input, endpoint, options } = this.#config
    const { log } = request
    this.#request = request
    this.#report = tidying(malformedReport(log))
    const report: Report = (...told) => this.#report(...told)
    if (endpoint !== undefined) log.info(`Taking audit events at ${endpoint} of the web server`)
    const facts = () => this.#facts()
    if (input === undefined) return { done: never(), close: async () => undefined, facts }
    if (input.kind === 'files') return { done: readAuditFiles(input.path, this.#intake, report), close: async () => undefined, facts }
    if (input.kind === 'log') return { ...follow(input.path, { ...options, intake: this.#intake, report }, log), facts }
    const listener = await AuditListener.open(input, options, this.#routesAt(input.path), log)
    return { done: never(), close: () => listener.close(), facts }
  }

  #facts(): PluginFacts {
    const { accepted, duplicates, malformed, lastEventMs, lastArrivalMs } = this.#intake.counts
    const latest = lastArrivalMs === 0 ? {} : { last_event_timestamp_ms: lastEventMs, last_arrival_timestamp_ms: lastArrivalMs }
    return { name: 'k8saudit', counts: { accepted_total: accepted, duplicates_total: duplicates, malformed_total: malformed, ...latest } }
  }

  #routesAt(path: string): readonly IntakeRoute[] {
    const { webhookMaxBatchSize, queueBytes, maxRequests, tokenFile } = this.#config.options
    return new AuditIntakeRoutes({
      path,
      intake: this.#intake,
      bodyBytes: webhookMaxBatchSize,
      queueBytes,
      requests: maxRequests,
      report: (...told) => this.#report(...told),
      token: tokenOf(tokenFile),
    }).routes
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function follow(path: string, options: Omit<LogOptions, 'path' | 'warn'>, log: Log): OpenedSource {
  const follower = new LogFollower({ ...options, path, warn: (text) => log.warning(`k8s_audit: ${text}`) })
  log.info(`Following the audit log ${path}`)
  const done = follower.run()
  return {
    done,
    close: () => {
      follower.close()
      return done
    },
  }
}

// What bodies are parsed to is some times their size, and JavaScript would let it pile up.
const plentyBytes = 140 * 1024 * 1024
const growthBytes = 24 * 1024 * 1024
const lookBytes = 4 * 1024 * 1024

/** Looks at the memory of the program after some MB of bodies. */
function tidying(report: Report): Report {
  const tidy = tidyBeyond(plentyBytes, growthBytes)
  let bytes = 0
  return (from, receipt, size) => {
    report(from, receipt, size)
    bytes += size
    if (bytes < lookBytes) return
    bytes = 0
    tidy()
  }
}

// Whoever sends one malformed event sends more.
const reportMs = 10_000

/** Says on the log, from time to time, how many events were malformed. */
function malformedReport(log: Log): Report {
  let count = 0
  let nextMs = 0
  return (from, { malformed, problem }) => {
    if (malformed === 0) return
    count += malformed
    if (performance.now() < nextMs) return
    nextMs = performance.now() + reportMs
    log.warning(`k8s_audit: ${count} malformed events so far, the latest from ${from}: ${visible(toUnicode(problem ?? ''))}`)
  }
}
