import { describe, expect, test } from 'bun:test'
import { Fault } from '../../src/base/fault.ts'
import { parseArgs } from '../../src/commands/args.ts'
import { flags } from '../../src/commands/flags.ts'
import { usage } from '../../src/commands/help.ts'

function given(...argv: readonly string[]): unknown {
  const { args, rest } = parseArgs(argv, false)
  const set = Object.entries(args).filter(
    ([, value]) => value !== false && value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  return rest.length > 0 ? { ...Object.fromEntries(set), rest } : Object.fromEntries(set)
}

describe('the command line', () => {
  test.each([
    [[], {}],
    [['-r', 'a', '-rb'], { rules: ['a', 'b'] }],
    [['-o', 'a=b', '--option', 'c=d', '--option=e=f', '-og=h'], { option: ['a=b', 'c=d', 'e=f', 'g=h'] }],
    [['-Lv'], { describe: true, verbose: true }],
    [['-Lvr', 'x'], { describe: true, verbose: true, rules: ['x'] }],
    [['-UrFILE'], { unbuffered: true, rules: ['FILE'] }],
    [['-pc'], { print: 'c' }],
    [['-p', 'pid=%proc.pid'], { print: 'pid=%proc.pid' }],
    [['--list'], { list: '' }],
    [['--list=syscall', '-N'], { list: 'syscall', names: true }],
    [['--list', 'more'], { list: '', rest: ['more'] }],
    [['-M', '-5'], { seconds: '-5' }],
    [['-V', 'a', '--validate=b'], { validate: ['a', 'b'] }],
    [['-L', '--', '-x'], { describe: true, rest: ['-x'] }],
    [['-'], { rest: ['-'] }],
  ])('%j', (argv, expected) => {
    expect(given(...argv)).toEqual(expected)
  })

  test.each([
    [['-o'], "Option 'o' is missing an argument", 'write -o KEY=VALUE'],
    [['-x'], "Option 'x' does not exist", 'see --help for the flags there are'],
    [['--versoin'], "Option 'versoin' does not exist", 'did you mean --version?'],
    [['--daemon'], "Option 'daemon' does not exist", 'this flag is gone; use a service manager such as systemd'],
    [['--version=1'], "Option 'version' takes no argument", undefined],
    [['-Lx'], "Option 'x' does not exist", 'see --help for the flags there are'],
  ])('%j is refused', (argv, message, hint) => {
    let thrown: unknown
    try {
      parseArgs(argv, false)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(Fault)
    expect([(thrown as Fault).message, (thrown as Fault).hint]).toEqual([message, hint])
  })

  test.each(['-A', '-D', '-T', '-t', '-e', '-s'])('called as falco, %s is gone', (flag) => {
    expect(() => parseArgs([flag, 'x'], true)).toThrow('does not exist')
    expect(() => parseArgs([flag, 'x'], false)).not.toThrow()
  })
})

describe('the table of flags', () => {
  test('names and spellings are unique, help ends in a full stop', () => {
    const of = (key: 'name' | 'short' | 'long') => flags.flatMap((flag) => (key in flag ? [(flag as Record<string, unknown>)[key]] : []))
    for (const key of ['name', 'short', 'long'] as const) expect(new Set(of(key)).size).toBe(of(key).length)
    expect(flags.filter(({ help }) => !/\.$/.test(help))).toEqual([])
  })

  test('the usage text has every flag, as falco only its own', () => {
    const all = usage('eyas', false, [])
    const falco = usage('falco', true, [])
    for (const flag of flags) {
      const spelled = 'long' in flag ? `--${flag.long}` : `-${flag.short} `
      expect(all).toContain(spelled)
      expect(falco.includes(`${spelled}`)).toBe(!('older' in flag))
    }
    expect(Math.max(...all.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})
