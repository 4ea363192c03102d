import { Fault } from '../../base/fault.ts'
import { twoColumns } from '../../base/layout.ts'
import { print } from '../../base/print.ts'
import { closest } from '../../base/suggest.ts'
import type { Command } from '../command.ts'
import { commandUsage } from '../help.ts'
import { cleanupCommand } from './cleanup.ts'
import { configCommand } from './config.ts'
import { installCommand } from './install.ts'
import { listCommand } from './list.ts'
import { printenvCommand } from './printenv.ts'
import { statusCommand } from './status.ts'

/** `eyas driver COMMAND`: which driver this machine can have, and getting it there. */
const parts: readonly Command[] = [configCommand, installCommand, cleanupCommand, printenvCommand, statusCommand, listCommand]

const helpFlag = { name: 'help', short: 'h', long: 'help', help: 'Show this text.' }

export const driverCommand: Command = {
  name: 'driver',
  summary: 'Chooses, installs and removes drivers, as falcoctl driver does.',
  usage: 'COMMAND [OPTION...]',
  flags: [helpFlag],
  words: parts.map(({ name }) => shortName(name)),
  details: `Commands:
${parts.map(({ name, summary }) => twoColumns(`  ${shortName(name)}`, summary, 14, 100)).join('\n')}

\`eyas driver COMMAND --help\` says more about one of them. Called as falco-driver-loader or as
scap-driver-loader (a link to this program), it takes the arguments of these.`,
  run: (call) => {
    const [word = '', ...words] = call.words
    const command = parts.find(({ name }) => shortName(name) === word)
    if (command) return command.run({ ...call, words })
    if (word === '' || word === '-h' || word === '--help') return print(commandUsage(call.program, driverCommand)) ? 0 : 1
    const near = closest(
      word,
      parts.map(({ name }) => shortName(name)),
    )
    throw new Fault('command-unknown', `there is no command 'driver ${word}'`, {
      hint: near ? `did you mean driver ${near}?` : 'see eyas driver --help',
    })
  },
}

function shortName(name: string): string {
  return name.replace(/^driver /, '')
}
