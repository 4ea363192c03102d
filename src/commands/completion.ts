import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import { type Command, defineCommand } from './command.ts'
import { bashScript } from './shared/completion/bash.ts'
import { fishScript } from './shared/completion/fish.ts'
import { zshScript } from './shared/completion/zsh.ts'

const scripts: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
const shells = Object.keys(scripts)

/** `eyas completion SHELL`: made from the tables of flags and commands; `all` gives the latter. */
export function completionCommand(all: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: 'Prints a script that completes command lines in bash, zsh or fish.',
    usage: 'bash|zsh|fish',
    words: shells,
    flags: [],
    details: `bash: source <(eyas completion bash), in ~/.bashrc
zsh:  eyas completion zsh > "\${fpath[1]}/_eyas"
fish: eyas completion fish > ~/.config/fish/completions/eyas.fish`,
    run: ({ rest }) => {
      const [shell = '', ...more] = rest
      const script = more.length === 0 && shells.includes(shell) ? scripts[shell] : undefined
      if (script) return print(script(all())) ? 0 : 1
      const near = closest(shell, shells)
      throw new Fault(
        'flag-invalid',
        shell === '' ? 'completion wants the name of a shell' : `there is no completion for '${rest.join(' ')}'`,
        {
          hint: near ? `did you mean ${near}?` : `write one of ${shells.join(', ')}`,
        },
      )
    },
  })
}
