import type { Batch } from '../../event/event.ts'

/** Sees each batch of a capture before and after it is processed. */
export interface Tap {
  /** Most records that the next batch may have; what is over comes as a further batch. */
  readonly limit: number
  /** Before its first event: the state is as the events so far have left it. */
  before(): void
  /** When all its events were processed. */
  after(batch: Batch): void
}

/** Gives the batches that `next` gives, each of which `tap` sees. */
export function tapped(next: () => Batch | undefined, tap: Tap): () => Batch | undefined {
  let given: Batch | undefined
  let rest: Batch | undefined
  return () => {
    if (given !== undefined) tap.after(given)
    given = undefined
    const batch = rest ?? next()
    rest = undefined
    if (batch === undefined || batch.length === 0) return batch
    tap.before()
    const { at, count } = cut(batch, tap.limit)
    if (at === batch.length) {
      given = batch
      return batch
    }
    const { bytes, start = 0, length, firstNum } = batch
    const nums = (by: number) => (firstNum === undefined ? {} : { firstNum: firstNum + by })
    given = { bytes, start, length: at, ...nums(0) }
    rest = { bytes, start: at, length, ...nums(count) }
    return given
  }
}

// Where the first `limit` records end, and how many there are.
function cut({ bytes, start = 0, length }: Batch, limit: number): { at: number; count: number } {
  if (limit === Number.POSITIVE_INFINITY) return { at: length, count: 0 }
  let at = start
  let count = 0
  for (; at < length && count < limit; count++) at += bytes.readUInt32LE(at)
  return { at, count }
}
