import { print } from '../base/print.ts'
import { parseFlags } from './args.ts'
import type { Call, Context, Environment } from './context.ts'
import type { ArgsOf, Flag, MissingFlag } from './flags.ts'
import { commandUsage } from './help.ts'

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

/** A command with a name of its own, which is the first word: `eyas NAME ...`. */
export interface Command {
  readonly name: string
  /** One sentence for the list of commands. */
  readonly summary: string
  /** What follows the name: `[OPTION...] [FILE...]`. */
  readonly usage: string
  readonly flags: readonly Flag[]
  /** All that can stand besides flags, where that is few words. */
  readonly words?: readonly string[]
  /** Flags that users may try, and why there are none of them. */
  readonly missing?: readonly MissingFlag[]
  /** What else its `--help` says, lines of at most 100 characters. */
  readonly details?: string
  /** Reads the words after the name, and does the work; the exit code. */
  readonly run: (call: CommandCall) => number | Promise<number>
}

export interface CommandCall {
  /** The name the program was called by. */
  readonly program: string
  /** What follows the command's name. */
  readonly words: readonly string[]
  readonly env: Environment
}

/** What a command of known flags is given. */
export interface CommandInput<F extends readonly Flag[]> extends CommandCall {
  readonly args: ArgsOf<F>
  /** The words besides flags. */
  readonly rest: readonly string[]
}

interface Definition<F extends readonly Flag[]> extends Omit<Command, 'flags' | 'run'> {
  readonly flags: F
  readonly run: (input: CommandInput<F>) => number | Promise<number>
}

const helpFlag = { name: 'help', short: 'h', long: 'help', help: 'Show this text.' } as const satisfies Flag

/** A command from its table of flags: `--help` comes with it. */
export function defineCommand<const F extends readonly Flag[]>(definition: Definition<F>): Command {
  const flags = [...definition.flags, helpFlag]
  const command: Command = {
    ...definition,
    flags,
    run: (call) => {
      const { args, rest } = parseFlags(call.words, flags, definition.missing)
      if (args.help) return print(commandUsage(call.program, command)) ? 0 : 1
      return definition.run({ ...call, args: args as ArgsOf<F>, rest })
    },
  }
  return command
}
