import type { Capture } from '../../capture/capture.ts'
import type { Engine } from '../../engine/engine.ts'
import { encodeRecord } from '../../event/encode.ts'
import type { Batch } from '../../event/event.ts'
import { DropMonitor } from './drops.ts'
import { Pump, type Stages } from './pump.ts'
import { playOf } from './rehearsal_play.ts'
import { scratchState } from './state.ts'

// How often the play is given: enough for what a process does once to be compiled for good, in pieces that leave the event loop
// free between them. (JavaScriptCore optimises what was called some 7,000 times; a play has 24 processes.)
const rounds = 500
const pauseMs = 1
// What waited in the rings while the program started goes first.
const delayMs = 200

/** What the rehearsal goes through: the rules of `engine`, which raise nothing then, and a state of its own. */
export function rehearsalStages(engine: Engine): Stages {
  const lost = { seen: 0, dropped: 0 }
  const options = { actions: [], threshold: 1, rate: 0, maxBurst: 0, simulate: false }
  return { state: scratchState(), engine: engine.rehearsal(), drops: new DropMonitor(options, () => lost, nothing) }
}

/**
 * Runs made-up events of the common kinds through the stages, in the first second or so, while little else is to be done.
 *
 * JavaScript is compiled by its use: without this, the first burst of events after the start would meet code that is still
 * interpreted. Resolves when it is over, or `isOver` says so.
 */
export async function rehearse(stages: Stages, isOver: () => boolean): Promise<void> {
  await Bun.sleep(delayMs)
  const bytes = Buffer.concat(playOf(process.pid).map(encodeRecord))
  const batch = { bytes, length: bytes.length }
  for (let round = 0; round < rounds && !isOver(); round++) {
    const pump = new Pump(once(batch), stages)
    pump.stop()
    await Bun.sleep(pauseMs)
  }
}

function once(batch: Batch): Capture {
  let isTaken = false
  return {
    next: () => {
      if (isTaken) return undefined
      isTaken = true
      return batch
    },
    onReadable: nothing,
    stats: () => ({ seen: 0, dropped: 0, byType: new Map() }),
    close: nothing,
  }
}

function nothing(): void {}
