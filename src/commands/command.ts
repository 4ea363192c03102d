import type { Call, Context } from './context.ts'

/** What a flag of the command line asks for instead of watching, such as `--version` or `-V FILE`. */
export interface Action<C extends Call = Context> {
  readonly name: string
  /** Whether the command line asks for it. */
  readonly isWanted: (call: Call) => boolean
  /** The exit code. */
  readonly run: (context: C) => number | Promise<number>
}

/** An action that needs no configuration, so that it works without a readable one. */
export type EarlyAction = Action<Call>

/** A command with a name of its own: `eyas NAME ...`. */
export interface Command {
  readonly name: string
  readonly help: string
  /** `words` follow the name. */
  readonly run: (words: readonly string[], env: Readonly<Record<string, string | undefined>>) => number | Promise<number>
}
