import { writeWithin } from '../base/write.ts'
import type { Alert } from '../engine/alert.ts'
import type { Context } from './context.ts'
import { type OpenedCapture, openCapture } from './shared/captures.ts'
import { Detection } from './shared/detection.ts'
import { answerDrops, dropOptions } from './shared/drop_actions.ts'
import { DropMonitor } from './shared/drops.ts'
import { HeldAlerts } from './shared/held_alerts.ts'
import { usesEnvironment } from './shared/interest.ts'
import { openRecordings, recorded } from './shared/open_recordings.ts'
import { writePidfile } from './shared/pidfile.ts'
import type { Prepared } from './shared/prepare.ts'
import { showProgress } from './shared/progress.ts'
import { Pump } from './shared/pump.ts'
import { rehearsalStages, rehearse } from './shared/rehearsal.ts'
import { Service } from './shared/service.ts'
import type { Signals } from './shared/signals.ts'
import { newState, scratchState } from './shared/state.ts'
import { AlertCounts, formatCaptureStats, formatDrops } from './shared/summary.ts'
import { hostnameOf } from './shared/syscall_source.ts'
import { tidyStart, watchMemory } from './shared/tidy.ts'
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
 * @throws Fault where a source or the web server cannot be opened, or a source breaks off.
 */
export async function run(context: Context, prepared: Prepared, signals: Signals): Promise<number> {
  const { args, log } = context
  const stopMs = limitMs(args.seconds)
  const { detection, state, capture, pump, outputs, service, drops, counts, hasSyscalls, recordings, held } = await connect(
    context,
    prepared,
  )
  const others = service ? await detection.openOthers({ log, settle: () => outputs.settle(settleMs) }) : []
  const eraseProgress = showProgress(capture.progress, () => pump.count)
  const stop = () => {
    capture.stop()
    pump.stop()
  }
  const forget = [
    () => signals.close(),
    writePidfile(args.pidfile),
    every(tickMs, () => {
      state.purge(performance.now())
      recordings?.tick(Date.now())
    }),
    after(stopMs, stop),
    () => detection.end(),
    ...(service ? [] : [watchMemory()]),
  ]
  try {
    detection.begin()
    capture.begin(state)
    pump.start()
    if (hasSyscalls && service) void rehearse(rehearsalStages(detection.engine), () => pump.isOver).then(tidyStart)
    signals.answer(log, { stop, reopen: () => outputs.reopen(), reload: () => service?.reload() })
    const ends = Promise.all(others.map(({ done }) => done))
    // What the kernel tells has no end; without it, the program ends with the last of the other sources.
    const end = hasSyscalls ? Promise.race([pump.done, ends.then(() => pump.done)]) : Promise.race([pump.done, ends])
    await Promise.all([service?.begin(), end])
    pump.stop()
  } finally {
    await Promise.all([service?.end(), ...others.map((source) => source.close())])
    held.flush()
    recordings?.close()
    await outputs.close()
    eraseProgress()
    if (pump.isOver || pump.count > 0) await summarize(capture, counts, drops)
    capture.close()
    for (const undo of forget) undo()
  }
  return drops.isFatal ? 1 : 0
}

/** All parts, and who calls whom; nothing moves yet. */
async function connect(context: Context, prepared: Prepared) {
  const { log, env } = context
  const { settings } = context.config
  const { outputs, sources } = prepared
  const hostname = hostnameOf(env)
  const counts = new AlertCounts()
  const onAlert = (alert: Alert) => {
    counts.add(alert)
    recordings?.note(alert, pump.count)
    outputs.add(alert)
    // A recording can wait for its alerts to be written; what happens now cannot.
    if (isReplay && outputs.isCrowded) pump.hold(outputs.room())
  }
  // What the program says of itself is no match of a rule, and not counted as one.
  const tell = (alert: Alert) => outputs.add(alert)
  const isReplay = settings['engine.kind'] === 'replay'
  const hasSyscalls = sources.some(({ name }) => name === 'syscall')
  const kind = hasSyscalls ? settings['engine.kind'] : 'nodriver'
  const detection = new Detection(prepared, {
    hostname,
    onAlert,
    hold: (event, emit) => held.hold(event, emit),
    want: (wanted) => capture.want(wanted),
    expect: (wanted) => capture.expect(wanted),
  })
  const state = hasSyscalls ? newState(context.config, env, usesEnvironment(prepared.rules.running)) : scratchState()
  const held = new HeldAlerts(state.containers)
  const opened = openCapture({ settings: { ...settings, 'engine.kind': kind }, wanted: detection.wanted, log }, state)
  const ruleOf = (name: string) => detection.loaded.rules.running.find((rule) => rule.name === name && rule.source === 'syscall')
  const recordings = await openRecordings(settings, { state, log, tell, hostname, ruleOf })
  const capture = recorded(opened, recordings)
  const answers = { log, tell, hostname, stop: () => pump.stop() }
  const drops = new DropMonitor(
    dropOptions(settings),
    () => capture.stats(),
    (report) => answerDrops(report, answers),
  )
  const pump = new Pump(capture, { state, engine: detection.engine, drops })
  const running = { context, prepared, hostname, tell, counts, detection, capture, state, drops, pump }
  // A replay is over soon, and its rules are those of its beginning.
  const service = isReplay ? undefined : new Service(running)
  return { detection, state, capture, pump, outputs, service, drops, counts, hasSyscalls, recordings, held }
}

async function summarize(capture: OpenedCapture, counts: AlertCounts, drops: DropMonitor): Promise<void> {
  // Alerts go to standard output, so that it is the likelier one to be stuck: it comes last.
  await writeWithin(summaryMs, 2, `${formatDrops(drops.occurrences, drops.actionsTaken)}${formatCaptureStats(capture.stats())}`)
  await writeWithin(summaryMs, 1, counts.format())
}
