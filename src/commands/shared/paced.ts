import type { Capture } from '../../capture/capture.ts'
import type { Batch } from '../../event/event.ts'

const nothing: Batch = { bytes: Buffer.alloc(0), length: 0 }

/** A capture that gives nothing while `isBehind` (call `wake` when that is over), and ends when `isOver`. */
export function paced(capture: Capture, isBehind: () => boolean, isOver: () => boolean): Capture & { wake(): void } {
  let wake: () => void = () => undefined
  return {
    next() {
      if (isOver()) return undefined
      return isBehind() ? nothing : capture.next()
    },
    onReadable(given) {
      wake = given
      capture.onReadable(given)
    },
    stats: () => capture.stats(),
    close: () => capture.close(),
    wake: () => wake(),
  }
}
