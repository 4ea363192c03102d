import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// The file for logrotate that comes with the program, and logrotate itself.

const logrotate = Bun.which('logrotate', { PATH: `${process.env.PATH}:/usr/sbin` })
const reason = whyNotLive() ?? (logrotate === null ? 'there is no logrotate' : undefined)
if (reason !== undefined) console.warn(`tests of logrotate are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('logrotate', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test('takes the file of alerts away, and none is lost', async () => {
    const logs = join(probe.dir, 'logs')
    mkdirSync(logs, { mode: 0o750 })
    const file = join(logs, 'alerts.log')
    const keys = ['file_output.enabled=true', 'file_output.keep_alive=true', `file_output.filename=${file}`]
    const agent = await startAgent(['-r', probe.rules, ...keys.flatMap((key) => ['-o', key])])
    const before = Array.from({ length: 50 }, (_, i) => probe.open(`probe-before-${i}`))
    await until(() => textOf(file).includes(before.at(-1) ?? ''))

    const config = join(probe.dir, 'logrotate.conf')
    const shipped = readFileSync(join(root, 'packaging/eyas.logrotate'), 'utf8')
    const here = shipped.replaceAll('/var/log/falco', logs).replace(/systemctl kill .*$/m, `kill -USR1 ${agent.pid}`)
    expect(here).toContain(`kill -USR1 ${agent.pid}`)
    writeFileSync(config, here, { mode: 0o644 })
    const done = Bun.spawnSync([logrotate ?? '', '--force', '--state', join(probe.dir, 'state'), config])
    expect(done.stderr.toString()).toBe('')
    expect(done.exitCode).toBe(0)
    await agent.said((log) => log.some((line) => line.includes('SIGUSR1 received')), 5000)

    const after = Array.from({ length: 50 }, (_, i) => probe.open(`probe-after-${i}`))
    await until(() => textOf(file).includes(after.at(-1) ?? ''))
    expect(await agent.stop()).toBe(0)
    const paths = [`${file}.1`, file].flatMap((each) => textOf(each).trimEnd().split('\n')).map((line) => line.split(' ').at(-1))
    expect(paths).toEqual([...before, ...after])
  }, 30_000)
})

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** Looks again and again until `holds`; 10 seconds at most, after which the expectations say what is missing. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds() && Date.now() < end; ) await Bun.sleep(10)
}
