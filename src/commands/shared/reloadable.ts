import type { Loaded } from './prepare.ts'

/** A part of the running program that follows the configuration. */
export interface Reloadable {
  /**
   * Makes ready what `next` asks for; what runs goes on as it is until `commit`.
   *
   * @throws Fault where it cannot be had.
   */
  prepare(next: Loaded): Change | Promise<Change>
}

/** What was made ready: it is committed or cancelled. */
export interface Change {
  /** Takes the place of what ran, between two events. It cannot fail. */
  readonly commit: () => void
  /** Gives back what was made ready, where another part cannot follow. */
  readonly cancel?: () => void
}
