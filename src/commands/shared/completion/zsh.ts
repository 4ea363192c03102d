import type { Flag } from '../../flags.ts'
import { type Shape, shapesOf, spellings, type Values, valuesOf } from './shape.ts'

/** A script that completes command lines in zsh. */
export function zshScript(commands: Parameters<typeof shapesOf>[0]): string {
  const [program, ...named] = shapesOf(commands)
  const list = named.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}\n`)
  return `#compdef eyas
# zsh completion for eyas: eyas completion zsh > "\${fpath[1]}/_eyas"
_eyas() {
  local -a commands=(
${list.join('')}  )
  case $words[2] in
${named.map(branch).join('')}  *)
    _arguments -s -S \\
      '1: :{_describe command commands}' \\
${specs(program)}    ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _eyas "$@"; else compdef _eyas eyas; fi
`
}

function branch(shape: Shape): string {
  return `  ${shape.name})
    if (( CURRENT == 2 )); then _describe command commands; return; fi
    shift words
    (( CURRENT-- ))
    _arguments -s -S \\
${shape.words === 'files' || shape.words.length > 0 ? `      ${quoted(`*: :${action(shape.words)}`)} \\\n` : ''}${specs(shape)}    ;;
`
}

function specs({ flags }: Shape): string {
  const lines = flags.flatMap((flag) => spellings(flag).map((spelled) => `      ${quoted(spec(flag, spelled))}`))
  return `${lines.join(' \\\n')}\n`
}

function spec(flag: Flag, spelled: string): string {
  const others = spellings(flag)
  const lead = flag.repeat ? '*' : others.length > 1 ? `(${others.join(' ')})` : ''
  const help = `[${flag.help.replace(/[[\]\\:]/g, '\\$&')}]`
  const values = valuesOf(flag)
  if (values === undefined) return `${lead}${spelled}${help}`
  const join = flag.optional ? '=-' : spelled.startsWith('--') ? '=' : '+'
  return `${lead}${spelled}${join}${help}${flag.optional ? '::' : ':'}${flag.arg}:${action(values)}`
}

function action(values: Values): string {
  return values === 'files' ? '_files' : values.length === 0 ? ' ' : `(${values.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
