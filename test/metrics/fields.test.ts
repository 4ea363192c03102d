import { describe, expect, test } from 'bun:test'
import { metrics } from '../../src/metrics/index.ts'
import type { Facts } from '../../src/metrics/metric.ts'
import { fieldsOf } from '../../src/metrics/shared/fields.ts'
import { someFacts } from './facts.ts'

const options = { isMb: true, hasEmpty: false }

function fields(change: Partial<typeof options> = {}, facts: Facts = someFacts) {
  return Object.fromEntries(fieldsOf(metrics, facts, { ...options, ...change }))
}

describe('the fields of a snapshot', () => {
  test('of a moment with all groups', () => {
    expect(fields()).toEqual({
      'evt.hostname': 'host-1',
      'evt.source': 'syscall',
      'evt.time': 1_700_000_020_000_000_000n,
      'falco.cpu_usage_perc': 1.4,
      'falco.duration_sec': 20,
      'falco.evts_rate_sec': 20,
      'falco.host_boot_ts': 1_600_000_000_000_000_000n,
      'falco.host_cpu_usage_perc': 10.8,
      'falco.host_memory_used_mb': 3,
      'falco.host_netinfo.interfaces.eth0.protocols.ipv4.addresses': '10.0.0.1',
      'falco.host_netinfo.interfaces.eth0.protocols.ipv6.addresses': 'fd00::1,fe80::1',
      'falco.host_num_cpus': 8,
      'falco.host_open_fds': 17_664,
      'falco.host_procs_running': 3,
      'falco.kernel_release': '6.1.0',
      'falco.memory_pss_mb': 40.8,
      'falco.memory_rss_mb': 76.7,
      'falco.memory_vsz_mb': 2640,
      'falco.n_added_threads': 3611,
      'falco.n_fds': 121_374,
      'falco.n_removed_threads': 1973,
      'falco.n_threads': 1638,
      'falco.num_evts': 1000,
      'falco.num_evts_prev': 800,
      'falco.outputs_queue_num_drops': 0,
      'falco.reload_ts': 1_700_000_010_000_000_000n,
      'falco.rules.Read__sensitive__file': 9,
      'falco.rules.matches_total': 9,
      'falco.sha256_config_file.falco_yaml': 'dd',
      'falco.sha256_rules_file._etc_falco_rules_d_local_yaml': 'bb',
      'falco.sha256_rules_file._srv_local_yaml': 'cc',
      'falco.sha256_rules_file.falco_rules_yaml': 'aa',
      'falco.start_ts': 1_700_000_000_000_000_000n,
      'falco.version': '0.44.1',
      'plugins.container.n_containers': 16,
      'scap.engine_name': 'modern_bpf',
      'scap.evts_drop_rate_sec': 5,
      'scap.evts_rate_sec': 100,
      'scap.n_drops': 50,
      'scap.n_drops_buffer_open_exit': 40,
      'scap.n_drops_buffer_other_interest_exit': 10,
      'scap.n_drops_buffer_total': 50,
      'scap.n_drops_cpu_0': 50,
      'scap.n_drops_perc': 5,
      'scap.n_evts': 3000,
      'scap.n_evts_cpu_0': 1200,
      'scap.n_evts_cpu_1': 1800,
      'scap.n_evts_prev': 2000,
      'scap.sys_exit.avg_time_ns': 677,
      'scap.sys_exit.run_cnt': 1000,
      'scap.sys_exit.run_time_ns': 677_000,
    })
  })

  test('are sorted by name', () => {
    const names = fieldsOf(metrics, someFacts, options).map(([name]) => name)
    expect(names).toEqual([...names].sort())
  })

  test.each([
    [true, { 'falco.memory_rss_mb': 76.7, 'falco.container_memory_used_mb': 0 }],
    [false, { 'falco.memory_rss_kb': 78_500, 'falco.container_memory_used_bytes': 0 }],
  ])('memory in MB: %p', (isMb, expected) => {
    expect(fields({ isMb, hasEmpty: true })).toMatchObject(expected)
  })

  test('zeros are there where empty values are wanted', () => {
    expect(fields()).not.toHaveProperty(['falco.rules.Quiet_rule'])
    expect(fields({ hasEmpty: true })).toMatchObject({ 'falco.rules.Quiet_rule': 0, 'scap.n_drops_buffer_close_exit': 0 })
  })

  test('the first snapshot has no rates', () => {
    const facts: Facts = {
      ...someFacts,
      base: { ...someFacts.base, previous: undefined },
      kernel: someFacts.kernel && { ...someFacts.kernel, previous: undefined },
    }
    const first = fields({ hasEmpty: true }, facts)
    expect(Object.keys(first).filter((name) => /rate|perc$/.test(name))).toEqual(['falco.cpu_usage_perc', 'falco.host_cpu_usage_perc'])
    expect(first).toMatchObject({ 'falco.num_evts_prev': 0, 'scap.n_evts_prev': 0 })
  })
})
