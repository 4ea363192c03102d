import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// What the running program writes: the form of lines, their times, and a rotation of the file they go to.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of live outputs are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('alerts', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())
  const start = (args: readonly string[] = [], env: Record<string, string> = {}) => startAgent(['-r', probe.rules, ...args], env)

  test.each([
    ['UTC', 0],
    ['America/New_York', undefined],
    ['Asia/Kolkata', 5.5],
  ])('as text have the local time of %s', async (TZ, offsetHours) => {
    const agent = await start([], { TZ })
    const before = Date.now()
    const path = probe.open(`probe-${TZ.replace('/', '-')}`)
    const line = await agent.alert((each) => each.endsWith(path), 5000)
    const after = Date.now()
    await agent.stop()
    const [, hours, minutes, seconds, rest] = /^(\d\d):(\d\d):(\d\d)\.(\d{9}): Warning probe of \S+ on \S+$/.exec(line ?? '') ?? []
    const offset = offsetHours ?? hoursAt(TZ, before)
    const ofDay = ((Number(hours) - offset) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000 + Number(rest) / 1e6
    const dayMs = 86_400_000
    const since = (((ofDay - before) % dayMs) + dayMs) % dayMs
    // A millisecond of rounding on either side.
    expect(Math.min(since, dayMs - since)).toBeLessThanOrEqual(after - before + 2)
  })

  test('as text can have ISO 8601 times in UTC', async () => {
    const agent = await start(['-o', 'time_format_iso_8601=true'], { TZ: 'Asia/Kolkata' })
    const before = Date.now()
    const path = probe.open('probe-iso')
    const line = await agent.alert((each) => each.endsWith(path), 5000)
    await agent.stop()
    const [, time] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9})\+0000: Warning probe of /.exec(line ?? '') ?? []
    expect(Math.abs(Date.parse(`${time?.slice(0, 23)}Z`) - before)).toBeLessThan(5000)
  })

  test('as JSON are one object a line', async () => {
    const agent = await start(['-o', 'json_output=true'], { FALCO_HOSTNAME: 'here' })
    const before = Date.now()
    const path = probe.open('probe-json')
    const alert = JSON.parse((await agent.alert((each) => each.includes(path), 5000)) ?? '{}')
    await agent.stop()
    expect(alert).toMatchObject({ hostname: 'here', priority: 'Warning', rule: 'Probe', source: 'syscall', tags: [] })
    expect(alert.output).toEndWith(path)
    expect(alert.output_fields).toMatchObject({ 'fd.name': path })
    expect(alert.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    expect(Math.abs(Date.parse(alert.time) - before)).toBeLessThan(5000)
  })

  test.each([true, false])('follow a rotation at SIGUSR1, and none is lost (keep_alive %p)', async (keepAlive) => {
    const file = join(probe.dir, `alerts-${keepAlive}`)
    const keys = [`file_output.keep_alive=${keepAlive}`, 'file_output.enabled=true', `file_output.filename=${file}`, 'json_output=true']
    const agent = await start(keys.flatMap((key) => ['-o', key]))
    const paths: string[] = []
    const burst = (name: string) => {
      for (let i = 0; i < 100; i++) paths.push(probe.open(`probe-${name}-${i}`))
    }
    burst('before')
    const last = paths.at(-1) ?? ''
    // The file has a queue of its own, behind or before that of standard output.
    await until(() => existsSync(file) && readFileSync(file, 'utf8').includes(last))
    renameSync(file, `${file}.1`)
    process.kill(agent.pid, 'SIGUSR1')
    await until(() => agent.log.some((line) => line.includes('SIGUSR1 received')))
    burst('after')
    expect(await agent.stop()).toBe(0)
    const namesIn = (path: string) => linesOf(path).map((line) => JSON.parse(line).output_fields['fd.name'])
    const [rotated, fresh] = [namesIn(`${file}.1`), namesIn(file)]
    expect([...rotated, ...fresh]).toEqual(paths)
    expect(fresh.length).toBeGreaterThan(0)
    expect(agent.log.join('\n')).toContain('SIGUSR1 received, reopening outputs...')
  })
})

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

/** Offset from UTC in hours. */
function hoursAt(timeZone: string, ms: number): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).format(ms)
  const [, hours = '0', minutes = '0'] = /GMT([+-]\d\d):(\d\d)/.exec(name) ?? []
  return Number(hours) + (Number(minutes) / 60) * Math.sign(Number(hours))
}

/** Looks again and again until `holds`; 5 seconds at most, after which the expectations say what is missing. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !holds() && Date.now() < end; ) await Bun.sleep(5)
}
