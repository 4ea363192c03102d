import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readExposition } from '../metrics/exposition.ts'
import { startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of live metrics are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('metrics of a live capture', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test('count what happens', async () => {
    const web = ['enabled=true', 'listen_address=127.0.0.1', 'listen_port=0', 'prometheus_metrics_enabled=true']
    const settings = [...web.map((each) => `webserver.${each}`), 'metrics.enabled=true', 'metrics.interval=1h']
    const agent = await startAgent(['-r', probe.rules, ...settings.flatMap((each) => ['-o', each])])
    const listening = /listening on 127\.0\.0\.1:(\d+)$/
    expect(await agent.said((log) => log.some((line) => listening.test(line)), 30_000)).toBe(true)
    const [, port] = listening.exec(agent.log.find((line) => listening.test(line)) ?? '') ?? []
    for (let i = 0; i < 20; i++) probe.open(`probe-${i}`)
    expect(await agent.alert((line) => line.endsWith('probe-19'), 30_000)).toBeString()

    const { families, problems } = readExposition(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
    expect(problems).toEqual([])
    const samples = (name: string) => families.find((family) => family.name === name)?.samples ?? []
    const value = (name: string, labels: Record<string, string> = {}) =>
      samples(name).find((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))?.value ?? Number.NaN
    expect(value('falcosecurity_falco_rules_matches_total', { rule_name: 'Probe' })).toBe(20)
    expect(value('eyas_output_written_alerts_total', { output: 'stdout' })).toBeGreaterThanOrEqual(20)
    expect(value('eyas_capture_events_total', { type: 'openat' })).toBeGreaterThanOrEqual(20)
    expect(value('falcosecurity_scap_n_evts_total')).toBeGreaterThanOrEqual(value('eyas_events_total'))
    expect(value('falcosecurity_scap_n_threads_total')).toBeGreaterThan(5)
    expect(value('falcosecurity_scap_n_fds_total')).toBeGreaterThan(5)
    expect(value('falcosecurity_scap_sys_exit_run_cnt_total')).toBeGreaterThanOrEqual(0)
    expect(samples('falcosecurity_scap_engine_name_info').map(({ labels }) => labels.engine_name)).toEqual(['modern_bpf'])
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(join('/proc', String(agent.pid), 'status'), 'utf8'))?.[1]) * 1024
    expect(value('falcosecurity_falco_memory_rss_bytes') / rss).toBeWithin(0.5, 2)
    const boot = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    expect(value('falcosecurity_falco_host_boot_timestamp_nanoseconds')).toBe(boot * 1e9)
    expect(await agent.stop()).toBe(0)
  }, 60_000)
})
