import { type Shape, shapesOf, spellings, valuesOf } from './shape.ts'

/** A script that completes command lines in bash. */
export function bashScript(commands: Parameters<typeof shapesOf>[0]): string {
  const [program, ...named] = shapesOf(commands)
  return `# bash completion for eyas: source <(eyas completion bash)
_eyas() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= flags= words=
  # bash takes --format=json for three words.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  (( COMP_CWORD > 1 )) && command=\${COMP_WORDS[1]}
  COMPREPLY=()
  case $command in
${named.map(branch).join('')}  *)
${body(program, '(( COMP_CWORD == 1 )) && ')}  esac
  [[ $cur == -* ]] && words=$flags
  [[ $words == @files ]] && { _eyas_files; return; }
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

_eyas_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

complete -F _eyas eyas
`
}

function branch(shape: Shape): string {
  return `  ${shape.name})\n${body(shape, '')}`
}

function body({ flags, words }: Shape, condition: string): string {
  const values = new Map<string, string[]>()
  for (const flag of flags) {
    const found = valuesOf(flag)
    // What may be left out never takes the next word, only what follows "=".
    if (found === undefined || (flag.optional && found.length === 0)) continue
    const text = wordList(found)
    values.set(text, [...(values.get(text) ?? []), ...spellings(flag)])
  }
  const cases = [...values].map(([text, names]) => `    ${names.join('|')}) ${reply(text)} return ;;\n`)
  const takes = cases.length > 0 ? `    case $prev in\n${cases.join('')}    esac\n` : ''
  return `${takes}    flags='${flags.flatMap(spellings).join(' ')}'\n    ${condition}words='${wordList(words)}'\n    ;;\n`
}

function wordList(values: 'files' | readonly string[]): string {
  return values === 'files' ? '@files' : values.join(' ')
}

function reply(text: string): string {
  if (text === '') return ''
  return text === '@files' ? '_eyas_files;' : `mapfile -t COMPREPLY < <(compgen -W '${text}' -- "$cur");`
}
