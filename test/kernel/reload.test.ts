import { afterAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, compileC, startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// New rules take the place of others while events come: none of these is missed, and none counts twice.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of reloading are skipped: ${reason}`)

const reloads = 100
// Opens of another file a millisecond.
const noise = '10'

describe.skipIf(reason !== undefined)('reloading', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  // The probe's rule as it always is, and others that change what is traced, and what is compiled for opens.
  const writeRules = (round: number) => {
    const condition = `evt.type in (open, openat, openat2) and fd.name startswith ${probe.dir}/probe`
    const probeRule = { rule: 'Probe', desc: 'd', condition, output: 'probe %fd.name', priority: 'WARNING' }
    const calls = ['unlink', 'mkdir', 'ptrace', 'setuid', 'openat'][round % 5]
    const other = { ...probeRule, rule: `Other ${round}`, condition: `evt.type = ${calls} and proc.name = never-${round}` }
    writeFileSync(probe.rules, JSON.stringify(round % 2 === 0 ? [probeRule, other] : [other, probeRule]))
  }

  const reload = async (agent: Agent, round: number) => {
    writeRules(round)
    process.kill(agent.pid, 'SIGHUP')
    const isDone = (log: readonly string[]) => log.filter((line) => line.includes('reloaded without a gap')).length > round
    expect(await agent.said(isDone, 30_000)).toBe(true)
  }

  test(`${reloads} times under load loses no marker of 1000 a second, and doubles none`, async () => {
    const program = join(probe.dir, 'marker')
    compileC(join(import.meta.dir, 'marker.c'), program, ['-pthread'])
    const agent = await startAgent(['-r', probe.rules, '-o', 'watch_config_files=false'])
    const marker = Bun.spawn([program, join(probe.dir, 'probe'), noise], { stdin: 'pipe', stdout: 'pipe' })
    for (let round = 0; round < reloads; round++) await reload(agent, round)
    await marker.stdin.end()
    const count = Number(await new Response(marker.stdout).text())
    expect(await agent.stop()).toBe(0)

    const numbers = agent.alerts.filter((line) => line.includes('Warning probe ')).map((line) => Number(line.split('-').at(-1)))
    const seen = new Map<number, number>()
    for (const number of numbers) seen.set(number, (seen.get(number) ?? 0) + 1)
    const missed = Array.from({ length: count }, (_, i) => i).filter((i) => !seen.has(i))
    const doubled = [...seen].filter(([, times]) => times > 1)
    const lost = agent.log.find((line) => line.startsWith('Events: '))
    expect({ lost, missed, doubled }).toEqual({ lost: expect.stringMatching(/ 0 dropped$/), missed: [], doubled: [] })
    expect(count).toBeGreaterThan(reloads)
  }, 300_000)

  test('wrong rules change nothing, and the next right ones are taken', async () => {
    writeRules(0)
    const agent = await startAgent(['-r', probe.rules])
    writeFileSync(probe.rules, '- rule: Half\n')
    expect(await agent.alert((line) => line.includes('Critical Falco internal: hot restart failure'), 30_000)).toBeString()
    const path = probe.open('probe-after-wrong-rules')
    expect(await agent.alert((line) => line.endsWith(path), 30_000)).toBeString()
    writeFileSync(
      probe.rules,
      JSON.stringify([
        {
          rule: 'Mine',
          desc: 'd',
          condition: `evt.type = openat and fd.name = ${probe.dir}/mine`,
          output: 'mine %fd.name',
          priority: 'ERROR',
        },
      ]),
    )
    expect(await agent.said((log) => log.some((line) => line.includes('1 rules run')), 30_000)).toBe(true)
    probe.open('probe-of-no-rule')
    probe.open('mine')
    expect(await agent.alert((line) => line.includes('Error mine'), 30_000)).toBeString()
    expect(agent.alerts.filter((line) => line.includes('probe-of-no-rule'))).toEqual([])
    expect(await agent.stop()).toBe(0)
  }, 60_000)
})
