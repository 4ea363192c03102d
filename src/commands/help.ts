import { twoColumns } from '../base/layout.ts'
import { type Flag, flags } from './flags.ts'

/** The usage text; called as `falco`, it shows Falco's flags only. */
export function usage(program: string, isFalco: boolean, commands: readonly { readonly name: string; readonly help: string }[]): string {
  const rows = (flags as readonly Flag[])
    .filter((flag) => !(isFalco && flag.older))
    .map((flag): [string, string] => [spelling(flag), flag.help])
  const lines = ['Eyas watches a host and raises alerts by Falco rules.', '', 'Usage:', `  ${program} [OPTION...]`]
  if (!isFalco && commands.length > 0) {
    lines.push(`  ${program} COMMAND [ARGUMENT...]`, '', 'Commands:', ...table(commands.map(({ name, help }) => [`  ${name}`, help])))
  }
  lines.push('', 'Options:', ...table(rows), '', 'Without options it reads live system calls and prints alerts until it is stopped.', '')
  return lines.join('\n')
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
