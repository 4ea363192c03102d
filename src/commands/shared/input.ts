import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { RulesFile } from '../../rule/load.ts'
import type { CommandCall } from '../command.ts'
import { type Context, callOf, openContext, openPlainContext } from '../context.ts'
import { everySource } from './plugins.ts'
import { filesAt, someRulesFiles } from './rules.ts'

/** What stands on a command line for the standard input. */
export const stdinWord = '-'
export const stdinName = '<stdin>'

/** Rules files, and the configuration that they are looked at with. */
export interface RulesInput {
  readonly context: Context
  readonly files: readonly RulesFile[]
}

/**
 * The rules files that words name, or else those of the configuration. Where files are named and no configuration is, that of this host
 * says nothing of them: built-in defaults hold, and rules may be for any source.
 *
 * @throws Fault, Faults where the configuration or a file cannot be read.
 */
export function rulesInput(
  call: Pick<CommandCall, 'program' | 'words' | 'env'>,
  args: { readonly config: string | undefined; readonly option: readonly string[] },
  words: readonly string[],
): RulesInput {
  const given = { config: args.config, option: args.option }
  if (words.length === 0) {
    const context = openContext(callOf(call, given), true)
    return { context, files: someRulesFiles(context) }
  }
  const context = openPlainContext(callOf(call, { ...given, ...(args.config === undefined && { enableSource: everySource }) }))
  return { context, files: filesNamed(words) }
}

/**
 * The rules files that words of a command line name, in order: files, directories, built-in files, `-`.
 *
 * @throws Fault `rules-unreadable`; `rules-missing` for a directory without rules files.
 */
function filesNamed(words: readonly string[]): RulesFile[] {
  return words.flatMap((word) => {
    if (word === stdinWord) return [{ name: stdinName, text: readStdin() }]
    const files = filesAt(word, true)
    if (files.length > 0) return files
    throw new Fault('rules-missing', `${word} has no rules files`, { hint: 'rules files are those that end in .yaml or .yml' })
  })
}

export function readStdin(): string {
  try {
    return readFileSync(0, 'utf8')
  } catch (cause) {
    throw new Fault('rules-unreadable', `Could not read standard input: ${fileProblem(cause)}`, {
      hint: 'name a file, or pipe one in',
      cause,
    })
  }
}
