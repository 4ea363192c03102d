import { type EventSpec, encodeRecord } from '../event/encode.ts'
import type { Batch } from '../event/event.ts'
import type { Capture } from './capture.ts'

/** A capture of events made up for a test: `perBatch` of them at a time, numbered from 1. */
export function syntheticCapture(specs: readonly EventSpec[], perBatch = 16): Capture {
  let at = 0
  return {
    next(): Batch | undefined {
      if (at >= specs.length) return undefined
      const records = specs.slice(at, at + perBatch).map(encodeRecord)
      const firstNum = at + 1
      at += records.length
      const bytes = Buffer.concat(records)
      return { bytes, length: bytes.length, firstNum }
    },
    onReadable: (wake) => queueMicrotask(wake),
    stats: () => ({ seen: at, dropped: 0, byType: new Map() }),
    close: () => {
      at = specs.length
    },
  }
}
