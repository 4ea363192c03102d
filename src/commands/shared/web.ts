import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import type { Settings } from '../../config/keys.ts'
import { metrics } from '../../metrics/index.ts'
import type { Facts } from '../../metrics/metric.ts'
import { prometheusText, prometheusType } from '../../metrics/shared/prometheus.ts'
import type { Certificate } from '../../server/listener.ts'
import { formatPlace } from '../../server/place.ts'
import type { HealthCheck } from '../../server/routes/health.ts'
import { routes } from '../../server/routes/index.ts'
import type { IntakeRoute, Route } from '../../server/routes/route.ts'
import type { WebServer } from '../../server/server.ts'
import type { Loaded } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import type { Source } from './sources.ts'

export interface WebOptions {
  readonly versions: Readonly<Record<string, unknown>>
  readonly checks: () => readonly HealthCheck[]
  readonly facts: () => Facts
  /** The sources that run: those of the start, whatever was loaded since. */
  readonly sources: readonly Pick<Source, 'routes'>[]
  readonly log: Pick<Log, 'error' | 'info' | 'warning'>
}

/** The web server that the configuration asks for, if it does (`webserver:`). */
export class Web implements Reloadable {
  readonly #options: WebOptions
  #server: WebServer | undefined
  #settings: Settings | undefined

  constructor(options: WebOptions) {
    this.#options = options
  }

  /** A server that stays at its port goes on without a gap, whatever else changes. */
  async prepare({ context }: Loaded): Promise<Change> {
    const { settings } = context.config
    if (!settings['webserver.enabled']) return { commit: () => this.close() }
    const old = this.#server
    const pem = pemOf(settings)
    if (old && this.#settings?.['webserver.listen_port'] === settings['webserver.listen_port']) {
      const certificate = old.readCertificate(pem)
      return { commit: () => this.#goOn(old, certificate, settings) }
    }
    const server = await this.#open(settings, pem)
    return { commit: () => this.#replace(server, settings), cancel: () => server.close() }
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  async #open(settings: Settings, pem: string | undefined): Promise<WebServer> {
    // Only now: HTTP takes some MB and ms, which nobody should have to pay who does not use it.
    const { WebServer } = await import('../../server/server.ts')
    return WebServer.open({
      address: settings['webserver.listen_address'],
      port: settings['webserver.listen_port'],
      pem,
      onError: (error) => this.#options.log.error(`The web server failed to answer: ${error.message}`),
    })
  }

  #replace(server: WebServer, settings: Settings): void {
    this.close()
    this.#server = server
    this.#settings = settings
    server.serve(this.#routes(settings))
    const tls = settings['webserver.ssl_enabled'] ? ' with TLS' : ''
    this.#options.log.info(`Starting web server${tls}, listening on ${formatPlace(settings['webserver.listen_address'], server.port)}`)
  }

  #goOn(server: WebServer, certificate: Certificate | undefined, settings: Settings): void {
    if (this.#settings?.['webserver.listen_address'] !== settings['webserver.listen_address'])
      this.#options.log.warning('Another webserver.listen_address at the same port takes effect at the next start')
    this.#settings = settings
    server.present(certificate)
    server.serve(this.#routes(settings))
  }

  #routes(settings: Settings): (Route | IntakeRoute)[] {
    const { versions, checks, facts, sources } = this.#options
    const hasMetrics = settings['webserver.prometheus_metrics_enabled'] && settings['metrics.enabled']
    return [
      routes.health({ path: settings['webserver.k8s_healthz_endpoint'], checks }),
      routes.versions(versions),
      ...(hasMetrics ? [routes.metrics({ type: prometheusType, text: () => prometheusText(metrics, facts()) })] : []),
      ...sources.flatMap((source) => source.routes ?? []),
    ]
  }
}

function pemOf(settings: Settings): string | undefined {
  if (!settings['webserver.ssl_enabled']) return undefined
  const file = settings['webserver.ssl_certificate']
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Fault('webserver-unavailable', `cannot read webserver.ssl_certificate ${file}: ${fileProblem(cause)}`, {
      hint: 'mend the path or its permissions; the file has the key and the certificate, both PEM',
      cause,
    })
  }
}
