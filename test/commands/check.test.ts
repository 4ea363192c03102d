import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { checkCommand, checkFiles } from '../../src/commands/check.ts'
import { callOf, openPlainContext } from '../../src/commands/context.ts'
import { checkJson, checkText, githubText } from '../../src/commands/shared/check_report.ts'
import { rulesInput } from '../../src/commands/shared/input.ts'
import { readRules } from '../../src/commands/shared/rules.ts'
import { lints } from '../../src/lints/index.ts'

const call = { program: 'eyas', words: [], env: {} }
const context = openPlainContext(callOf(call, {}))
const check = (texts: Readonly<Record<string, string>>, ...allowed: readonly string[]) =>
  checkFiles(
    context,
    Object.entries(texts).map(([name, text]) => ({ name, text })),
    new Set(allowed),
  )

const good = `- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name = bash
  output: o
  priority: INFO
`
const bad = `- rule: Broken, 100%
  desc: d
  condition: evt.type = open and proc.nam = bash
  output: o
  priority: INFO
`

describe('a report', () => {
  test('of clean files', () => {
    const report = check({ 'a.yaml': good })
    expect(checkText(report)).toBe('1 file, 1 rule: no problems\n')
    expect(JSON.parse(checkJson(report))).toEqual({ files: ['a.yaml'], rules: 1, errors: 0, warnings: 0, problems: [] })
    expect(githubText(report)).toBe('1 file, 1 rule: no problems\n')
  })

  test('is in the order of the files, with place, caret and way out', () => {
    expect(checkText(check({ 'a.yaml': good, 'b.yaml': good, 'c.yaml': bad }))).toBe(
      `c.yaml:3:34: error LOAD_ERR_COMPILE_CONDITION: filter_check called with nonexistent field proc.nam
      condition: evt.type = open and proc.nam = bash
                                     ^
  did you mean proc.name?

3 files, 1 rule: 1 error
`,
    )
  })

  test('has warnings of loading and lints', () => {
    const shadow = good.replace('Shell', 'Other')
    const report = check({ 'a.yaml': `- macro: m\n  condition: (evt.type = open)\n${good}`, 'b.yaml': shadow })
    expect(report.problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['warning LOAD_UNUSED_MACRO', 'warning shadowed'])
    expect(check({ 'a.yaml': good, 'b.yaml': shadow }, 'shadowed').problems).toEqual([])
  })

  test('says once that a rule never matches', () => {
    const report = check({ 'a.yaml': good.replace('proc.name = bash', 'evt.type = open') })
    expect(report.problems.map(({ code }) => code)).toEqual(['never-matches'])
  })

  test('as JSON', () => {
    const { problems } = JSON.parse(checkJson(check({ 'c.yaml': bad }))) as { problems: unknown[] }
    expect(problems).toEqual([
      {
        severity: 'error',
        code: 'LOAD_ERR_COMPILE_CONDITION',
        message: 'filter_check called with nonexistent field proc.nam',
        hint: 'did you mean proc.name?',
        file: 'c.yaml',
        line: 3,
        column: 34,
        snippet: '  condition: evt.type = open and proc.nam = bash\n                                 ^',
        item_type: 'condition expression',
        item_name: '',
      },
    ])
  })

  test('as annotations, with what is special to them escaped', () => {
    const report = check({ 'a,b:c.yaml': bad.replace('priority: INFO', 'priority: 5%') })
    expect(githubText(report).split('\n')[0]).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=5,col=13,title=LOAD_ERR_YAML_VALIDATE (Error validating internal structure of YAML file)::Invalid priority%0Ause emergency, alert, critical, error, warning, notice, informational or debug',
    )
  })
})

describe('rules that ship', () => {
  test('of ours have no problems', () => {
    expect(checkFiles(context, [readRules('builtin:falco_rules.yaml')], new Set()).problems).toEqual([])
  })

  const upstream = process.env.EYAS_UPSTREAM_RULES
  const files = upstream === undefined ? [] : readdirSync(dirname(upstream)).filter((name) => name.endsWith('.yaml'))
  test.skipIf(files.length === 0).each(files)('upstream: %s', (name) => {
    const { context: plain, files: named } = rulesInput(call, { config: undefined, option: [] }, [join(dirname(upstream ?? ''), name)])
    expect(checkText(checkFiles(plain, named, new Set()))).toContain('no problems')
  })
})

test('the help names all lints', () => {
  for (const { code } of lints) expect(checkCommand.details).toContain(`  ${code} `)
})

describe('without a configuration', () => {
  const rules = '- rule: Pods\n  desc: d\n  condition: ka.verb = create\n  output: o\n  priority: INFO\n  source: k8s_audit\n'
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'eyas-check-'))
    writeFileSync(join(folder, 'rules.yaml'), rules)
    writeFileSync(join(folder, 'falco.yaml'), 'rules_files: []\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('rules may be for any source', () => {
    const { context: plain, files } = rulesInput(call, { config: undefined, option: [] }, [folder])
    expect(files.map(({ name }) => basename(name))).toEqual(['falco.yaml', 'rules.yaml'])
    expect(checkFiles(plain, files.slice(1), new Set()).problems).toEqual([])
  })

  test('but with one only for those that it has', () => {
    const { context: own, files } = rulesInput(call, { config: join(folder, 'falco.yaml'), option: [] }, [join(folder, 'rules.yaml')])
    expect(checkFiles(own, files, new Set()).problems.map(({ code }) => code)).toEqual(['LOAD_UNKNOWN_SOURCE'])
  })
})
