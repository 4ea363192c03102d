import { describe, expect, test } from 'bun:test'
import { type CommandInput, defineCommand } from '../../src/commands/command.ts'
import type { Flag } from '../../src/commands/flags.ts'
import { commandUsage, usage } from '../../src/commands/help.ts'
import { allCommands } from '../../src/commands/index.ts'

const commands = allCommands()

const flags = [
  { name: 'depth', short: 'd', long: 'depth', arg: 'N', help: 'How deep to look.' },
  { name: 'quiet', short: 'q', help: 'Say less.' },
] as const satisfies readonly Flag[]

function toy(): { command: ReturnType<typeof defineCommand>; seen: CommandInput<typeof flags>[] } {
  const seen: CommandInput<typeof flags>[] = []
  const command = defineCommand({
    name: 'look',
    summary: 'Looks at files.',
    usage: '[OPTION...] [FILE...]',
    flags,
    details: 'A file that is not there is no file.',
    run: (input) => {
      seen.push(input)
      return 3
    },
  })
  return { command, seen }
}

describe('a command', () => {
  test('is given its flags and words', async () => {
    const { command, seen } = toy()
    expect(await command.run({ program: 'eyas', words: ['a', '-qd2', '-'], env: {} })).toBe(3)
    expect(seen[0]).toMatchObject({ args: { depth: '2', quiet: true }, rest: ['a', '-'] })
  })

  test('refuses flags of the program itself', () => {
    const run = () => toy().command.run({ program: 'eyas', words: ['--dpth', '1'], env: {} })
    expect(run).toThrow("Option 'dpth' does not exist")
  })

  test('explains itself', () => {
    const { command } = toy()
    expect(commandUsage('eyas', command)).toBe(`Looks at files.

Usage:
  eyas look [OPTION...] [FILE...]

Options:
  -d, --depth N  How deep to look.
  -q             Say less.
  -h, --help     Show this text.

A file that is not there is no file.
`)
  })

  test('is listed by the program, but not where that is called as falco', () => {
    const { command } = toy()
    expect(usage('eyas', false, [command])).toContain('Commands:\n  look  Looks at files.\n')
    expect(usage('falco', true, [command])).not.toContain('look')
  })
})

describe('the list of commands', () => {
  test('has unique names, and sentences', () => {
    const names = commands.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const command of commands) {
      expect(command.summary).toMatch(/^[A-Z].*\.$/)
      for (const flag of command.flags) expect(flag.help).toMatch(/\.$/)
      const lines = commandUsage('eyas', command).split('\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    }
  })
})
