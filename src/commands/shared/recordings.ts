import type { Log } from '../../base/log.ts'
import { Backlog } from '../../capture/backlog.ts'
import { type Splice, spliced } from '../../capture/splice.ts'
import type { Alert } from '../../engine/alert.ts'
import type { Batch } from '../../event/event.ts'
import type { State } from '../../state/state.ts'
import { containerRecords, onLearned } from './container_records.ts'
import { onFound } from './found_records.ts'
import { internalAlert } from './internal_alert.ts'
import { Recording } from './recording.ts'
import type { Tap } from './tap.ts'

export interface RecordingOptions {
  /** How names of files begin. */
  readonly pathPrefix: string
  readonly mode: 'rules' | 'all_rules'
  /** How long to record after an alert of a rule that does not say so itself. */
  readonly durationMs: number
  /** Bytes of a file at most; 0 is no limit. */
  readonly maxBytes: number
  /** How long before the alert a recording begins, and the memory for that. */
  readonly preTriggerMs: number
  readonly backlogBytes: number
}

/** What recordings need of those around. */
export interface RecordingTies {
  readonly state: State
  readonly log: Log
  readonly tell: (alert: Alert) => void
  readonly hostname: string
  /** What a rule says of recordings. */
  readonly ruleOf: (name: string) => { readonly capture: boolean; readonly captureDurationMs: number } | undefined
}

interface Trigger {
  readonly tsNs: number
  readonly name: string
  durationMs: number
}

const nsPerMs = 1e6
const warningPriority = 4
// What is known before the event of an alert is known from a little before.
const leastWindowMs = 1000

/** Files of what happens around alerts: `capture` in falco.yaml. */
export class Recordings implements Tap {
  readonly limit = Number.POSITIVE_INFINITY
  readonly #options: RecordingOptions
  readonly #ties: RecordingTies
  readonly #backlog: Backlog
  #trigger: Trigger | undefined
  #current: Recording | undefined
  #latestNs = 0
  #found: Splice[] = []

  constructor(options: RecordingOptions, ties: RecordingTies) {
    this.#options = options
    this.#ties = ties
    const { state } = ties
    this.#backlog = new Backlog({
      windowNs: Math.max(options.preTriggerMs, leastWindowMs) * nsPerMs,
      maxBytes: options.backlogBytes,
      known: state,
      preface: () => containerRecords(state),
      clockMs: () => performance.now(),
    })
    onFound(state, (splice) => this.#found.push(splice))
    onLearned(state, (record) => {
      if (this.#current) this.#current.tell(record)
      else this.#backlog.tell(record)
    })
  }

  /** An alert was raised by event number `num`, which is being processed. */
  note({ rule, ts, source }: Alert, num: number): void {
    if (source !== 'syscall') return
    const { mode, durationMs, pathPrefix } = this.#options
    const known = this.#ties.ruleOf(rule)
    if (mode === 'rules' && known?.capture !== true) return
    const wantedMs = known?.captureDurationMs || durationMs
    if (this.#trigger) {
      this.#trigger.durationMs = Math.max(this.#trigger.durationMs, wantedMs)
      return
    }
    const digits = (value: bigint | number) => String(value).padStart(20, '0')
    this.#trigger = { tsNs: Number(ts), name: `${pathPrefix}_${digits(ts)}_${digits(num)}.scap`, durationMs: wantedMs }
  }

  before(): void {
    if (this.#latestNs === 0) this.#backlog.begin(0)
  }

  after(given: Batch): void {
    const batch = spliced(given, this.#found.splice(0))
    this.#latestNs = lastNs(batch)
    if (this.#current === undefined && this.#trigger) this.#begin(this.#trigger)
    else if (this.#current && this.#trigger) this.#current.extend(this.#trigger.tsNs + this.#trigger.durationMs * nsPerMs)
    this.#trigger = undefined
    if (this.#current) this.#current.take(batch, this.#latestNs)
    else this.#backlog.take(batch, this.#latestNs)
  }

  /** Ends a recording whose time has come though nothing happens; to be called about once a second. */
  tick(nowMs: number): void {
    this.#current?.tick(nowMs * nsPerMs)
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#current?.finish()
  }

  #begin({ name, tsNs, durationMs }: Trigger): void {
    const { log } = this.#ties
    const { preTriggerMs, maxBytes } = this.#options
    const stretch = this.#backlog.drain()
    try {
      const recording = new Recording(name, stretch, {
        maxBytes,
        // What happened before is there for what is known of it.
        shownFromNs: tsNs - preTriggerMs * nsPerMs,
        untilNs: tsNs + durationMs * nsPerMs,
        onEnd: (reason) => this.#ended(recording, reason),
      })
      this.#current = recording
      log.info(`Recording to ${name}`)
    } catch (error) {
      log.error(error instanceof Error ? error.message : String(error))
    }
  }

  #ended(recording: Recording, reason: string | undefined): void {
    const { log, tell, hostname } = this.#ties
    if (this.#current === recording) this.#current = undefined
    this.#backlog.begin(this.#latestNs)
    if (reason === undefined) {
      log.info(`Recorded to ${recording.path}`)
      return
    }
    log.warning(`The recording ${recording.path} ends early: ${reason}`)
    if (recording.isFull) {
      const text = `Falco internal: capture size limit reached. ${recording.path} holds ${recording.bytes} bytes.`
      const fields = [['capture_file', recording.path] as const]
      tell(internalAlert({ matter: 'capture size limit reached', priority: warningPriority, text, fields, hostname }))
    }
  }
}

// Records are in the order of time, and one walk along their lengths is cheaper than a look into each while it is processed.
function lastNs({ bytes, start = 0, length }: Batch): number {
  let last = start
  for (let at = start; at < length; at += bytes.readUInt32LE(at)) last = at
  return length > start ? bytes.readUInt32LE(last + 8) + bytes.readUInt32LE(last + 12) * 2 ** 32 : 0
}
