import { describe, expect, test } from 'bun:test'
import { type Command, defineCommand } from '../../src/commands/command.ts'
import { type Flag, flags } from '../../src/commands/flags.ts'
import { allCommands } from '../../src/commands/index.ts'
import { bashScript } from '../../src/commands/shared/completion/bash.ts'
import { fishScript } from '../../src/commands/shared/completion/fish.ts'
import { spellings } from '../../src/commands/shared/completion/shape.ts'
import { zshScript } from '../../src/commands/shared/completion/zsh.ts'

const commands = allCommands()

const look = defineCommand({
  name: 'look',
  summary: "Looks at [some] files: it's quick.",
  usage: '[FILE...]',
  flags: [
    { name: 'depth', short: 'd', long: 'depth', arg: 'N', help: 'How deep.' },
    { name: 'color', long: 'color', arg: 'WHEN', values: ['always', 'never'], help: "When it's coloured." },
    { name: 'rules', short: 'r', arg: 'FILE', repeat: true, help: 'Rules.' },
  ],
  run: () => 0,
})
const shell = defineCommand({ name: 'shell', summary: 'Shells.', usage: 'NAME', words: ['ash', 'bash'], flags: [], run: () => 0 })
const toys: readonly Command[] = [look, shell]

// What bash offers for the last of the words, in a folder with the files one.yaml and two.yaml.
function bash(...words: readonly string[]): string[] {
  const script = `${bashScript(toys)}
compopt() { :; }
cd "$(mktemp -d)" && touch one.yaml two.yaml
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _eyas; printf '%s\\n' "\${COMPREPLY[@]}"; rm -r "$PWD"`
  const { stdout, stderr } = Bun.spawnSync(['bash', '-c', script, 'bash', ...words])
  expect(stderr.toString()).toBe('')
  return stdout.toString().split('\n').filter(Boolean).sort()
}

describe('completion in bash', () => {
  test.each([
    [
      ['eyas', ''],
      ['look', 'shell'],
    ],
    [['eyas', 'l'], ['look']],
    [
      ['eyas', '--list'],
      ['--list', '--list-events', '--list-plugins'],
    ],
    [
      ['eyas', '-c', ''],
      ['one.yaml', 'two.yaml'],
    ],
    [['eyas', '-L', '-r', 'o'], ['one.yaml']],
    [
      ['eyas', '--list', '--format', ''],
      ['json', 'markdown', 'text'],
    ],
    [['eyas', '--list', '--format', '=', 'm'], ['markdown']],
    [
      ['eyas', '--list', '--format', '='],
      ['json', 'markdown', 'text'],
    ],
    [['eyas', '-M', ''], []],
    [['eyas', '-L', ''], []],
    [
      ['eyas', 'look', ''],
      ['one.yaml', 'two.yaml'],
    ],
    [
      ['eyas', 'look', '--'],
      ['--color', '--depth', '--help'],
    ],
    [['eyas', 'look', '--color', 'a'], ['always']],
    [['eyas', 'look', '-d', ''], []],
    [
      ['eyas', 'shell', ''],
      ['ash', 'bash'],
    ],
  ])('%j offers %j', (words, offered) => {
    expect(bash(...words)).toEqual(offered)
  })
})

const scripts = [
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
] as const

describe('every script', () => {
  test.each(scripts)('of %s has all commands and flags', (name, script) => {
    const text = script(commands)
    for (const command of commands) {
      expect(text).toContain(command.name)
      for (const flag of [...(flags as readonly Flag[]), ...command.flags]) {
        const spelled =
          name === 'fish' ? [...(flag.long ? [`-l ${flag.long} `] : []), ...(flag.short ? [`-s ${flag.short} `] : [])] : spellings(flag)
        for (const each of spelled) expect(text).toContain(each)
      }
    }
  })

  test.each(scripts.filter(([name]) => Bun.which(name) !== null))('is understood by %s', (name, script) => {
    const { exitCode, stderr } = Bun.spawnSync([name, '-n'], { stdin: Buffer.from(script(toys)) })
    expect([exitCode, stderr.toString()]).toEqual([0, ''])
  })

  test('quotes texts as its shell does', () => {
    expect(zshScript(toys)).toContain(`'look:Looks at [some] files: it'\\''s quick.'`)
    expect(zshScript(toys)).toContain(`'--color=[When it'\\''s coloured.]:WHEN:(always never)'`)
    expect(fishScript(toys)).toContain(`-a look -d 'Looks at [some] files: it\\'s quick.'`)
  })
})

describe('the command', () => {
  test.each([
    [[], 'completion wants the name of a shell', 'write one of bash, zsh, fish'],
    [['fishh'], "there is no completion for 'fishh'", 'did you mean fish?'],
    [['bash', 'zsh'], "there is no completion for 'bash zsh'", undefined],
  ])('%j is refused', async (words, message, hint) => {
    const completion = commands.find(({ name }) => name === 'completion')
    const failure: unknown = await Promise.try(() => completion?.run({ program: 'eyas', words, env: {} })).catch((error) => error)
    expect(failure).toMatchObject({ message, ...(hint && { hint }) })
  })
})
