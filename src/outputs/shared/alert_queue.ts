import type { Log } from '../../base/log.ts'

export interface QueueOptions {
  /** Messages that may wait in memory; one more is dropped and counted. */
  readonly capacity: number
  /** And bytes, about; without it, as many as these messages have. */
  readonly maxBytes?: number
  /** A write that takes longer is reported. */
  readonly slowMs: number
  readonly log: Pick<Log, 'error' | 'warning'>
}

/** What stands between the engine and one output, in memory or on the disk, and what health and metrics ask of it. */
export interface AlertQueue {
  readonly name: string
  /** Messages that were written, that found no room, and whose write failed. */
  readonly written: number
  readonly dropped: number
  readonly failed: number
  /** Whether messages wait to be written, and how many, without those being written now. */
  readonly isBusy: boolean
  readonly waiting: number
  /** Whether half of the room is taken: one that can wait should. */
  readonly isCrowded: boolean
  /** What the last failed write said; empty where the last one went well. */
  readonly lastError: string
  /** For how long the write that is under way has taken, at `nowMs` of `performance.now`; 0 where there is none. */
  writingMs(nowMs: number): number
  /** For how long one write after another has failed; 0 where the last one went well, or was so long ago that it says nothing of now. */
  failingMs(nowMs: number): number
  /** Goes on by other limits. */
  configure(options: QueueOptions): void
  reopen(): void
  /** Resolves when the messages pushed so far are written, lost, or safe on the disk. */
  settle(): Promise<void>
  /** Writes what waits, for `limitMs` at most, and closes the output. */
  close(limitMs: number): Promise<void>
}
