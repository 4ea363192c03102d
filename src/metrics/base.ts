import { type BaseFacts, type FileFacts, type InterfaceFacts, metricsOf, type Sample } from './metric.ts'
import { rate } from './shared/rate.ts'
import { word } from './shared/word.ts'

/** What every snapshot has: who tells it, of which host, and how far it is. */
export const base = metricsOf('base', [
  { field: 'evt.source', type: 'info', help: 'Where the events come from.', get: ({ source }) => source },
  {
    field: 'evt.hostname',
    name: 'falcosecurity_evt_hostname_info',
    label: 'hostname',
    type: 'info',
    help: 'Name of the host.',
    get: ({ hostname }) => hostname,
  },
  { field: 'evt.time', type: 'gauge', help: 'Time of the snapshot, ns since the epoch.', get: ({ nowMs }) => ns(nowMs) },
  {
    field: 'falco.version',
    name: 'falcosecurity_falco_version_info',
    label: 'version',
    type: 'info',
    help: 'Release of Falco whose behaviour this is.',
    get: ({ version }) => version,
  },
  {
    field: 'falco.sha256_rules_file.*',
    name: 'falcosecurity_falco_sha256_rules_files_info',
    label: 'sha256',
    type: 'info',
    help: 'Digests of the rules files that are loaded.',
    get: ({ rulesFiles }) => digests(rulesFiles),
  },
  {
    field: 'falco.sha256_config_file.*',
    name: 'falcosecurity_falco_sha256_config_files_info',
    label: 'sha256',
    type: 'info',
    help: 'Digests of the configuration files that are loaded.',
    get: ({ configFiles }) => digests(configFiles),
  },
  {
    field: 'scap.engine_name',
    name: 'falcosecurity_scap_engine_name_info',
    label: 'engine_name',
    type: 'info',
    help: 'What captures the events of a source.',
    get: ({ engine, source }) => [{ labels: { evt_source: source }, value: engine }],
  },
  {
    field: 'falco.kernel_release',
    name: 'falcosecurity_falco_kernel_release_info',
    label: 'kernel_release',
    type: 'info',
    help: 'Release of the kernel.',
    get: ({ kernelRelease }) => kernelRelease,
  },
  {
    field: 'falco.outputs_queue_num_drops',
    name: 'falcosecurity_falco_outputs_queue_num_drops_total',
    type: 'counter',
    help: 'Alerts that found no room in the queue of an output.',
    get: ({ alertsDropped }) => alertsDropped,
  },
  {
    field: 'falco.reload_ts',
    name: 'falcosecurity_falco_reload_timestamp_nanoseconds',
    type: 'gauge',
    help: 'When rules and configuration were loaded, ns since the epoch.',
    get: ({ reloadMs }) => ns(reloadMs),
  },
  {
    field: 'falco.start_ts',
    name: 'falcosecurity_falco_start_timestamp_nanoseconds',
    type: 'gauge',
    help: 'When the program was started, ns since the epoch.',
    get: ({ startMs }) => ns(startMs),
  },
  {
    field: 'falco.duration_sec',
    name: 'falcosecurity_falco_duration_seconds_total',
    type: 'counter',
    help: 'Seconds since the start of the program.',
    get: ({ nowMs, startMs }) => Math.floor((nowMs - startMs) / 1000),
  },
  {
    field: 'falco.host_boot_ts',
    name: 'falcosecurity_falco_host_boot_timestamp_nanoseconds',
    type: 'gauge',
    help: 'When the host was started, ns since the epoch.',
    get: ({ host }) => ns(host.bootSeconds * 1000),
  },
  {
    field: 'falco.host_num_cpus',
    name: 'falcosecurity_falco_host_num_cpus_total',
    type: 'gauge',
    help: 'CPUs of the host.',
    get: ({ host }) => host.cpus,
  },
  {
    field: 'falco.host_netinfo.interfaces.*',
    type: 'info',
    help: 'Addresses of the network interfaces.',
    get: ({ interfaces }) => interfaces.flatMap(addresses),
  },
  { field: 'falco.num_evts', type: 'counter', help: 'Events that were processed.', get: ({ events }) => events },
  { field: 'falco.num_evts_prev', type: 'counter', help: 'The same at the snapshot before.', get: ({ previous }) => previous?.events ?? 0 },
  { field: 'falco.evts_rate_sec', type: 'gauge', help: 'Events a second since the snapshot before.', get: eventRate },
])

function eventRate({ events, nowMs, previous }: BaseFacts): number | undefined {
  return previous && rate(events - previous.events, nowMs - previous.nowMs)
}

function ns(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n
}

// Files of one name from several directories are told apart by their paths.
function digests(files: readonly FileFacts[]): Sample[] {
  const names = files.map(({ path }) => nameOf(path))
  const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name)
  return files.map(({ path, sha256 }) => {
    const name = isShared(nameOf(path)) ? path : nameOf(path)
    return { key: word(name), labels: { file_name: name }, value: sha256 }
  })
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function addresses({ name, ipv4, ipv6 }: InterfaceFacts): Sample[] {
  const sample = (family: string, list: readonly string[]) => ({ key: `${name}.protocols.${family}.addresses`, value: list.join(',') })
  return [...(ipv4.length > 0 ? [sample('ipv4', ipv4)] : []), ...(ipv6.length > 0 ? [sample('ipv6', ipv6)] : [])]
}
