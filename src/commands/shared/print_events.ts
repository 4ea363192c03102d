import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { LineWriter } from '../../base/line_writer.ts'
import { print } from '../../base/print.ts'
import { isTerminal } from '../../base/terminal.ts'
import type { Replay } from '../../capture/replay.ts'
import type { Event } from '../../event/event.ts'
import type { LinePrinter } from '../../inspect/line.ts'
import type { State } from '../../state/state.ts'
import type { OpenedCapture } from './captures.ts'
import { onSignal } from './on_signal.ts'
import { paced } from './paced.ts'
import { showProgress } from './progress.ts'
import { Pump } from './pump.ts'
import { watchMemory } from './tidy.ts'
import { after, every } from './timers.ts'

export interface PrintRequest {
  /** A recording, or this machine's system calls. */
  readonly capture: Replay | OpenedCapture
  /** When to end; 0 is never. */
  readonly stopMs: number
  readonly state: State
  readonly encoding: 'latin1' | 'utf8'
  /** Makes the printer whose lines go to `write`. */
  readonly printer: (write: (line: string) => void) => LinePrinter
}

// How long lines may wait for others to be written with.
const flushMs = 100
// How long the reader has for the last lines after a signal: nobody may read any more.
const lastWordsMs = 1000
const tickMs = 1000

/**
 * Prints events to standard output, until its end, the printer's limit or a signal, and resolves when all is written.
 *
 * The exit code is 0, also where the reader goes away before.
 *
 * @throws Fault `output-failed`; `capture-damaged` after all whole events are printed.
 */
export async function printEvents({ capture, state, encoding, printer: make, stopMs }: PrintRequest): Promise<number> {
  let failure: NodeJS.ErrnoException | undefined
  let isOver = false
  const isLive = 'stop' in capture
  const end = () => {
    isOver = true
    pump.stop()
  }
  const stop = () => {
    if (!isLive) return end()
    // Of what happened until now, the rest is still printed.
    capture.stop()
    pump.stop()
  }
  const onFailure = (error: NodeJS.ErrnoException) => {
    failure = error
    end()
  }
  const writer = new LineWriter({ fd: 1, encoding, onRoom: () => source.wake(), onFailure })
  const source = paced(
    capture,
    () => writer.isBehind,
    () => isOver,
  )
  const printer = make((line) => writer.push(line))
  const show = (event: Event) => {
    printer.process(event)
    if (printer.isDone) end()
  }
  const pump = new Pump(source, { state, engine: { process: show }, drops: { observe: () => undefined } })
  const { promise: tooLate, resolve } = Promise.withResolvers<void>()
  const forget = [
    every(flushMs, () => writer.flush()),
    watchMemory(),
    onSignal(() => {
      stop()
      setTimeout(resolve, lastWordsMs)
    }),
    showProgress(isTerminal(1) || !capture.progress ? undefined : () => capture.progress?.(), () => pump.count),
    after(stopMs, stop),
    isLive ? every(tickMs, () => state.purge(performance.now())) : () => undefined,
  ]
  try {
    pump.start()
    await pump.done
  } catch (error) {
    // What is wrong behind the last event that was asked for does not matter.
    if (!printer.isDone) throw error
  } finally {
    writer.flush()
    await Promise.race([writer.idle(), tooLate])
    for (const undo of forget) undo()
    const { dropped } = capture.stats()
    if (dropped > 0) print(`Events lost: ${dropped}\n`, 2)
    capture.close()
  }
  if (failure !== undefined && failure.code !== 'EPIPE') throw cannotWrite(failure)
  return 0
}

function cannotWrite(cause: Error): Fault {
  return new Fault('output-failed', `standard output cannot be written: ${fileProblem(cause)}`, {
    hint: 'what was printed so far is not all',
    cause,
  })
}
