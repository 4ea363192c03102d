import { print } from '../base/print.ts'
import type { Catalogue } from '../condition/field.ts'
import type { Alert } from '../engine/alert.ts'
import { Engine } from '../engine/engine.ts'
import { renderingOf } from '../engine/rendering.ts'
import type { Event } from '../event/event.ts'
import type { Rule } from '../rule/ruleset.ts'
import type { Context } from './context.ts'
import { type OpenedCapture, openCapture } from './shared/captures.ts'
import { answerDrops, dropOptions } from './shared/drop_actions.ts'
import { DropMonitor } from './shared/drops.ts'
import { wantedSyscalls } from './shared/interest.ts'
import { writePidfile } from './shared/pidfile.ts'
import type { Prepared } from './shared/prepare.ts'
import { Pump } from './shared/pump.ts'
import { onSignals } from './shared/signals.ts'
import type { Source } from './shared/sources.ts'
import { newState } from './shared/state.ts'
import { AlertCounts, formatCaptureStats, formatDrops } from './shared/summary.ts'
import { hostnameOf } from './shared/syscall_source.ts'

const tickMs = 1000

/**
 * Watches: passes each event of a source through state, rules and outputs, until a signal, the time limit of the command
 * line, or the end of the source.
 *
 * The exit code is 0; 1 where lost events are to end the program (`syscall_event_drops`).
 *
 * @throws Fault where the source cannot be opened or breaks off.
 */
export async function run(context: Context, { rules, sources, outputs }: Prepared): Promise<number> {
  const { args, log, config, env } = context
  const { settings } = config
  const counts = new AlertCounts()
  const onAlert = (alert: Alert) => {
    counts.add(alert)
    outputs.add(alert)
  }

  const running = rules.running.map((rule) => ({ rule, rendering: renderingOf(rule, catalogueOf(sources, rule)) }))
  const engine = new Engine(running, { matching: settings.rule_matching, hostname: hostnameOf(env), onAlert })
  const state = newState(settings, env)
  // Signals are answered from here on: those that come while the probes are loaded are served right after.
  const stop = () => {
    capture.stop()
    pump.stop()
  }
  const quiet = onSignals(log, { stop, reopen: () => outputs.reopen() })
  const capture = openCapture({ settings, wanted: wantedSyscalls(settings, engine.kinds(), rules.running), log }, state)

  let exitCode = 0
  const drops = new DropMonitor(
    dropOptions(settings),
    () => capture.stats(),
    (report) => {
      exitCode = answerDrops(report, { log, onAlert, hostname: hostnameOf(env), stop: () => pump.stop() })
    },
  )
  const pump = new Pump(capture, {
    apply: (event) => state.apply(event),
    process: (event) => engine.process(event),
    observe: (ns) => drops.observe(ns),
  })

  const forget = [
    quiet,
    writePidfile(args.pidfile),
    ...sources.flatMap(({ begin }) => (begin === undefined ? [] : [begin()])),
    every(tickMs, () => state.purge(performance.now())),
    after(Number(args.seconds ?? 0) * 1000, stop),
  ]
  try {
    capture.begin(state)
    pump.start()
    await pump.done
  } finally {
    await outputs.close()
    summarize(capture, counts, drops)
    capture.close()
    for (const undo of forget) undo()
  }
  return exitCode
}

function catalogueOf(sources: readonly Source[], rule: Rule): Catalogue<Event> {
  const source = sources.find(({ name }) => name === rule.source)
  if (!source) throw new Error(`rule ${rule.name} was loaded for a source that is not there: ${rule.source}`)
  // A source's fields read the events that the source gives.
  return source.catalogue as Catalogue as Catalogue<Event>
}

function summarize(capture: OpenedCapture, counts: AlertCounts, drops: DropMonitor): void {
  print(counts.format())
  print(formatDrops(drops.occurrences, drops.actionsTaken), 2)
  print(formatCaptureStats(capture.stats()), 2)
}

function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms)
  return () => clearInterval(timer)
}

function after(ms: number, work: () => void): () => void {
  if (!(ms > 0)) return () => undefined
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}
