import type { Command } from '../../command.ts'
import { type Flag, flags } from '../../flags.ts'

/** What can follow the program's name, or that of one of its commands. */
export interface Shape {
  /** Empty for the program itself. */
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** What can stand besides flags: files, one of some words, or nothing that is known. */
  readonly words: 'files' | readonly string[]
}

/** What a flag's argument can be. */
export type Values = 'files' | readonly string[]

/** The program first, then its commands. */
export function shapesOf(commands: readonly Command[]): readonly [program: Shape, ...commands: readonly Shape[]] {
  const program = { name: '', summary: '', flags, words: commands.map(({ name }) => name) }
  return [
    program,
    ...commands.map(({ name, summary, flags: own, usage, words }) => ({
      name,
      summary,
      flags: own,
      words: words ?? (/\bFILE/.test(usage) ? ('files' as const) : []),
    })),
  ]
}

/** The spellings of a flag: `-c`, `--option`. */
export function spellings({ short, long }: Flag): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), ...(long === undefined ? [] : [`--${long}`])]
}

/** Undefined for a flag that takes no argument. */
export function valuesOf({ arg, values }: Flag): Values | undefined {
  if (arg === undefined) return undefined
  return values ?? (arg === 'PATH' || arg === 'FILE' ? 'files' : [])
}
