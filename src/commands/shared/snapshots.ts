import { appendFile, closeSync, openSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import { durationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import { metrics } from '../../metrics/index.ts'
import type { Facts, Value } from '../../metrics/metric.ts'
import { fieldsOf } from '../../metrics/shared/fields.ts'
import { internalAlert } from './internal_alert.ts'
import type { Loaded } from './prepare.ts'
import type { Change, Reloadable } from './reloadable.ts'
import { every } from './timers.ts'

export interface SnapshotOptions {
  /** The numbers now; `previous` are those of the snapshot before. */
  readonly facts: (previous: Facts | undefined) => Facts
  readonly hostname: string
  readonly tell: (alert: Alert) => void
  readonly log: Pick<Log, 'error'>
}

function append(file: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => appendFile(file, text, (error) => (error ? reject(error) : resolve())))
}

const informational = 6
const closeMs = 1000

type Snapshot = readonly (readonly [name: string, value: Value])[]

/** Tells the metrics from time to time, as an alert and as a line in a file (`metrics:`). */
export class Snapshots implements Reloadable {
  readonly #options: SnapshotOptions
  #previous: Facts | undefined
  #sample = 0
  #plan = ''
  #stop: () => void = () => undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: SnapshotOptions) {
    this.#options = options
  }

  prepare({ context }: Loaded): Change {
    const { settings } = context.config
    if (settings['metrics.enabled']) checkWritable(settings['metrics.output_file'])
    return { commit: () => this.#follow(settings) }
  }

  /** Tells no more; what was told is written then, where the file takes it in time. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.race([this.#writing, Bun.sleep(closeMs)])
  }

  // A plan that stays keeps its rhythm; the first snapshot of another is told at once.
  #follow(settings: Settings): void {
    const plan = JSON.stringify(Object.entries(settings).filter(([key]) => key.startsWith('metrics.')))
    if (plan === this.#plan) return
    this.#plan = plan
    this.#stop()
    this.#stop = () => undefined
    const wanted = settings['metrics.output_rule'] || settings['metrics.output_file'] !== ''
    if (!settings['metrics.enabled'] || !wanted) return
    const intervalMs = durationMs(settings['metrics.interval']) ?? Number.POSITIVE_INFINITY
    this.#stop = every(intervalMs, () => this.#tell(settings))
    this.#tell(settings)
  }

  #tell(settings: Settings): void {
    const facts = this.#options.facts(this.#previous)
    this.#previous = facts
    this.#sample++
    const isMb = settings['metrics.convert_memory_to_mb']
    const fields = fieldsOf(metrics, facts, { isMb, hasEmpty: settings['metrics.include_empty_values'] })
    if (settings['metrics.output_rule']) this.#options.tell(this.#alert(fields))
    const file = settings['metrics.output_file']
    const line = `${jsonLine(fields, this.#sample)}\n`
    if (file !== '') this.#writing = this.#writing.then(() => this.#append(file, line))
  }

  #alert(fields: Snapshot): Alert {
    const { hostname } = this.#options
    return internalAlert({ matter: 'metrics snapshot', priority: informational, text: 'Falco metrics snapshot', fields, hostname })
  }

  async #append(file: string, line: string): Promise<void> {
    try {
      await append(file, line)
    } catch (error) {
      this.#options.log.error(`Metrics cannot be written to ${file}: ${fileProblem(error)}`)
    }
  }
}

// 64-bit numbers, which JSON.stringify refuses, are written as they are.
function jsonLine(fields: Snapshot, sample: number): string {
  const pairs = fields.map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? JSON.stringify(value) : value}`)
  return `{"output_fields":{${pairs.join(',')}},"sample":${sample}}`
}

function checkWritable(file: string): void {
  if (file === '') return
  try {
    closeSync(openSync(file, 'a'))
  } catch (cause) {
    throw new Fault('metrics-unwritable', `cannot write metrics to ${file}: ${fileProblem(cause)}`, {
      hint: 'set metrics.output_file to a path where they can be written',
      cause,
    })
  }
}
