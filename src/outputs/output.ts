import { Fault } from '../base/fault.ts'

/** An alert that is ready to be written. */
export interface Message {
  /** One line without its newline: text or JSON, as configured. */
  readonly line: string
  /** 0 emergency to 7 debug, as in syslog. */
  readonly priority: number
}

/** Somewhere that alerts go. Its queue calls `write` again only after the last call has settled. */
export interface Output {
  readonly name: string
  /** How many messages a write gets at most: few where each takes its time, so that those that are written count as such. */
  readonly batchMessages?: number
  /**
   * Writes messages, oldest first.
   *
   * Rejects with a Fault that says what failed, a `WriteFault` where some of them are written. Those that are not count as lost,
   * or are tried again where there is a spool.
   */
  write(messages: readonly Message[]): Promise<void>
  /** Opens anew what it writes to: after a rotation of logs. */
  reopen?(): void
  /** Called once, after the last write. */
  close(): Promise<void>
}

interface WriteFaultDetail {
  readonly written: number
  readonly ahead?: ReadonlySet<number>
  readonly isRefused?: boolean
  readonly cause?: unknown
}

/** A write that failed in the middle. */
export class WriteFault extends Fault {
  /** How many messages, from the first on, were written. */
  readonly written: number
  /** Places of messages behind the next that were written, too. */
  readonly ahead: ReadonlySet<number>
  /** Whether the next message can never be written as it is, so that trying again is of no use. */
  readonly isRefused: boolean

  constructor(message: string, { written, ahead = new Set(), isRefused = false, cause }: WriteFaultDetail) {
    super('output-failed', message, { cause })
    this.written = written
    this.ahead = ahead
    this.isRefused = isRefused
  }
}
