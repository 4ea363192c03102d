import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../src/base/fault.ts'
import { type Context, callOf, openContext, reopenContext } from '../../src/commands/context.ts'
import { Detection } from '../../src/commands/shared/detection.ts'
import { openOutputs } from '../../src/commands/shared/outputs.ts'
import { load } from '../../src/commands/shared/prepare.ts'
import { Reloader } from '../../src/commands/shared/reload.ts'
import type { Reloadable } from '../../src/commands/shared/reloadable.ts'
import type { Alert } from '../../src/engine/alert.ts'
import { codeOf } from '../../src/schema/event.ts'

const dir = mkdtempSync(join(tmpdir(), 'eyas-reload-'))
afterAll(() => rmSync(dir, { recursive: true }))

const configFile = join(dir, 'falco.yaml')
const rulesFile = join(dir, 'rules.yaml')

function rule(name: string, condition: string): object {
  return { rule: name, desc: 'Of the test.', condition, output: 'out', priority: 'WARNING' }
}

function writeConfig(more: object = {}): void {
  const config = { engine: { kind: 'nodriver' }, rules_files: [rulesFile], stdout_output: { enabled: true }, log_stderr: false, ...more }
  writeFileSync(configFile, JSON.stringify(config))
}

function writeRules(...rules: readonly object[]): void {
  writeFileSync(rulesFile, JSON.stringify(rules))
}

let context: Context
beforeEach(() => {
  writeConfig()
  writeRules(rule('One', 'evt.type = openat'))
  context = openContext(callOf({ program: 'eyas', words: [], env: {} }, { config: configFile }), true)
})

/** A part that notes what it is asked for. */
function part(name: string, notes: string[], refuses = () => false): Reloadable {
  return {
    prepare: ({ rules }) => {
      if (refuses()) throw new Fault('test', `${name} cannot`, { hint: 'mend it' })
      notes.push(`${name} prepares ${rules.running.map((each) => each.name)}`)
      return { commit: () => notes.push(`${name} commits`), cancel: () => notes.push(`${name} cancels`) }
    },
  }
}

function reloader(parts: readonly Reloadable[]) {
  const log: string[] = []
  const alerts: Alert[] = []
  const note = (level: string) => (text: string) => log.push(`${level}: ${text}`)
  const made = new Reloader({
    read: () => reopenContext(context),
    parts,
    log: { info: note('info'), error: note('error') },
    hostname: 'host',
    tell: (alert) => alerts.push(alert),
  })
  return { reloader: made, log, alerts }
}

describe('a reload', () => {
  test('makes all parts ready, then commits all of them', async () => {
    const notes: string[] = []
    const { reloader: made, log, alerts } = reloader([part('a', notes), part('b', notes)])
    writeRules(rule('Two', 'evt.type = execve'))
    await made.request()
    expect(notes).toEqual(['a prepares Two', 'b prepares Two', 'a commits', 'b commits'])
    expect(log).toEqual(['info: SIGHUP received, restarting...', 'info: Configuration reloaded without a gap: 1 rules run'])
    expect(alerts).toEqual([])
    expect([made.done, made.refused, made.hasFailed]).toEqual([1, 0, false])
  })

  test('changes nothing where one part cannot', async () => {
    const notes: string[] = []
    let refuses = true
    const { reloader: made, alerts, log } = reloader([part('a', notes), part('b', notes, () => refuses), part('c', notes)])
    await made.request()
    expect(notes).toEqual(['a prepares One', 'a cancels'])
    expect(log).toEqual(['error: The configuration cannot be reloaded; what was loaded before goes on.\nb cannot\n  mend it'])
    expect(alerts.map(({ rule: name, priority, source, text }) => [name, priority, source, text])).toEqual([
      ['Falco internal: hot restart failure', 2, 'internal', 'Falco internal: hot restart failure: b cannot; mend it'],
    ])
    expect([made.done, made.refused, made.hasFailed]).toEqual([0, 1, true])
    refuses = false
    await made.request()
    expect([made.done, made.refused, made.hasFailed]).toEqual([1, 1, false])
  })

  test.each([
    ['rules that are wrong', () => writeRules({ rule: 'Half' }), /rules\.yaml/],
    ['rules that are no YAML', () => writeFileSync(rulesFile, '- [}'), /rules\.yaml/],
    ['a configuration that is no YAML', () => writeFileSync(configFile, 'a: [}'), /falco\.yaml.*not valid YAML/],
    ['a configuration that is gone', () => rmSync(configFile), /cannot read the configuration/],
    ['a setting that cannot be', () => writeConfig({ priority: 'urgent' }), /Unknown priority "urgent"/],
    ['no rules at all', () => rmSync(rulesFile), /You must specify at least one rules file/],
  ])('is refused for %s', async (_, spoil, reason) => {
    const notes: string[] = []
    const { reloader: made, alerts } = reloader([part('a', notes)])
    spoil()
    await made.request()
    expect(notes).toEqual([])
    expect(alerts.map(({ text }) => text)).toEqual([expect.stringMatching(reason)])
    expect(alerts[0]?.text).not.toContain('\n')
  })

  test('that is asked for while one goes on is done after it, once', async () => {
    const notes: string[] = []
    let asked = false
    const busy: Reloadable = {
      prepare: async () => {
        if (!asked) {
          asked = true
          writeRules(rule('Later', 'evt.type = execve'))
          made.request()
          made.request()
        }
        return { commit: () => undefined }
      },
    }
    const { reloader: made } = reloader([busy, part('a', notes)])
    await made.request()
    expect(notes).toEqual(['a prepares One', 'a commits', 'a prepares Later', 'a commits'])
  })
})

describe('the rules', () => {
  const setUp = () => {
    const wanted: Uint8Array[] = []
    const expected: Uint8Array[] = []
    const detection = new Detection(load(context), {
      hostname: 'host',
      onAlert: () => undefined,
      want: (marks) => wanted.push(marks),
      expect: (marks) => expected.push(marks),
    })
    return { detection, wanted, expected }
  }

  test('are exchanged by the commit, with what is traced', async () => {
    const { detection, wanted, expected } = setUp()
    const before = [...detection.engine.kinds()]
    writeRules(rule('Two', 'evt.type = ptrace'))
    const change = await detection.prepare(load(reopenContext(context)))
    expect([...detection.engine.kinds()]).toEqual(before)
    expect(wanted).toEqual([])
    expect(expected).toHaveLength(1)
    change.commit()
    expect([...detection.engine.kinds()]).not.toEqual(before)
    expect(detection.loaded.rules.running.map(({ name }) => name)).toEqual(['Two'])
    expect(wanted).toEqual([detection.wanted])
    expect(expected).toEqual(wanted)
  })

  test('are compiled before for the kinds that came so far', async () => {
    const { detection } = setUp()
    const kind = codeOf('SYSCALL_OPENAT_2_X')
    detection.engine.prepare(kind)
    const change = await detection.prepare(load(reopenContext(context)))
    change.commit()
    expect(detection.engine.prepared()).toEqual([kind])
  })
})

describe('the outputs', () => {
  const setUp = (more: object) => {
    writeConfig(more)
    context = reopenContext(context)
    return openOutputs(context.config.settings, { log: context.log, hostname: 'here' })
  }
  const file = (name: string, more: object = {}) => ({ file_output: { enabled: true, filename: join(dir, name), ...more } })

  test('that are as they were keep their queue', () => {
    const outputs = setUp(file('a'))
    const [stdout, first] = outputs.queues
    writeConfig({ ...file('b'), json_output: true })
    outputs.prepare(load(reopenContext(context))).commit()
    expect(outputs.queues.map(({ name }) => name)).toEqual(['stdout', 'file'])
    expect(outputs.queues[0]).toBe(stdout as never)
    expect(outputs.queues[1]).not.toBe(first as never)
  })

  test('that are new and cannot be are refused, and nothing changes', () => {
    const outputs = setUp({})
    const { queues } = outputs
    writeConfig(file('not-there/a'))
    expect(() => outputs.prepare(load(reopenContext(context)))).toThrow('its directory does not exist')
    writeConfig({ stdout_output: { enabled: false } })
    expect(() => outputs.prepare(load(reopenContext(context)))).toThrow('No output configured')
    expect(outputs.queues).toEqual(queues)
  })

  test('what waits for one that goes is written all the same, and later alerts go to the other', async () => {
    const outputs = setUp({ ...file('old'), stdout_output: { enabled: false } })
    const alert = (text: string): Alert => ({
      rule: 'R',
      priority: 4,
      source: 'syscall',
      tags: [],
      ts: 0n,
      text,
      fields: [],
      hostname: 'host',
    })
    outputs.add(alert('first'))
    writeConfig({ ...file('new'), stdout_output: { enabled: false } })
    outputs.prepare(load(reopenContext(context))).commit()
    outputs.add(alert('second'))
    await outputs.close()
    expect(await Bun.file(join(dir, 'old')).text()).toEndWith('Warning first\n')
    expect(await Bun.file(join(dir, 'new')).text()).toEndWith('Warning second\n')
  })
})
