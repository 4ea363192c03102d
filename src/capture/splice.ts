import type { Batch } from '../event/event.ts'

/** A record that belongs behind those of a batch that end at this offset. */
export interface Splice {
  readonly at: number
  readonly record: Buffer
}

/** The batch with these records, in order of their places; itself where there are none. */
export function spliced(batch: Batch, splices: readonly Splice[]): Batch {
  if (splices.length === 0) return batch
  const { bytes, start = 0, length } = batch
  const parts: Uint8Array[] = []
  let from = start
  for (const { at, record } of splices) {
    parts.push(bytes.subarray(from, at), record)
    from = at
  }
  parts.push(bytes.subarray(from, length))
  const whole = Buffer.concat(parts)
  return { bytes: whole, length: whole.length }
}

/** Where a record of the batch is then. */
export function splicedAt(at: number, batch: Batch, splices: readonly Splice[]): number {
  if (splices.length === 0) return at
  return splices.reduce((sum, splice) => (splice.at <= at ? sum + splice.record.length : sum), at - (batch.start ?? 0))
}
