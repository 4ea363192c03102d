import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { callOf, openPlainContext } from '../../src/commands/context.ts'
import { readRules } from '../../src/commands/shared/rules.ts'
import { readRuleset } from '../../src/commands/shared/ruleset.ts'
import { allSources } from '../../src/commands/shared/sources.ts'
import { printCondition } from '../../src/condition/print.ts'
import { formatRules } from '../../src/rule/layout/format.ts'
import { binary } from '../tools/agent.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-fmt-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const untidy = '- list:  a\n  items: [b,c]\n'
const tidy = '- list: a\n  items: [b, c]\n'

function fmt(args: readonly string[], input = ''): { code: number; out: string; err: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, 'fmt', ...args], { cwd: folder, stdin: Buffer.from(input) })
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

describe('eyas fmt', () => {
  test.each([[[]], [['-']]])('%j formats standard input', (args) => {
    expect(fmt(args, untidy)).toEqual({ code: 0, out: tidy, err: '' })
  })

  test('rewrites what is not formatted, and names it', () => {
    const path = write('some/a.yaml', untidy)
    write('some/b.yml', tidy)
    write('some/c.txt', untidy)
    chmodSync(path, 0o640)
    expect(fmt(['some'])).toEqual({ code: 0, out: 'some/a.yaml\n', err: '' })
    expect(readFileSync(path, 'utf8')).toBe(tidy)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readFileSync(join(folder, 'some/c.txt'), 'utf8')).toBe(untidy)
    expect(readdirSync(dirname(path)).sort()).toEqual(['a.yaml', 'b.yml', 'c.txt'])
    expect(fmt(['some'])).toEqual({ code: 0, out: '', err: '' })
  })

  test('--check writes nothing and fails', () => {
    const path = write('check/a.yaml', untidy)
    expect(fmt(['--check', 'check'])).toEqual({ code: 1, out: 'check/a.yaml\n', err: '' })
    expect(readFileSync(path, 'utf8')).toBe(untidy)
    expect(fmt(['--check', '-'], tidy)).toEqual({ code: 0, out: '', err: '' })
  })

  test('--diff shows what would change', () => {
    write('diff/a.yaml', untidy)
    const diff = '--- diff/a.yaml\n+++ diff/a.yaml\n@@ -1,2 +1,2 @@\n-- list:  a\n-  items: [b,c]\n+- list: a\n+  items: [b, c]\n'
    expect(fmt(['--diff', 'diff/a.yaml'])).toEqual({ code: 0, out: diff, err: '' })
    expect(fmt(['--check', '--diff', 'diff/a.yaml']).code).toBe(1)
  })

  test('writes what a symbolic link leads to, and keeps the link', () => {
    const path = write('link/a.yaml', untidy)
    const link = join(folder, 'link/b.yaml')
    symlinkSync('a.yaml', link)
    expect(fmt(['link'])).toEqual({ code: 0, out: 'link/a.yaml\n', err: '' })
    writeFileSync(path, untidy)
    expect(fmt(['link/b.yaml'])).toEqual({ code: 0, out: 'link/b.yaml\n', err: '' })
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe(tidy)
  })

  test('leaves a file with a second name alone', () => {
    const path = write('hard/a.yaml', untidy)
    linkSync(path, join(folder, 'hard/b.txt'))
    expect(fmt(['hard/a.yaml'])).toEqual({
      code: 1,
      out: '',
      err: 'Error: hard/a.yaml cannot be rewritten: it has 2 names (hard links), of which only one would get the new text\n  it is as it was\n',
    })
    expect(fmt(['--check', 'hard/a.yaml']).out).toBe('hard/a.yaml\n')
    expect(readFileSync(path, 'utf8')).toBe(untidy)
  })

  test('tells what is no YAML, and formats the rest', () => {
    write('bad/a.yaml', '- list: x\n  items: [a\n')
    const path = write('bad/b.yaml', untidy)
    const { code, out, err } = fmt(['bad'])
    expect([code, out]).toEqual([1, 'bad/b.yaml\n'])
    expect(err).toMatch(/^Error: bad\/a\.yaml:\d+:\d+: .*\n/)
    expect(err).toContain('mend the YAML first')
    expect(readFileSync(path, 'utf8')).toBe(tidy)
  })

  test.each([
    [['builtin:falco_rules.yaml'], 'Error: builtin:falco_rules.yaml is part of the program\n  name a file of your own\n'],
    [['none.yaml'], 'Error: Could not open file none.yaml: it does not exist\n  check the path of the rules file and who may read it\n'],
  ])('%j is refused', (args, err) => expect(fmt(args)).toEqual({ code: 1, out: '', err }))
})

describe('rules that ship', () => {
  const context = openPlainContext(callOf({ program: 'eyas', words: [], env: {} }, {}))
  const sources = allSources(context)
  const upstream = process.env.EYAS_UPSTREAM_RULES
  const files = upstream === undefined ? [] : readdirSync(dirname(upstream)).map((name) => join(dirname(upstream), name))

  // All that is loaded, but for places and blanks.
  const meaning = (name: string, text: string): unknown => {
    const { ruleset, results } = readRuleset(context, [{ name, text }], sources)
    return {
      rules: ruleset.rules.map(({ checked, condition: _, exceptions, ...rule }) => [rule, printCondition(checked.expr), exceptions.length]),
      macros: ruleset.macros.map(({ name: macro, expr, isUsed }) => [macro, printCondition(expr), isUsed]),
      lists: ruleset.lists,
      problems: results.map(({ errors, warnings }) => [...errors, ...warnings].map(({ code, message }) => [code, message])),
    }
  }

  test.each(['builtin:falco_rules.yaml', ...files.filter((file) => file.endsWith('.yaml'))])('%s: formatted, it means the same', (name) => {
    const { text } = readRules(name)
    expect(meaning(name, formatRules(text))).toEqual(meaning(name, text))
  })

  test('ours are formatted', () => {
    const { text } = readRules('builtin:falco_rules.yaml')
    expect(formatRules(text)).toBe(text)
  })
})
