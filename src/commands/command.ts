import type { Context } from './context.ts'

/** What a flag of the command line asks for instead of watching, such as `--version` or `-V FILE`. */
export interface Action {
  readonly name: string
  /** Whether the command line asks for it. */
  readonly isWanted: (context: Pick<Context, 'args'>) => boolean
  /** Whether it needs no configuration, so that it works without a readable one. */
  readonly isEarly?: true
  /** The exit code. */
  readonly run: (context: Context) => number | Promise<number>
}

/** A command with a name of its own: `eyas NAME ...`. */
export interface Command {
  readonly name: string
  readonly help: string
  /** `words` follow the name. */
  readonly run: (words: readonly string[], env: Readonly<Record<string, string | undefined>>) => number | Promise<number>
}
