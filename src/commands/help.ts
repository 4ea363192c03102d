import { twoColumns } from '../base/layout.ts'
import type { Command } from './command.ts'
import { type Flag, flags } from './flags.ts'

/** The usage text; called as `falco`, it shows Falco's flags only. */
export function usage(program: string, isFalco: boolean, commands: readonly Pick<Command, 'name' | 'summary'>[]): string {
  const rows = rowsOf((flags as readonly Flag[]).filter((flag) => !(isFalco && flag.older)))
  const lines = ['Eyas watches a host and raises alerts by Falco rules.', '', 'Usage:', `  ${program} [OPTION...]`]
  if (!isFalco && commands.length > 0) {
    lines.push(`  ${program} COMMAND [ARGUMENT...]`, '', 'Commands:', ...table(commands.map(({ name, summary }) => [`  ${name}`, summary])))
    lines.push('', `\`${program} COMMAND --help\` says more about one of them.`)
  }
  lines.push('', 'Options:', ...table(rows), '', 'Without options it reads live system calls and prints alerts until it is stopped.', '')
  return lines.join('\n')
}

/** The usage text of one command. */
export function commandUsage(program: string, { name, summary, usage: words, flags: own, details }: Command): string {
  const lines = [summary, '', 'Usage:', `  ${program} ${name}${words === '' ? '' : ` ${words}`}`, '', 'Options:', ...table(rowsOf(own))]
  if (details !== undefined) lines.push('', details.trimEnd())
  return `${lines.join('\n')}\n`
}

function rowsOf(shown: readonly Flag[]): (readonly [string, string])[] {
  return shown.map((flag) => [spelling(flag), flag.help])
}

function spelling(flag: Flag): string {
  const long = flag.long === undefined ? undefined : `--${flag.long}`
  const names = flag.short === undefined ? `    ${long}` : long === undefined ? `-${flag.short}` : `-${flag.short}, ${long}`
  if (flag.arg === undefined) return `  ${names}`
  return flag.optional ? `  ${names}[=${flag.arg}]` : `  ${names} ${flag.arg}`
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const columns = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => twoColumns(left, right, columns, 100))
}
