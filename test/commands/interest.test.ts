import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineVersion } from '../../src/base/version.ts'
import { ruleKinds } from '../../src/capture/interest.ts'
import { expectedSyscalls, usesEnvironment, wantedSyscalls } from '../../src/commands/shared/interest.ts'
import type { Catalogue } from '../../src/condition/field.ts'
import { readSettings } from '../../src/config/read.ts'
import { parseTree } from '../../src/config/tree.ts'
import { checkFormat } from '../../src/engine/rendering.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { loadRules } from '../../src/rule/load.ts'
import type { Rule } from '../../src/rule/ruleset.ts'
import { syscalls } from '../../src/schema/event.ts'

const catalogue = createSyscallFields() as Catalogue as Catalogue<never>

function rulesOf(text: string): readonly Rule[] {
  const { ruleset } = loadRules([{ name: 'rules.yaml', text }], {
    engineVersion,
    catalogues: new Map([['syscall', catalogue]]),
    checkFormat: (_, format) => checkFormat(format, catalogue),
    kinds: new Map([['syscall', ruleKinds()]]),
  })
  return ruleset.rules
}

function uses(condition: string, output = '%proc.name'): boolean {
  const text = `
- macro: odd
  condition: evt.type = open and proc.env icontains LD_PRELOAD
- rule: one
  desc: d
  condition: evt.type = open and ${condition}
  output: "${output}"
  priority: INFO
`
  const rules = rulesOf(text)
  expect(rules).toHaveLength(1)
  return usesEnvironment(rules)
}

test.each([
  ['fd.name = /etc/passwd', '%proc.name', false],
  ['proc.name = env', 'proc.envy %proc.args', false],
  ['proc.env contains A', '%proc.name', true],
  ['proc.env[PATH] = /bin', '%proc.name', true],
  ['not proc.aenv[2] contains A', '%proc.name', true],
  ['tolower(proc.env) contains a', '%proc.name', true],
  ['proc.name = val(proc.env[A])', '%proc.name', true],
  ['odd', '%proc.name', true],
  ['fd.num = 1', 'with %proc.env[HOME]', true],
])('%s, %s looks at environments: %p', (condition, output, expected) => {
  expect(uses(condition, output)).toBe(expected)
})

// Programs for what is expected are loaded while rules still are: a call more, and the start waits for its program; one less, and
// it was loaded for nothing.
test('the built-in rules ask for the system calls that are expected before rules are known', () => {
  const settings = readSettings(parseTree('{}', 'falco.yaml'))
  const text = readFileSync(join(import.meta.dir, '../../rules/falco_rules.yaml'), 'utf8')
  const running = rulesOf(text).filter(({ enabled }) => enabled)
  const namesOf = (marks: Uint8Array) => syscalls.filter(({ sc }) => marks[sc] !== 0).map(({ name }) => name)
  expect(namesOf(expectedSyscalls(settings))).toEqual(namesOf(wantedSyscalls(settings, running)))
})
