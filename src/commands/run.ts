import { writeWithin } from '../base/write.ts'
import type { Catalogue } from '../condition/field.ts'
import type { Alert } from '../engine/alert.ts'
import { Engine, type EngineEvent, type EngineOptions } from '../engine/engine.ts'
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
import { showProgress } from './shared/progress.ts'
import { Pump } from './shared/pump.ts'
import { rehearsalStages, rehearse } from './shared/rehearsal.ts'
import type { Signals } from './shared/signals.ts'
import type { OpenedSource, OpenRequest, Source } from './shared/sources.ts'
import { newState, scratchState } from './shared/state.ts'
import { AlertCounts, formatCaptureStats, formatDrops } from './shared/summary.ts'
import { hostnameOf } from './shared/syscall_source.ts'
import { after, every, limitMs } from './shared/timers.ts'

const tickMs = 1000
// How long a sender of events waits for slow outputs to take the alerts.
const settleMs = 2000
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
  const hasSyscalls = sources.some(({ name }) => name === 'syscall')
  const isReplay = settings['engine.kind'] === 'replay'
  const options = { matching: settings.rule_matching, hostname, onAlert, isLine: !settings.json_output }
  const engine = newEngine<Event>(prepared, 'syscall', options)
  const state = hasSyscalls ? newState(settings, env) : scratchState()
  const wanted = wantedSyscalls(settings, engine.kinds(), rulesOf(prepared, 'syscall'))
  const kind = hasSyscalls ? settings['engine.kind'] : 'nodriver'
  const capture = openCapture({ settings: { ...settings, 'engine.kind': kind }, wanted, log }, state)

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
  const settle = () => outputs.settle(settleMs)
  const others = isReplay ? [] : openOthers(prepared, { log, settle }, options)

  const forget = [
    () => signals.close(),
    writePidfile(args.pidfile),
    ...sources.flatMap(({ begin }) => (begin === undefined ? [] : [begin()])),
    every(tickMs, () => state.purge(performance.now())),
    after(stopMs, stop),
  ]
  const eraseProgress = showProgress(capture.progress, () => pump.count)
  try {
    capture.begin(state)
    pump.start()
    if (hasSyscalls && !isReplay) void rehearse(rehearsalStages(engine), () => pump.isOver)
    signals.answer(log, { stop, reopen: () => outputs.reopen() })
    const ends = Promise.all(others.map(({ done }) => done))
    // What the kernel tells has no end; without it, the program ends with the last of the other sources.
    await (hasSyscalls ? Promise.race([pump.done, ends.then(() => pump.done)]) : Promise.race([pump.done, ends]))
    pump.stop()
  } finally {
    await Promise.all(others.map((source) => source.close()))
    await outputs.close()
    eraseProgress()
    if (pump.isOver || pump.count > 0) await summarize(capture, counts, drops)
    capture.close()
    for (const undo of forget) undo()
  }
  return exitCode
}

interface RunOptions extends EngineOptions {
  /** Alerts are lines of text, which no value may end. */
  readonly isLine: boolean
}

function newEngine<E extends EngineEvent>(prepared: Prepared, source: string, options: RunOptions): Engine<E> {
  const catalogue = catalogueOf<E>(prepared.sources, source)
  return new Engine(
    rulesOf(prepared, source).map((rule) => ({ rule, rendering: renderingOf(rule, catalogue, options.isLine) })),
    { ...options, subjects: catalogue.subjects },
  )
}

function rulesOf({ rules }: Prepared, source: string): Rule[] {
  return rules.running.filter((rule) => rule.source === source)
}

// Each source has an engine of its own: it knows only the rules for it.
function openOthers(prepared: Prepared, request: Omit<OpenRequest, 'process'>, options: RunOptions): OpenedSource[] {
  return prepared.sources.flatMap(({ name, open }) => {
    if (open === undefined) return []
    const engine = newEngine<EngineEvent>(prepared, name, options)
    return [open({ ...request, process: (event) => engine.process(event) })]
  })
}

function catalogueOf<E>(sources: readonly Source[], name: string): Catalogue<E> {
  const source = sources.find((each) => each.name === name)
  // A source's fields read the events that the source gives.
  return (source?.catalogue ?? noFields) as Catalogue as Catalogue<E>
}

const noFields: Catalogue<never> = { names: [], find: () => undefined }

async function summarize(capture: OpenedCapture, counts: AlertCounts, drops: DropMonitor): Promise<void> {
  // Alerts go to standard output, so that it is the likelier one to be stuck: it comes last.
  await writeWithin(summaryMs, 2, `${formatDrops(drops.occurrences, drops.actionsTaken)}${formatCaptureStats(capture.stats())}`)
  await writeWithin(summaryMs, 1, counts.format())
}
