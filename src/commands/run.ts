import { writeWithin } from '../base/write.ts'
import type { Catalogue } from '../condition/field.ts'
import type { Alert } from '../engine/alert.ts'
import { Engine, type EngineOptions } from '../engine/engine.ts'
import { renderingOf } from '../engine/rendering.ts'
import type { Event } from '../event/event.ts'
import type { Rule } from '../rule/ruleset.ts'
import type { Context } from './context.ts'
import { type OpenedCapture, openCapture } from './shared/captures.ts'
import { answerDrops, dropOptions } from './shared/drop_actions.ts'
import { DropMonitor, type DropReport } from './shared/drops.ts'
import { wantedSyscalls } from './shared/interest.ts'
import { writePidfile } from './shared/pidfile.ts'
import type { Prepared } from './shared/prepare.ts'
import { Pump } from './shared/pump.ts'
import { rehearsalStages, rehearse } from './shared/rehearsal.ts'
import type { Signals } from './shared/signals.ts'
import type { Source } from './shared/sources.ts'
import { newState } from './shared/state.ts'
import { AlertCounts, formatCaptureStats, formatDrops } from './shared/summary.ts'
import { hostnameOf } from './shared/syscall_source.ts'
import { after, every, limitMs } from './shared/timers.ts'

const tickMs = 1000
// How long readers have for the summary: nobody may read any more.
const summaryMs = 1000

/**
 * Watches: passes each event of a source through state, rules and outputs, until a signal, the time limit of the command
 * line, or the end of the source.
 *
 * The exit code is 0; 1 where lost events are to end the program (`syscall_event_drops`).
 *
 * @throws Fault where the source cannot be opened or breaks off.
 */
export async function run(context: Context, prepared: Prepared, signals: Signals): Promise<number> {
  const { args, log, config, env } = context
  const { settings } = config
  const { outputs, sources } = prepared
  const stopMs = limitMs(args.seconds)
  const hostname = hostnameOf(env)
  const counts = new AlertCounts()
  const onAlert = (alert: Alert) => {
    counts.add(alert)
    outputs.add(alert)
  }
  const engine = newEngine(prepared, { matching: settings.rule_matching, hostname, onAlert })
  const state = newState(settings, env)
  const wanted = wantedSyscalls(settings, engine.kinds(), prepared.rules.running)
  const capture = openCapture({ settings, wanted, log }, state)

  let exitCode = 0
  const answers = { log, onAlert, hostname, stop: () => pump.stop() }
  const answer = (report: DropReport) => {
    exitCode = answerDrops(report, answers)
  }
  const drops = new DropMonitor(dropOptions(settings), () => capture.stats(), answer)
  const pump = new Pump(capture, { state, engine, drops })
  const stop = () => {
    capture.stop()
    pump.stop()
  }

  const forget = [
    () => signals.close(),
    writePidfile(args.pidfile),
    ...sources.flatMap(({ begin }) => (begin === undefined ? [] : [begin()])),
    every(tickMs, () => state.purge(performance.now())),
    after(stopMs, stop),
  ]
  try {
    capture.begin(state)
    pump.start()
    if (settings['engine.kind'] !== 'replay') void rehearse(rehearsalStages(engine), () => pump.isOver)
    signals.answer(log, { stop, reopen: () => outputs.reopen() })
    await pump.done
  } finally {
    await outputs.close()
    if (pump.isOver || pump.count > 0) await summarize(capture, counts, drops)
    capture.close()
    for (const undo of forget) undo()
  }
  return exitCode
}

function newEngine({ rules, sources }: Prepared, options: EngineOptions): Engine {
  const running = rules.running.map((rule) => ({ rule, rendering: renderingOf(rule, catalogueOf(sources, rule)) }))
  return new Engine(running, options)
}

function catalogueOf(sources: readonly Source[], rule: Rule): Catalogue<Event> {
  const source = sources.find(({ name }) => name === rule.source)
  if (!source) throw new Error(`rule ${rule.name} was loaded for a source that is not there: ${rule.source}`)
  // A source's fields read the events that the source gives.
  return source.catalogue as Catalogue as Catalogue<Event>
}

async function summarize(capture: OpenedCapture, counts: AlertCounts, drops: DropMonitor): Promise<void> {
  // Alerts go to standard output, so that it is the likelier one to be stuck: it comes last.
  await writeWithin(summaryMs, 2, `${formatDrops(drops.occurrences, drops.actionsTaken)}${formatCaptureStats(capture.stats())}`)
  await writeWithin(summaryMs, 1, counts.format())
}
