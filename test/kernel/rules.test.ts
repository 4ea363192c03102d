import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { patient, root } from '../tools/agent.ts'
import type { Attack, Expected } from './attacks/attack.ts'
import { attacks } from './attacks/index.ts'
import { whyNoDocker } from './docker.ts'
import { workQuietly, workQuietlyInContainer } from './quiet.ts'
import { daemonMark, openStage, type Stage, whyNotLive } from './stage.ts'
import type { Alert, Watch } from './watch.ts'

// Real attacks on this machine, watched by the real binary: each rule has to fire on its own, and on nothing else.

const ours = join(root, 'rules', 'falco_rules.yaml')
const upstream = process.env.EYAS_UPSTREAM_RULES
const rulesFiles: Record<string, string> = upstream === undefined ? { ours } : { ours, upstream }

const noLive = whyNotLive()
const noDocker = whyNoDocker()
if (noLive !== undefined) console.warn(`live tests of the rules are skipped: ${noLive}`)
if (noLive === undefined && noDocker !== undefined) console.warn(`live tests in containers are skipped: ${noDocker}`)

describe.skipIf(noLive !== undefined)('live', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage(rulesFiles, attacks)
    for (const attack of attacks) if (attack.isSlow) stage.perform(markOf(attack), attack.act)
  }, patient(120_000))

  afterAll(async () => {
    await stage?.close()
  }, patient(60_000))

  describe.each(Object.keys(rulesFiles))('%s', (name) => {
    const rows = attacks.filter((attack) => name === 'ours' || attack.oursOnly !== true).map((attack) => [titleOf(attack), attack] as const)

    test.each(rows.filter(([, attack]) => attack.on === 'host'))(
      '%s',
      (_, attack) => catches(stage, watchOf(stage, name), attack),
      patient(30_000),
    )

    test.skipIf(noDocker !== undefined).each(rows.filter(([, attack]) => attack.on === 'container'))(
      '%s',
      (_, attack) => catches(stage, watchOf(stage, name), attack),
      patient(30_000),
    )

    test(
      'a quiet workload gives no alert',
      async () => {
        await stage.perform('quiet', workQuietly)
        expect(await watchOf(stage, name).alertsOf('quiet')).toEqual([])
      },
      patient(60_000),
    )

    test.skipIf(noDocker !== undefined)(
      'nor does one in a container, nor docker itself',
      async () => {
        await stage.perform('quiet container', workQuietlyInContainer)
        expect(await watchOf(stage, name).alertsOf('quiet container')).toEqual([])
        expect(await watchOf(stage, name).alertsOf(daemonMark)).toEqual([])
      },
      patient(60_000),
    )
  })
})

async function catches(stage: Stage, watch: Watch, attack: Attack): Promise<void> {
  if (attack.needsOverlay === true && stage.docker?.hasOverlay === false) {
    console.warn(`"${titleOf(attack)}" is not tried: docker cannot use overlayfs here`)
    return
  }
  const mark = markOf(attack)
  await stage.perform(mark, attack.act)
  const alerts = await watch.alertsOf(mark)
  const own = alerts.filter((alert) => attack.companions?.includes(alert.rule) !== true)
  expect(own.map((alert) => alert.rule)).toEqual(Array(attack.times ?? 1).fill(attack.rule))
  const alert = own[0] as Alert
  const wanted = { ...attack.fields(stage.ground(mark)), ...placeFields(stage, attack) }
  expect({ priority: alert.priority, source: alert.source, ...shown(alert, wanted) }).toEqual({
    priority: attack.priority,
    source: 'syscall',
    ...wanted,
  })
}

function placeFields(stage: Stage, attack: Attack): Record<string, Expected> {
  const { docker } = stage
  if (attack.on === 'host' || docker === undefined) return { 'container.id': 'host', 'container.image.repository': '' }
  return {
    'container.id': docker.containerId,
    'container.name': docker.containerName,
    'container.image.repository': docker.image,
    'container.image.tag': docker.tag,
    'container.privileged': true,
  }
}

// The alert's values of the fields that are looked at; where one matches its pattern, the pattern.
function shown(alert: Alert, wanted: Readonly<Record<string, Expected>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(wanted).map(([field, value]) => {
      const actual = alert.output_fields[field]
      return [field, value instanceof RegExp && value.test(String(actual)) ? value : actual]
    }),
  )
}

function titleOf(attack: Attack): string {
  return attack.name === undefined ? attack.rule : `${attack.rule}, ${attack.name}`
}

function markOf(attack: Attack): string {
  return `attack ${attacks.indexOf(attack)}`
}

function watchOf(stage: Stage, name: string): Watch {
  const watch = stage.watches.get(name)
  if (watch === undefined) throw new Error(`there is no agent for ${name}`)
  return watch
}
