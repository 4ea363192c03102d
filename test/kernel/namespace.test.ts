import { afterAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// What a process in a pid namespace of its own is told to be.

const reason = whyNotLive() ?? (Bun.which('unshare') === null ? 'there is no unshare' : undefined)
if (reason !== undefined) console.warn(`tests of namespaces are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('a pid namespace', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test('has numbers of its own, and the time of its start since the epoch', async () => {
    const rules = join(probe.dir, 'namespace.yaml')
    const output = 'vpid=%proc.vpid start=%proc.pidns_init_start_ts name=%fd.name'
    const condition = `evt.type in (open, openat, openat2) and fd.name startswith ${probe.dir}/probe`
    writeFileSync(rules, JSON.stringify([{ rule: 'Namespace', desc: 'Of the test.', condition, output, priority: 'INFO' }]))
    const agent = await startAgent(['-r', rules])
    const before = Date.now()
    // The shell is the namespace's first process; `touch`, its child, the second.
    const script = 'touch "$0"; exit 0'
    const { exitCode } = Bun.spawnSync(['unshare', '--pid', '--fork', 'sh', '-c', script, join(probe.dir, 'probe')])
    expect(exitCode).toBe(0)
    const line = await agent.alert((text) => text.includes('probe'), 10_000)
    await agent.stop()
    const [, vpid, start = '0'] = /vpid=(\d+) start=(\d+) /.exec(line ?? '') ?? []
    expect(vpid).toBe('2')
    const startMs = Number(BigInt(start) / 1_000_000n)
    // The kernel's clocks and ours are read at different moments.
    const toleranceMs = 1000
    expect(startMs).toBeGreaterThan(before - toleranceMs)
    expect(startMs).toBeLessThan(Date.now() + toleranceMs)
  })
})
