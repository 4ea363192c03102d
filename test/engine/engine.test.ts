import { describe, expect, test } from 'bun:test'
import { ruleKinds } from '../../src/capture/interest.ts'
import { syntheticCapture } from '../../src/capture/synthetic.ts'
import { Pump } from '../../src/commands/shared/pump.ts'
import { scratchState } from '../../src/commands/shared/state.ts'
import type { Catalogue } from '../../src/condition/field.ts'
import type { Alert } from '../../src/engine/alert.ts'
import { Engine } from '../../src/engine/engine.ts'
import { checkFormat, renderingOf } from '../../src/engine/rendering.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { loadRules } from '../../src/rule/load.ts'
import { codeOf } from '../../src/schema/event.ts'

const openat = (name: string) => ({ code: codeOf('SYSCALL_OPENAT_2_X'), tid: 77, ts: 5n, params: [3, -100, name, 1, 0, 1, 9] })
const close = { code: codeOf('SYSCALL_CLOSE_X'), tid: 77, ts: 6n, params: [0, 3] }

const rules = `
- rule: shadow
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: "read %fd.name"
  priority: WARNING
  tags: [b, a]
- rule: any open
  desc: d
  condition: evt.type in (open, openat)
  output: "open %evt.num"
  priority: INFO
`

async function run(matching: 'first' | 'all', prepared: (engine: Engine) => Engine): Promise<Alert[]> {
  const catalogue = createSyscallFields()
  const erased = catalogue as Catalogue as Catalogue<never>
  const { ruleset } = loadRules([{ name: 'rules.yaml', text: rules }], {
    engineVersion: '0.63.0',
    catalogues: new Map([['syscall', erased]]),
    checkFormat: (_source, format) => checkFormat(format, erased),
    kinds: new Map([['syscall', ruleKinds()]]),
  })
  const alerts: Alert[] = []
  const running = ruleset.rules.map((rule) => ({ rule, rendering: renderingOf(rule, catalogue) }))
  const engine = new Engine(running, { matching, hostname: 'here', onAlert: (alert) => alerts.push(alert) })
  const state = scratchState()
  const capture = syntheticCapture([openat('/etc/shadow'), close, openat('/etc/hosts')])
  const pump = new Pump(capture, { state, engine: prepared(engine), drops: { observe: () => undefined } })
  pump.start()
  await pump.done
  return alerts
}

describe('the engine', () => {
  test.each([
    ['first', ['shadow', 'any open']],
    ['all', ['shadow', 'any open', 'any open']],
  ] as const)('with matching %s', async (matching, names) => {
    const alerts = await run(matching, (engine) => engine)
    expect(alerts.map(({ rule }) => rule)).toEqual([...names])
  })

  test('says all of an alert', async () => {
    const [alert] = await run('first', (engine) => engine)
    expect(alert).toEqual({
      rule: 'shadow',
      priority: 4,
      source: 'syscall',
      tags: ['a', 'b'],
      ts: 5n,
      text: 'read /etc/shadow',
      fields: [['fd.name', '/etc/shadow']],
      hostname: 'here',
    })
  })

  test('raises nothing while it rehearses', async () => {
    expect(await run('all', (engine) => engine.rehearsal())).toEqual([])
  })
})
