import type { Batch } from '../event/event.ts'

/** Where events come from: the kernel's rings, a recording, or a test. */
export interface Capture {
  /**
   * The next batch of events, oldest first; its length is 0 where none is there now, undefined at the end of the source.
   *
   * Never waits. The bytes are valid until the next call.
   *
   * @throws Fault `driver-gone` if the probes were detached under us, `capture-damaged` if a file breaks off.
   */
  next(): Batch | undefined
  /** Calls `wake` (at most once until the next `next`) when events are there. */
  onReadable(wake: () => void): void
  stats(): CaptureStats
  close(): void
}

export interface CaptureStats {
  /** Events that the programs saw and wanted, and those that found no room, over all. captured = seen - dropped. */
  readonly seen: number
  readonly dropped: number
  /** The same by event code, where not zero. */
  readonly byType: ReadonlyMap<number, { readonly seen: number; readonly dropped: number }>
}
