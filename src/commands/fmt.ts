import { unifiedDiff } from '../base/diff.ts'
import { Fault, Faults } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { type ReadStamp, replaceFile, stampOf } from '../base/replace_file.ts'
import { Source } from '../rule/source.ts'
import { YamlError } from '../rule/yaml_error.ts'
import { defineCommand } from './command.ts'
import { readStdin, stdinName, stdinWord } from './shared/input.ts'
import { pathsAt, readRules } from './shared/rules.ts'

/** `eyas fmt FILES`. */
export const fmtCommand = defineCommand({
  name: 'fmt',
  summary: 'Formats rules files, and keeps all that they mean and all comments.',
  usage: '[OPTION...] [FILE...]',
  flags: [
    { name: 'check', long: 'check', help: 'Write nothing; name the files that are not formatted, and exit with 1 if there are any.' },
    { name: 'diff', long: 'diff', help: 'Write nothing; show what would change.' },
  ],
  details: `FILE is a file or a directory, of which the .yaml and .yml files are meant. Files are replaced as a
whole, with mode and owner kept. Without FILE, or with -, standard input is formatted to standard
output.`,
  run: ({ args, rest }) => {
    const words = rest.length > 0 ? rest : [stdinWord]
    if (rest.length === 0 && process.stdin.isTTY)
      throw new Fault('rules-missing', 'fmt wants rules files', { hint: 'name some, or pipe one in' })
    const faults: Fault[] = []
    const paths = words.flatMap((word) => attempt(faults, () => pathsOf(word)) ?? [])
    // A path is read when its turn comes: two may lead to one file.
    const changed = paths.filter((path) => attempt(faults, () => format(inputAt(path), args)))
    if (faults.length > 0) throw new Faults(faults)
    return args.check && changed.length > 0 ? 1 : 0
  },
})

interface Input {
  readonly name: string
  readonly text: string
  /** Absent for standard input. */
  readonly stamp: ReadStamp | undefined
}

// One file that cannot be formatted keeps no other from it.
function attempt<T>(faults: Fault[], action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    faults.push(error)
    return undefined
  }
}

function pathsOf(word: string): readonly string[] {
  if (word === stdinWord) return [word]
  if (word.startsWith('builtin:')) throw new Fault('file-refused', `${word} is part of the program`, { hint: 'name a file of your own' })
  return pathsAt(word, true)
}

function inputAt(path: string): Input {
  if (path === stdinWord) return { name: stdinName, text: readStdin(), stamp: undefined }
  const stamp = stampOf(path)
  return { name: path, text: readRules(path).text, stamp }
}

/** Whether the text is not as it should be. */
function format({ name, text, stamp }: Input, { check, diff }: { readonly check: boolean; readonly diff: boolean }): boolean {
  const formatted = formattedText(name, text)
  const isChanged = formatted !== text
  if (diff) print(unifiedDiff(text, formatted, name, name))
  else if (check) print(isChanged ? `${name}\n` : '')
  else if (!stamp) print(formatted)
  else if (isChanged) {
    replaceFile(name, stamp, formatted)
    print(`${name}\n`)
  }
  return isChanged
}

function formattedText(name: string, text: string): string {
  // It comes with the YAML parser, which takes longer to load than all else.
  const { formatRules } = require('../rule/layout/format.ts') as typeof import('../rule/layout/format.ts')
  try {
    return formatRules(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const source = new Source(name, text)
    const at = Math.min(error.at, text.length)
    const { line, column } = source.position(at)
    const [, snippet = ''] = source.snippet(at).split('\n')
    const place = { file: name, line: line + 1, column: column + 1, snippet }
    throw new Fault('rules-invalid', error.message, { place, hint: 'mend the YAML first: only what can be read can be formatted' })
  }
}
