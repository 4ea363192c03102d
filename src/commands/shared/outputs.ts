import type { Log } from '../../base/log.ts'
import { durationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import { type AlertFormat, formatAlert } from '../../engine/alert_format.ts'
import type { Message, Output } from '../../outputs/output.ts'
import type { AlertQueue, QueueOptions } from '../../outputs/shared/alert_queue.ts'
import { Delivery } from '../../outputs/shared/delivery.ts'
import { LimitedOutput } from '../../outputs/shared/limited.ts'
import { OutputQueue } from '../../outputs/shared/queue.ts'
import type { Spool, SpoolStats } from '../../outputs/shared/spool.ts'
import { SpoolWriter } from '../../outputs/shared/spool_writer.ts'
import { type Plan, plansOf } from './output_plans.ts'
import type { Loaded } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import { heldBackAlert, limited, limitKey, Storm } from './storm.ts'
import { every } from './timers.ts'

// What a queue holds where the configuration sets no limit of its own.
const defaultCapacity = 100_000
const defaultQueueBytes = 16 * 1024 * 1024

// How long the outputs have for the last alerts when the program ends.
const closeMs = 5000
// How long an output that takes nothing is waited for.
const stuckMs = 10_000
const pruneMs = 1000
const bytesPerMb = 1024 * 1024

interface Running {
  readonly key: string
  readonly output: Output
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
  readonly #hostname: string
  readonly #storm: Storm
  readonly #spool: Spool | undefined
  readonly #writer: SpoolWriter | undefined
  readonly #stopPruning: () => void
  #running: readonly Running[]
  #format: AlertFormat
  readonly #leaving = new Set<Promise<void>>()

  constructor(plans: readonly Plan[], settings: Settings, { log, hostname }: OutputContext) {
    this.#log = log
    this.#hostname = hostname
    this.#storm = new Storm(settings, (alert) => this.#pass(alert))
    const spool = settings['outputs_spool.enabled'] ? spoolOf(settings) : undefined
    this.#spool = spool
    this.#writer = spool && new SpoolWriter(spool, this.#limits(settings), () => this.#wake())
    this.#stopPruning = spool ? every(pruneMs, () => this.#prune(spool)) : () => undefined
    this.#format = this.#formatOf(settings)
    this.#running = this.#open(plans, settings)
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
    this.#storm.add(alert)
  }

  /** Alerts that an output did not get, since it is to have no more a second (`storm_control`). */
  heldBack(name: string): number {
    const output = this.#running.find(({ queue }) => queue.name === name)?.output
    return output instanceof LimitedOutput ? output.heldBack : 0
  }

  #pass(alert: Alert): void {
    const message = this.#messageOf(alert)
    if (this.#writer) this.#writer.push(message)
    else for (const { push } of this.#running) push(message)
  }

  #messageOf(alert: Alert): Message {
    return { line: formatAlert(alert, this.#format), priority: alert.priority }
  }

  reopen(): void {
    for (const { queue } of this.#running) queue.reopen()
  }

  /** Outputs that are as they were keep their queue; what waits for another is still written to where it was meant to go. */
  prepare({ context }: Loaded): Change {
    const { settings } = context.config
    const old = this.#running
    const plans = plansOf(settings).map((plan) => withLimit(plan, settings))
    const kept = old.filter(({ key }) => plans.some((plan) => plan.key === key))
    const opened = this.#open(
      plans.filter(({ key }) => !kept.some((running) => running.key === key)),
      settings,
    )
    return {
      commit: () => {
        this.#running = [...kept, ...opened]
        this.#format = this.#formatOf(settings)
        this.#storm.follow(settings)
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

  /** Whether one that can wait should, for an output to keep up. */
  get isCrowded(): boolean {
    return this.#running.some(({ queue }) => queue.isCrowded)
  }

  /** Resolves when the outputs have room again, or one of them does not get on. */
  async room(): Promise<void> {
    for (let written = -1; this.isCrowded && written < this.#written(); ) {
      written = this.#written()
      await this.settle(stuckMs)
    }
  }

  #written(): number {
    return this.queues.reduce((sum, { written, failed }) => sum + written + failed, 0)
  }

  /** Writes all that waits and closes the outputs. */
  async close(): Promise<void> {
    this.#storm.close()
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

  #start(key: string, opened: Output, settings: Settings): Running {
    const output = limited(opened, settings, (heldBack) => this.#messageOf(heldBackAlert(heldBack, this.#hostname)))
    const limits = this.#limits(settings)
    if (this.#spool) {
      const maxAttempts = settings['outputs_spool.max_attempts']
      const delivery = new Delivery(output, { ...limits, spool: this.#spool, maxAttempts })
      return { key, output, queue: delivery, push: nothing, wake: () => delivery.wake() }
    }
    const queue = new OutputQueue(output, limits)
    return { key, output, queue, push: (message) => queue.push(message), wake: nothing }
  }

  #limits(settings: Settings): QueueOptions {
    const capacity = settings['outputs_queue.capacity']
    const bounds = capacity > 0 ? { capacity } : { capacity: defaultCapacity, maxBytes: defaultQueueBytes }
    return { ...bounds, slowMs: settings.output_timeout, log: this.#log }
  }

  #leave(queue: AlertQueue, limitMs: number): void {
    const closing = queue.close(limitMs).finally(() => this.#leaving.delete(closing))
    this.#leaving.add(closing)
  }
}

/** What outputs need besides the configuration. */
export interface OutputContext {
  readonly log: Log
  readonly hostname: string
}

/**
 * Opens the outputs of a configuration.
 *
 * @throws Fault `config-invalid` where none is enabled.
 */
export function openOutputs(settings: Settings, context: OutputContext): AlertOutputs {
  const plans = plansOf(settings).map((plan) => withLimit(plan, settings))
  return new AlertOutputs(plans, settings, context)
}

function withLimit({ key, name, open }: Plan, settings: Settings): Plan {
  return { key: `${key}${limitKey(settings, name)}`, name, open }
}

function nothing(): void {}

// With it the database is loaded.
function spoolOf(settings: Settings): Spool {
  const { Spool } = require('../../outputs/shared/spool.ts') as typeof import('../../outputs/shared/spool.ts')
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
