import { type Batch, recordPrefixBytes, recordStateOnly } from '../event/event.ts'
import { eventCodes, events } from '../schema/event.ts'
import type { ScapBuffer } from './scap_buffer.ts'

const plainBlock = 0x216
const flaggedBlock = 0x217
const largeBlock = 0x221
const largeFlaggedBlock = 0x222

const isLarge = Uint8Array.from({ length: eventCodes }, (_, code) => (events[code]?.isLarge ? 1 : 0))

/** What becomes of a record: it is written as it is, for the state of readers alone, or not at all. */
export const fates = { write: 0, stateOnly: 1, leaveOut: 2 } as const
export type Fate = (typeof fates)[keyof typeof fates]

/** Writes the records of a batch from `from` to `to` as event blocks; returns how many. */
export function writeEvents(out: ScapBuffer, batch: Batch, from: number, to: number, fateOf?: (at: number, code: number) => Fate): number {
  const { bytes } = batch
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = 0
  for (let at = from; at < to; at += view.getUint32(at, true)) {
    const code = view.getUint16(at + 28, true)
    const fate = fateOf === undefined ? fates.write : fateOf(at, code)
    if (fate === fates.leaveOut) continue
    const flags = (view.getUint16(at + 6, true) & recordStateOnly) | (fate === fates.stateOnly ? recordStateOnly : 0)
    writeEvent(out, bytes, view, at, code, flags)
    count++
  }
  return count
}

function writeEvent(out: ScapBuffer, bytes: Buffer, view: DataView, at: number, code: number, flags: number): void {
  const eventBytes = view.getUint32(at + 24, true)
  const start = out.at
  // Header, CPU, flags, and what the block ends with.
  out.need(eventBytes + 32)
  const to = out.view
  const hasFlags = flags !== 0
  to.setUint32(start, blockType(isLarge[code] === 1, hasFlags), true)
  to.setUint16(start + 8, view.getUint16(at + 4, true), true)
  if (hasFlags) to.setUint32(start + 10, flags, true)
  const head = start + (hasFlags ? 14 : 10)
  bytes.copy(out.bytes, head, at + recordPrefixBytes, at + recordPrefixBytes + eventBytes)
  out.at = head + eventBytes
  out.endBlock(start)
}

function blockType(large: boolean, hasFlags: boolean): number {
  if (large) return hasFlags ? largeFlaggedBlock : largeBlock
  return hasFlags ? flaggedBlock : plainBlock
}
