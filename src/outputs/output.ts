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
  /**
   * Writes messages, oldest first.
   *
   * Rejects with a Fault that says what failed; the messages then count as lost.
   */
  write(messages: readonly Message[]): Promise<void>
  /** Opens anew what it writes to: after a rotation of logs. */
  reopen?(): void
  /** Called once, after the last write. */
  close(): Promise<void>
}
