import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { RulesFile } from '../../rule/load.ts'
import { filesAt } from './rules.ts'

/** What stands on a command line for the standard input. */
export const stdinWord = '-'
export const stdinName = '<stdin>'

/**
 * The rules files that words of a command line name, in order: files, directories, built-in files, `-`.
 *
 * @throws Fault `rules-unreadable`; `rules-missing` for a directory without rules files.
 */
export function filesNamed(words: readonly string[]): RulesFile[] {
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
