import type { Flag } from '../../flags.ts'
import { type Shape, shapesOf, type Values, valuesOf } from './shape.ts'

/** A script that completes command lines in fish. */
export function fishScript(commands: Parameters<typeof shapesOf>[0]): string {
  const [program, ...named] = shapesOf(commands)
  const names = named.map(({ name }) => name).join(' ')
  const isProgram = `not __fish_seen_subcommand_from ${names}`
  const lines = [
    '# fish completion for eyas: eyas completion fish > ~/.config/fish/completions/eyas.fish',
    'complete -c eyas -f',
    ...named.map(({ name, summary }) => `complete -c eyas -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`),
    ...program.flags.map((flag) => line(flag, isProgram)),
    ...named.flatMap(ofCommand),
  ]
  return `${lines.join('\n')}\n`
}

function ofCommand({ name, flags, words }: Shape): readonly string[] {
  const condition = `__fish_seen_subcommand_from ${name}`
  const rest = words === 'files' ? ['-F'] : words.length > 0 ? [`-a ${quoted(words.join(' '))}`] : []
  return [...rest.map((option) => `complete -c eyas -n ${quoted(condition)} ${option}`), ...flags.map((flag) => line(flag, condition))]
}

function line(flag: Flag, condition: string): string {
  const { short, long, help } = flag
  const names = [...(short === undefined ? [] : [`-s ${short}`]), ...(long === undefined ? [] : [`-l ${long}`])]
  return `complete -c eyas -n ${quoted(condition)} ${names.join(' ')}${takes(flag.optional ? undefined : valuesOf(flag))} -d ${quoted(help)}`
}

function takes(values: Values | undefined): string {
  if (values === undefined) return ''
  return values === 'files' ? ' -r -F' : values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : ' -x'
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
