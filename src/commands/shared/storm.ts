import { priorityName } from '../../base/priority.ts'
import { durationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import type { Alert } from '../../engine/alert.ts'
import type { Message, Output } from '../../outputs/output.ts'
import { type HeldBack, LimitedOutput } from '../../outputs/shared/limited.ts'
import { Repeats } from '../../outputs/shared/repeats.ts'
import { internalAlert } from './internal_alert.ts'
import { every } from './timers.ts'

const sweepMs = 1000
const warningPriority = 4

/** Stands before the outputs in a storm of alerts, where that is wanted (`storm_control`): alike ones become one and a count. */
export class Storm {
  readonly #pass: (alert: Alert) => void
  #repeats: Repeats | undefined
  #plan = ''
  #stop: () => void = () => undefined

  constructor(settings: Settings, pass: (alert: Alert) => void) {
    this.#pass = pass
    this.follow(settings)
  }

  add(alert: Alert): void {
    // What the program says of itself is not what storms are made of.
    if (this.#repeats && alert.source !== 'internal') this.#repeats.add(alert, performance.now())
    else this.#pass(alert)
  }

  /** Goes on as a new configuration wants it; what was counted so far is told where that is another way. */
  follow(settings: Settings): void {
    const plan = JSON.stringify(['enabled', 'window', 'fields'].map((key) => settings[`storm_control.${key}` as keyof Settings]))
    if (plan === this.#plan) return
    this.close()
    this.#plan = plan
    if (!settings['storm_control.enabled']) return
    const windowMs = durationMs(settings['storm_control.window']) ?? 0
    const repeats = new Repeats({ windowMs, fields: settings['storm_control.fields'] }, this.#pass)
    this.#repeats = repeats
    this.#stop = every(sweepMs, () => repeats.sweep(performance.now()))
  }

  /** Tells all that was counted. */
  close(): void {
    this.#stop()
    this.#repeats?.flush(performance.now())
    this.#repeats = undefined
    this.#plan = ''
  }
}

/** The part of the configuration that an output is opened with. */
export function limitKey(settings: Settings, name: string): string {
  if (!isLimited(settings, name)) return ''
  return `${settings['storm_control.max_per_second']}/${settings['storm_control.burst']}`
}

/** The output, with a limit before it where it is to have one. */
export function limited(output: Output, settings: Settings, notice: (heldBack: HeldBack) => Message): Output {
  if (!isLimited(settings, output.name)) return output
  const limit = { perSecond: settings['storm_control.max_per_second'], burst: settings['storm_control.burst'] }
  return new LimitedOutput(output, { ...limit, notice })
}

function isLimited(settings: Settings, name: string): boolean {
  return settings['storm_control.enabled'] && settings['storm_control.limited_outputs'].includes(name)
}

/** What the readers of an output are told. */
export function heldBackAlert({ output, count, byPriority, seconds }: HeldBack, hostname: string): Alert {
  const parts = [...byPriority].sort(([a], [b]) => a - b).map(([priority, each]) => [priorityName(priority), each] as const)
  const text = `Falco internal: ${count} alerts were held back from output ${output} in ${seconds} s: ${parts.map((part) => part.join(' ')).join(', ')}`
  const fields = [
    ['output', output],
    ['held_back', count],
    ['seconds', seconds],
    ...parts.map(([name, each]) => [`held_back.${name}`, each] as const),
  ]
  return internalAlert({
    matter: 'alerts held back',
    priority: warningPriority,
    text,
    fields: fields as [string, string | number][],
    hostname,
  })
}
