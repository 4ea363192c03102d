import { statSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import { type Sent, sendToSystemLog } from '../../capture/system_log.ts'
import { durationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import { type AlertFormat, formatAlert } from '../../engine/alert_format.ts'
import { outputs } from '../../outputs/index.ts'
import type { Message, Output } from '../../outputs/output.ts'
import type { AlertQueue, QueueOptions } from '../../outputs/shared/alert_queue.ts'
import { Delivery } from '../../outputs/shared/delivery.ts'
import { OutputQueue } from '../../outputs/shared/queue.ts'
import type { RotationOptions } from '../../outputs/shared/rotation.ts'
import { Spool, type SpoolStats } from '../../outputs/shared/spool.ts'
import { SpoolWriter } from '../../outputs/shared/spool_writer.ts'
import { systemLogTag } from '../context.ts'
import type { Loaded } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import { every } from './timers.ts'

// What a queue holds where the configuration sets no limit of its own: about 100 MB of large alerts.
const defaultCapacity = 100_000

// How long the outputs have for the last alerts when the program ends.
const closeMs = 5000
const pruneMs = 1000
const bytesPerMb = 1024 * 1024

/** An output that a configuration asks for. */
interface Plan {
  /** The same where nothing that it depends on has changed. */
  readonly key: string
  /** @throws Fault where it is clear by now that it will not work. */
  readonly open: () => Output
}

interface Running {
  readonly key: string
  readonly queue: AlertQueue
  /** Takes a message, in memory; or looks for new ones on the disk. */
  readonly push: (message: Message) => void
  readonly wake: () => void
}

/** The spool, as health, metrics and `eyas status` tell of it. */
export interface SpoolState extends SpoolStats {
  readonly directory: string
  readonly maxBytes: number
  /** Alerts that an output missed for their age or for want of room, and those that the disk did not take. */
  readonly expired: number
  readonly refused: number
  /** Why the disk takes nothing now; empty where it does. */
  readonly problem: string
}

/** The outputs that the configuration enables, each behind its own queue. */
export class AlertOutputs implements Reloadable {
  readonly #log: Log
  readonly #spool: Spool | undefined
  readonly #writer: SpoolWriter | undefined
  readonly #stopPruning: () => void
  #running: readonly Running[]
  #format: AlertFormat
  readonly #leaving = new Set<Promise<void>>()

  constructor(plans: readonly Plan[], settings: Settings, log: Log) {
    this.#log = log
    const spool = settings['outputs_spool.enabled'] ? spoolOf(settings) : undefined
    this.#spool = spool
    this.#writer = spool && new SpoolWriter(spool, this.#limits(settings), () => this.#wake())
    this.#stopPruning = spool ? every(pruneMs, () => this.#prune(spool)) : () => undefined
    this.#running = this.#open(plans, settings)
    this.#format = this.#formatOf(settings)
    spool?.keepOutputs(this.queues.map(({ name }) => name))
    // What an earlier end of the program left.
    this.#wake()
  }

  /** How the spool is; undefined where there is none. */
  get spool(): SpoolState | undefined {
    if (!this.#spool || !this.#writer) return undefined
    const { options, expired } = this.#spool
    const { dropped, lastError } = this.#writer
    return {
      directory: options.directory,
      maxBytes: options.maxBytes,
      ...this.#spool.stats(),
      expired,
      refused: dropped,
      problem: lastError,
    }
  }

  get queues(): readonly AlertQueue[] {
    return this.#running.map(({ queue }) => queue)
  }

  /** Hands an alert to every output; never waits. */
  add(alert: Alert): void {
    const message = { line: formatAlert(alert, this.#format), priority: alert.priority }
    if (this.#writer) this.#writer.push(message)
    else for (const { push } of this.#running) push(message)
  }

  reopen(): void {
    for (const { queue } of this.#running) queue.reopen()
  }

  /** Outputs that are as they were keep their queue; what waits for another is still written to where it was meant to go. */
  prepare({ context }: Loaded): Change {
    const { settings } = context.config
    const old = this.#running
    const plans = plansOf(settings)
    const kept = old.filter(({ key }) => plans.some((plan) => plan.key === key))
    const opened = this.#open(
      plans.filter(({ key }) => !kept.some((running) => running.key === key)),
      settings,
    )
    return {
      commit: () => {
        this.#running = [...kept, ...opened]
        this.#format = this.#formatOf(settings)
        this.#spool?.keepOutputs(this.queues.map(({ name }) => name))
        this.#wake()
        for (const { queue } of kept) queue.configure(this.#limits(settings))
        for (const running of old) if (!kept.includes(running)) this.#leave(running.queue, this.#spool ? 0 : closeMs)
      },
      cancel: () => {
        for (const { queue } of opened) this.#leave(queue, 0)
      },
    }
  }

  /** Resolves when all alerts so far are written, or after `limitMs`. */
  async settle(limitMs: number): Promise<void> {
    const busy = this.queues.filter((queue) => queue.isBusy)
    if (busy.length === 0) return
    const { promise: tooLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limitMs)
    await Promise.race([Promise.all(busy.map((queue) => queue.settle())), tooLate])
    clearTimeout(timer)
  }

  /** Writes all that waits and closes the outputs. */
  async close(): Promise<void> {
    this.#writer?.close()
    this.#stopPruning()
    for (const { queue } of this.#running) this.#leave(queue, closeMs)
    await Promise.all(this.#leaving)
    this.#spool?.close()
  }

  // Where the disk takes nothing the writer says so, and this is tried again.
  #prune(spool: Spool): void {
    try {
      spool.prune()
    } catch (error) {
      this.#log.debug((error as Error).message)
    }
  }

  #wake(): void {
    for (const { wake } of this.#running) wake()
  }

  #formatOf(settings: Settings): AlertFormat {
    return alertFormat(settings, this.#spool !== undefined)
  }

  #open(plans: readonly Plan[], settings: Settings): Running[] {
    return plans.map(({ key, open }) => this.#start(key, open(), settings))
  }

  #start(key: string, output: Output, settings: Settings): Running {
    const limits = this.#limits(settings)
    if (this.#spool) {
      const maxAttempts = settings['outputs_spool.max_attempts']
      const delivery = new Delivery(output, { ...limits, spool: this.#spool, maxAttempts })
      return { key, queue: delivery, push: nothing, wake: () => delivery.wake() }
    }
    const queue = new OutputQueue(output, limits)
    return { key, queue, push: (message) => queue.push(message), wake: nothing }
  }

  #limits(settings: Settings): QueueOptions {
    return { capacity: settings['outputs_queue.capacity'] || defaultCapacity, slowMs: settings.output_timeout, log: this.#log }
  }

  #leave(queue: AlertQueue, limitMs: number): void {
    const closing = queue.close(limitMs).finally(() => this.#leaving.delete(closing))
    this.#leaving.add(closing)
  }
}

/**
 * Opens the outputs of a configuration.
 *
 * @throws Fault `config-invalid` where none is enabled.
 */
export function openOutputs(settings: Settings, log: Log): AlertOutputs {
  return new AlertOutputs(plansOf(settings), settings, log)
}

function plansOf(settings: Settings): Plan[] {
  const plans = Object.entries(planners).flatMap(([name, plan]) =>
    settings[`${name as OutputName}_output.enabled`] ? [plan(settings)] : [],
  )
  if (plans.length > 0) return plans
  throw new Fault('config-invalid', 'No output configured, please make sure at least one output is configured and enabled.', {
    hint: 'add -o stdout_output.enabled=true',
  })
}

export function nothing(): void {}

function spoolOf(settings: Settings): Spool {
  return new Spool({
    directory: settings['outputs_spool.directory'],
    maxBytes: settings['outputs_spool.max_size_mb'] * bytesPerMb,
    maxAgeMs: durationMs(settings['outputs_spool.max_age']) ?? 0,
    fsync: settings['outputs_spool.fsync'] as 'always' | 'batch' | 'never',
  })
}

/** How alerts look. `hasId`: with a spool an alert may arrive twice, and its id says so. */
export function alertFormat(settings: Settings, hasId = false): AlertFormat {
  return {
    hasId,
    isJson: settings.json_output,
    isIso8601: settings.time_format_iso_8601,
    hasOutput: settings.json_include_output_property,
    hasMessage: settings.json_include_message_property,
    hasTags: settings.json_include_tags_property,
    hasOutputFields: settings.json_include_output_fields_property,
  }
}

// By the name of each section in falco.yaml, `NAME_output`.
const planners = {
  stdout: () => planOf('stdout', {}, outputs.stdout),
  syslog: () => planOf('syslog', { send: sendAlert }, outputs.syslog),
  file: (settings) => {
    const options = { filename: settings['file_output.filename'], keepAlive: settings['file_output.keep_alive'] }
    return planOf('file', { ...options, ...rotationOf(settings) }, outputs.file)
  },
  program: (settings) =>
    planOf('program', { program: settings['program_output.program'], keepAlive: settings['program_output.keep_alive'] }, outputs.program),
  http: httpPlan,
} satisfies Record<string, (settings: Settings) => Plan>

type OutputName = keyof typeof planners

function rotationOf(settings: Settings): { rotate?: RotationOptions } {
  const maxBytes = settings['file_output.rotate.max_size_mb'] * bytesPerMb
  const maxAgeMs = durationMs(settings['file_output.rotate.max_age']) ?? 0
  if (maxBytes === 0 && maxAgeMs === 0) return {}
  return { rotate: { maxBytes, maxAgeMs, keep: settings['file_output.rotate.keep'], compress: settings['file_output.rotate.compress'] } }
}

function sendAlert(severity: number, text: string): Sent {
  return sendToSystemLog(systemLogTag, severity, text)
}

function httpPlan(settings: Settings): Plan {
  const client = { cert: settings['http_output.client_cert'], key: settings['http_output.client_key'] }
  const options = {
    url: settings['http_output.url'],
    isJson: settings.json_output,
    userAgent: settings['http_output.user_agent'],
    insecure: settings['http_output.insecure'],
    echo: settings['http_output.echo'],
    caCert: settings['http_output.ca_cert'],
    caBundle: settings['http_output.ca_bundle'],
    caPath: settings['http_output.ca_path'],
    client: settings['http_output.mtls'] ? client : undefined,
    compress: settings['http_output.compress_uploads'],
    keepAlive: settings['http_output.keep_alive'],
    maxConsecutiveTimeouts: settings['http_output.max_consecutive_timeouts'],
    timeoutMs: settings.output_timeout,
  }
  // They are read once: renewed certificates make another output of it.
  const files = [options.caCert, options.caBundle, options.caPath, client.cert, client.key]
  return planOf('http', options, outputs.http, files)
}

function planOf<O>(name: string, options: O, open: (options: O) => Output, files: readonly string[] = []): Plan {
  return { key: JSON.stringify([name, options, files.map(changedMs)]), open: () => open(options) }
}

function changedMs(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}
