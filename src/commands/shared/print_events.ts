import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { LineWriter } from '../../base/line_writer.ts'
import { isTerminal } from '../../base/terminal.ts'
import type { Replay } from '../../capture/replay.ts'
import type { Event } from '../../event/event.ts'
import type { LinePrinter } from '../../inspect/line.ts'
import type { State } from '../../state/state.ts'
import { paced } from './paced.ts'
import { showProgress } from './progress.ts'
import { Pump } from './pump.ts'
import { every } from './timers.ts'

export interface PrintRequest {
  readonly replay: Replay
  readonly state: State
  readonly encoding: 'latin1' | 'utf8'
  /** Makes the printer whose lines go to `write`. */
  readonly printer: (write: (line: string) => void) => LinePrinter
}

// How long lines may wait for others to be written with.
const flushMs = 100
// How long the reader has for the last lines after a signal: nobody may read any more.
const lastWordsMs = 1000

/**
 * Prints a recording to standard output, until its end, the printer's limit or a signal, and resolves when all is written.
 *
 * The exit code is 0, also where the reader goes away before.
 *
 * @throws Fault `output-failed`; `capture-damaged` after all whole events are printed.
 */
export async function printEvents({ replay, state, encoding, printer: make }: PrintRequest): Promise<number> {
  let failure: NodeJS.ErrnoException | undefined
  const stop = () => {
    replay.close()
    pump.stop()
  }
  const onFailure = (error: NodeJS.ErrnoException) => {
    failure = error
    stop()
  }
  const writer = new LineWriter({ fd: 1, encoding, onRoom: () => source.wake(), onFailure })
  const source = paced(replay, () => writer.isBehind)
  const printer = make((line) => writer.push(line))
  const print = (event: Event) => {
    printer.process(event)
    if (printer.isDone) stop()
  }
  const pump = new Pump(source, { state, engine: { process: print }, drops: { observe: () => undefined } })
  const { promise: tooLate, resolve } = Promise.withResolvers<void>()
  const forget = [
    every(flushMs, () => writer.flush()),
    onSignal(() => {
      stop()
      setTimeout(resolve, lastWordsMs)
    }),
    showProgress(isTerminal(1) ? undefined : () => replay.progress(), () => pump.count),
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

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `work` for the first signal that asks the program to end; the next one ends it at once. */
function onSignal(work: () => void): () => void {
  const take = () => {
    forget()
    work()
  }
  const forget = () => {
    for (const signal of signals) process.off(signal, take)
  }
  for (const signal of signals) process.on(signal, take)
  return forget
}
