import { expect, test } from 'bun:test'
import { engineVersion } from '../../src/base/version.ts'
import { usesEnvironment } from '../../src/commands/shared/interest.ts'
import type { Catalogue } from '../../src/condition/field.ts'
import { checkFormat } from '../../src/engine/rendering.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { loadRules } from '../../src/rule/load.ts'

function uses(condition: string, output = '%proc.name'): boolean {
  const catalogue = createSyscallFields() as Catalogue as Catalogue<never>
  const text = `
- macro: odd
  condition: evt.type = open and proc.env icontains LD_PRELOAD
- rule: one
  desc: d
  condition: evt.type = open and ${condition}
  output: "${output}"
  priority: INFO
`
  const { ruleset } = loadRules([{ name: 'rules.yaml', text }], {
    engineVersion,
    catalogues: new Map([['syscall', catalogue]]),
    checkFormat: (_, format) => checkFormat(format, catalogue),
  })
  expect(ruleset.rules).toHaveLength(1)
  return usesEnvironment(ruleset.rules)
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
