import { release } from 'node:os'
import { giveUpRights } from '../../capture/rights.ts'
import type { Alert } from '../../engine/alert.ts'
import type { Facts } from '../../metrics/metric.ts'
import type { State } from '../../state/state.ts'
import { type Context, reopenContext } from '../context.ts'
import { versions } from '../version.ts'
import type { OpenedCapture } from './captures.ts'
import type { Detection } from './detection.ts'
import type { DropMonitor } from './drops.ts'
import { factsOf } from './facts.ts'
import { FileWatch } from './file_watch.ts'
import { followingDrops, followingFiles, followingLog, namingTheRest } from './follow.ts'
import { healthChecks, isStalled } from './health.ts'
import { Manager } from './manager.ts'
import type { Prepared } from './prepare.ts'
import { Pulse } from './pulse.ts'
import type { Pump } from './pump.ts'
import { Reloader } from './reload.ts'
import { pluginVersions } from './ruleset.ts'
import { Silence } from './silence.ts'
import { Snapshots } from './snapshots.ts'
import { type Status, statusOf } from './status.ts'
import { serveStatus, statusDirectory } from './status_socket.ts'
import type { AlertCounts } from './summary.ts'
import { every } from './timers.ts'
import { Web } from './web.ts'

/** What runs, and what a service is to tell of it or to change. */
export interface Running {
  readonly context: Context
  readonly prepared: Prepared
  readonly hostname: string
  readonly tell: (alert: Alert) => void
  readonly counts: AlertCounts
  readonly detection: Detection
  readonly capture: OpenedCapture
  readonly state: State
  readonly drops: DropMonitor
  readonly pump: Pump
}

const readingMs = 1000

/** What a program needs that runs for years: it tells how it is, over HTTP and as metrics, and follows its configuration. */
export class Service {
  readonly #running: Running
  readonly #pulse = new Pulse()
  readonly #silence: Silence
  readonly #snapshots: Snapshots
  readonly #web: Web
  readonly #files: FileWatch
  readonly #reloader: Reloader
  readonly #manager: Manager
  readonly #begun = Promise.withResolvers<void>()
  #stopReading: () => void = () => undefined
  #stopStatus: () => void = () => undefined

  constructor(running: Running) {
    this.#running = running
    const { context, prepared, hostname, tell, detection, drops } = running
    const { log } = context
    const mostReads = () => detection.loaded.context.config.settings['syscall_event_timeouts.max_consecutives']
    this.#silence = new Silence({ mostReads, tell, hostname })
    const manager = new Manager(context.env)
    this.#manager = manager
    const facts = (previous?: Facts) => this.#facts(previous)
    this.#snapshots = new Snapshots({ facts, hostname, tell, log })
    this.#web = new Web({ versions: servedVersions(context), checks: () => this.#checks(), facts, sources: prepared.sources, log })
    this.#files = new FileWatch({
      onChange: () => this.reload(),
      onPoll: (error) => log.warning(`Files are looked at every few seconds only, since they cannot be watched: ${error.message}`),
    })
    const parts = [
      detection,
      prepared.outputs,
      followingDrops(drops),
      this.#snapshots,
      followingFiles(this.#files),
      followingLog,
      namingTheRest(prepared),
      // Last, since others may fail: it alone cannot be made ready unseen.
      this.#web,
    ]
    this.#reloader = new Reloader({
      read: () => reopenContext(context),
      parts,
      log,
      hostname,
      tell,
      onBegin: () => manager.reloading(),
      onEnd: () => manager.reloaded(this.#status),
    })
  }

  /**
   * Begins to serve.
   *
   * @throws Fault where the configuration asks for what cannot be had, such as a port that is taken.
   */
  async begin(): Promise<void> {
    const { prepared } = this.#running
    this.#read()
    this.#stopReading = every(readingMs, () => this.#read())
    for (const part of [this.#web, this.#snapshots, followingFiles(this.#files)]) (await part.prepare(prepared)).commit()
    this.#serveStatus()
    this.#giveUpRights()
    this.#begun.resolve()
    this.#manager.ready(this.#status, () => !isStalled(this.#pulse))
  }

  /** Loads the configuration again; a mistake in it is told, and nothing changes. */
  reload(): void {
    void this.#begun.promise.then(() => this.#reloader.request())
  }

  async end(): Promise<void> {
    this.#manager.stopping()
    this.#stopStatus()
    this.#stopReading()
    this.#files.close()
    this.#web.close()
    await this.#snapshots.close()
  }

  get #status(): string {
    const count = this.#running.detection.loaded.rules.running.length
    return this.#reloader.hasFailed ? `${count} rules run; the configuration has mistakes and was not reloaded` : `${count} rules run`
  }

  // Where nobody can ask, nothing else is missing.
  #serveStatus(): void {
    const { context } = this.#running
    try {
      this.#stopStatus = serveStatus(statusDirectory(context.env), () => this.#statusNow())
    } catch (error) {
      context.log.debug(`Nobody can ask for eyas status: ${(error as Error).message}`)
    }
  }

  #statusNow(): Status {
    const { prepared, capture, counts, detection } = this.#running
    const { seen, dropped } = capture.stats()
    return statusOf({
      facts: this.#facts(),
      checks: this.#checks(),
      outputs: prepared.outputs,
      events: { seen, dropped },
      rules: detection.loaded.rules.running.length,
      alerts: counts.total,
      rssBytes: process.memoryUsage.rss(),
    })
  }

  // The programs are loaded, and the first look at processes is done.
  #giveUpRights(): void {
    const { log } = this.#running.context
    if (this.#running.context.config.settings['engine.kind'] !== 'modern_ebpf') return
    if (giveUpRights(release())) log.debug('Capabilities that only the start takes were given up')
    else log.warning('Capabilities that only the start takes could not be given up in all threads')
  }

  #read(): void {
    const { capture, pump } = this.#running
    const { seen, dropped } = capture.stats()
    const nowMs = performance.now()
    if (capture.programs) this.#silence.note(nowMs, seen, pump.latestNs)
    this.#pulse.note({
      nowMs,
      timeMs: Date.now(),
      seen,
      dropped,
      processed: pump.count,
      latestMs: pump.latestNs / 1e6,
    })
  }

  #checks() {
    const { prepared, drops } = this.#running
    return healthChecks({
      pulse: this.#pulse,
      queues: () => prepared.outputs.queues,
      ...(prepared.outputs.spool ? { spoolProblem: () => prepared.outputs.spool?.problem ?? '' } : {}),
      dropThreshold: () => drops.options.threshold,
    })
  }

  #facts(previous?: Facts): Facts {
    const { context, prepared, hostname, capture, pump, state, counts, detection } = this.#running
    return factsOf(
      {
        env: context.env,
        hostname,
        engine: context.config.settings['engine.kind'],
        loaded: () => detection.loaded,
        captureStats: () => capture.stats(),
        programs: () => capture.programs?.(),
        cpus: () => capture.cpus?.(),
        eventCount: () => pump.count,
        state,
        sources: () => detection.opened,
        outputs: prepared.outputs,
        counts,
        pulse: this.#pulse,
        checks: () => this.#checks(),
        reloader: this.#reloader,
      },
      previous,
    )
  }
}

function servedVersions(context: Context): Readonly<Record<string, unknown>> {
  return { ...versions(), plugin_versions: Object.fromEntries(pluginVersions(context).map(({ name, version }) => [name, version])) }
}
