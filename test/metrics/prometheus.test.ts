import { describe, expect, test } from 'bun:test'
import { metrics } from '../../src/metrics/index.ts'
import type { Facts } from '../../src/metrics/metric.ts'
import { prometheusText } from '../../src/metrics/shared/prometheus.ts'
import { readExposition } from './exposition.ts'
import { someFacts } from './facts.ts'

const nothing: Facts = {
  ...someFacts,
  rules: undefined,
  resources: undefined,
  state: undefined,
  kernel: undefined,
  programs: undefined,
  plugins: undefined,
}

function lines(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

describe('the text for Prometheus', () => {
  const text = prometheusText(metrics, someFacts)

  test('is one that Prometheus takes', () => {
    expect(readExposition(text).problems).toEqual([])
    expect(readExposition(prometheusText(metrics, nothing)).problems).toEqual([])
  })

  test('says help and type once, before the values', () => {
    expect(text).toContain(
      '# HELP falcosecurity_scap_n_threads_total Threads that are known now.\n# TYPE falcosecurity_scap_n_threads_total gauge\nfalcosecurity_scap_n_threads_total 1638\n',
    )
  })

  test.each([
    ['falcosecurity_falco_version_info', ['{version="0.44.1"} 1']],
    ['falcosecurity_evt_hostname_info', ['{hostname="host-1"} 1']],
    ['falcosecurity_scap_engine_name_info', ['{engine_name="modern_bpf",evt_source="syscall"} 1']],
    // Two files of one name are told apart by their paths.
    [
      'falcosecurity_falco_sha256_rules_files_info',
      [
        '{file_name="falco_rules.yaml",sha256="aa"} 1',
        '{file_name="/etc/falco/rules.d/local.yaml",sha256="bb"} 1',
        '{file_name="/srv/local.yaml",sha256="cc"} 1',
      ],
    ],
    // Times in ns are larger than what a double holds exactly.
    ['falcosecurity_falco_start_timestamp_nanoseconds', [' 1700000000000000000']],
    ['falcosecurity_falco_duration_seconds_total', [' 20']],
    ['falcosecurity_falco_cpu_usage_ratio', [' 0.014']],
    ['falcosecurity_falco_memory_rss_bytes', [' 80384000']],
    [
      'falcosecurity_falco_rules_matches_total',
      [
        '{priority="4",rule_name="Read \\"sensitive\\" file",source="syscall",tag_T1555="true",tag_a_b="true",tag_maturity_stable="true"} 9',
      ],
    ],
    ['eyas_capture_dropped_events_total', ['{type="openat"} 40', '{type="procexit"} 0', '{type="mmap"} 10']],
    ['falcosecurity_scap_sys_exit_run_time_nanoseconds_total', [' 677000']],
    ['falcosecurity_scap_sched_proc_exit_avg_time_nanoseconds', [' 0']],
    ['falcosecurity_plugins_container_n_containers_total', [' 16']],
    ['eyas_health_check', ['{check="capture"} 1', '{check="output http"} 0']],
    ['eyas_reload_refused', [' 1']],
  ])('%s', (name, values) => {
    expect(lines(text, name)).toEqual(values.map((value) => `${name}${value}`))
  })

  test('lost events are told by group, and the groups add up', () => {
    const family = readExposition(text).families.find(({ name }) => name === 'falcosecurity_scap_n_drops_buffer_total')
    const counts = Object.fromEntries((family?.samples ?? []).map(({ labels, value }) => [`${labels.drop} ${labels.dir}`, value]))
    expect(counts).toMatchObject({ 'open exit': 40, 'proc exit': 0, 'other_interest exit': 10, 'close exit': 0 })
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(50)
  })

  test('a group that is switched off is not there', () => {
    const few = prometheusText(metrics, nothing)
    expect(few).toContain('falcosecurity_falco_version_info')
    expect(few).not.toMatch(/_rules_matches_|_cpu_usage_|_n_threads_|_n_evts_|_run_cnt_|_plugins_/)
  })

  test('rules that never matched are shown where empty values are wanted', () => {
    const rules = { rules: someFacts.rules?.rules ?? [], hasEmpty: true }
    const all = prometheusText(metrics, { ...someFacts, rules })
    expect(lines(all, 'falcosecurity_falco_rules_matches_total')).toHaveLength(2)
  })
})

// promtool's lint minds some of Falco's names, which are what dashboards ask for.
const noPromtool = Bun.which('promtool') === null
if (noPromtool) console.warn('promtool does not look at the metrics: it is not installed')

test.skipIf(noPromtool)('promtool finds no more than that some of the names are not what it would choose', () => {
  const { stderr } = Bun.spawnSync(['promtool', 'check', 'metrics'], { stdin: Buffer.from(prometheusText(metrics, someFacts)) })
  const minded = stderr.toString().trim().split('\n')
  const byFalco =
    /^falcosecurity_\w+ (non-counter metrics should not have "_total" suffix|use base unit "seconds" instead of "nanoseconds")$/
  expect(minded.filter((line) => !byFalco.test(line))).toEqual([])
  expect(minded.length).toBeGreaterThan(5)
})

describe('the table of metrics', () => {
  test('names are unique, help is a sentence', () => {
    const names = metrics.flatMap(({ name }) => (name === undefined ? [] : [name]))
    const fields = metrics.flatMap(({ field }) => (field === undefined ? [] : [field]))
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(fields).size).toBe(fields.length)
    expect(metrics.filter(({ help }) => !/^[A-Z].*\.$/.test(help))).toEqual([])
    expect(metrics.filter(({ name, field }) => name === undefined && field === undefined)).toEqual([])
  })

  test("what is not Falco's has our own prefix", () => {
    const foreign = metrics.filter(({ name }) => name !== undefined && !/^(falcosecurity_(falco|scap|evt|plugins)|eyas)_/.test(name))
    expect(foreign).toEqual([])
  })
})
