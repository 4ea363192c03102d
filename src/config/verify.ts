import { isAbsolute, join, normalize } from 'node:path'
import { parseAddress } from '../base/address.ts'
import { Fault, Faults, type Place } from '../base/fault.ts'
import { parsePriority } from '../base/priority.ts'
import { closest } from '../base/suggest.ts'
import { durationMs, plainDurationMs } from './duration.ts'
import type { PluginConfig } from './items.ts'
import { type KeyExtra, type KeyRow, keyRows, type SettingName, type Settings } from './keys.ts'

/** Where the libraries of plugins are looked for. */
export const pluginsDir = '/usr/share/falco/plugins'

export interface Verified {
  readonly settings: Settings
  readonly plugins: readonly PluginConfig[]
  /** Where a key stands, for messages. */
  readonly placeOf: (key: SettingName | 'plugins') => Place | undefined
}

/** What is wrong with one matter, and which key says so. */
type Check = (config: Verified) => readonly { readonly key: SettingName | 'plugins'; readonly message: string; readonly hint?: string }[]

/**
 * Checks what no default can mend; every mistake is told at once.
 *
 * @throws Faults of code `config-invalid`.
 */
export function verify(config: Verified): void {
  const faults = checks.flatMap((check) =>
    check(config).map(({ key, message, hint }) => new Fault('config-invalid', message, { place: config.placeOf(key), hint })),
  )
  if (faults.length > 0) throw new Faults(faults)
}

const checks: readonly Check[] = [
  ({ placeOf }) =>
    placeOf('rules_file') && placeOf('rules_files')
      ? [
          {
            key: 'rules_file',
            message: "both 'rules_files' and 'rules_file' keys set",
            hint: 'keep rules_files',
          },
        ]
      : [],
  oneOf('engine.kind', (kind) => `engine.kind '${kind}' is not a valid kind.`),
  ({ settings }) =>
    settings['engine.kind'] === 'replay' && settings['engine.replay.capture_file'] === ''
      ? [{ key: 'engine.kind', message: "engine.kind is 'replay' but no engine.replay.capture_file specified." }]
      : [],
  ranges,
  ({ settings }) =>
    parsePriority(settings.priority) === undefined
      ? [{ key: 'priority', message: `Unknown priority "${settings.priority}"--must be one of ${prioritiesText}` }]
      : [],
  oneOf('rule_matching', (value) => `Unknown rule matching strategy "${value}"--must be one of first, all`),
  oneOf(
    'log_level',
    (value) => `Unknown log level ${value}--must be one of emergency, alert, critical, error, warning, notice, info, debug`,
  ),
  oneOf('log_format', (value) => `log_format '${value}' is not valid`),
  oneOf('libs_logger.severity', (value) => `Unknown libs_logger.severity "${value}"`),
  oneOf('capture.mode', (value) => `capture.mode '${value}' is not a valid mode.`),
  ({ settings }) =>
    plainDurationMs(settings['capture.pre_trigger']) === undefined
      ? [
          {
            key: 'capture.pre_trigger',
            message: `capture.pre_trigger '${settings['capture.pre_trigger']}' is no duration`,
            hint: 'write 5s, 500ms or the like',
          },
        ]
      : [],
  ({ settings }) =>
    needed(settings, 'file_output.enabled', 'file_output.filename', 'file output enabled but no filename in configuration block'),
  ({ settings }) =>
    needed(settings, 'program_output.enabled', 'program_output.program', 'program output enabled but no program in configuration block'),
  ({ settings }) => needed(settings, 'http_output.enabled', 'http_output.url', 'http output enabled but no url in configuration block'),
  duration('outputs_spool.max_age', ({ settings }) => settings['outputs_spool.enabled']),
  limitedOutputs,
  duration('storm_control.window', ({ settings }) => settings['storm_control.enabled']),
  duration('file_output.rotate.max_age', ({ settings }) => settings['file_output.rotate.max_age'] !== ''),
  oneOf('outputs_spool.fsync', (value) => `outputs_spool.fsync '${value}' is not valid`),
  dropActions,
  ({ settings }) => {
    const address = settings['webserver.listen_address']
    return parseAddress(address) === undefined
      ? [{ key: 'webserver.listen_address', message: `webserver listen address "${address}" is not a valid IP address` }]
      : []
  },
  ({ settings }) =>
    settings['webserver.enabled'] && !settings['webserver.k8s_healthz_endpoint'].startsWith('/')
      ? [{ key: 'webserver.k8s_healthz_endpoint', message: 'webserver.k8s_healthz_endpoint must begin with a slash' }]
      : [],
  metrics,
  plugins,
]

const outputNames = ['stdout', 'syslog', 'file', 'program', 'http']

function limitedOutputs({ settings }: Verified): ReturnType<Check> {
  const key = 'storm_control.limited_outputs'
  const unknown = settings[key].find((name) => !outputNames.includes(name))
  if (unknown === undefined) return []
  const near = closest(unknown, outputNames)
  const hint = near ? `did you mean ${near}?` : `choose from ${outputNames.join(', ')}`
  return [{ key, message: `${key}: there is no output '${unknown}'`, hint }]
}

const prioritiesText = 'emergency, alert, critical, error, warning, notice, informational, debug'

const presetHint = 'choose 1 (1 MB) to 10 (512 MB); 4 is the default'

function extraOf(key: SettingName): KeyExtra | undefined {
  return (keyRows as readonly KeyRow[]).find(([name]) => name === key)?.[4]
}

function duration(key: SettingName, isUsed: (config: Verified) => boolean): Check {
  return (config) => {
    const value = String(config.settings[key])
    if (!isUsed(config) || (durationMs(value) ?? 0) > 0) return []
    return [{ key, message: `${key} '${value}' is not a duration`, hint: 'write 30m, 12h, 7d or the like' }]
  }
}

function oneOf(key: SettingName, message: (value: string) => string): Check {
  const values = extraOf(key)?.values ?? []
  return ({ settings }) => {
    const value = String(settings[key])
    if (values.includes(value)) return []
    const near = closest(value, values)
    return [{ key, message: message(value), hint: near ? `did you mean ${near}?` : `choose one of ${values.join(', ')}` }]
  }
}

function needed(settings: Settings, enabled: SettingName, key: SettingName, message: string): ReturnType<Check> {
  return settings[enabled] === true && settings[key] === '' ? [{ key: enabled, message: `${message}`, hint: `set ${key}` }] : []
}

const outOfRange: readonly { readonly key: SettingName; readonly kind?: string; readonly message: string; readonly hint?: string }[] = [
  { key: 'engine.kmod.buf_size_preset', kind: 'kmod', message: 'engine.kmod.buf_size_preset is out of range', hint: presetHint },
  {
    key: 'engine.modern_ebpf.buf_size_preset',
    kind: 'modern_ebpf',
    message: 'engine.modern_ebpf.buf_size_preset is out of range',
    hint: presetHint,
  },
  { key: 'syscall_event_drops.threshold', message: 'syscall event drops threshold must be a double in the range [0, 1]' },
  {
    key: 'syscall_event_timeouts.max_consecutives',
    message: 'the maximum consecutive timeouts without an event must be an unsigned integer > 0',
  },
]

// The buffers of an engine that is not used may be anything.
function ranges({ settings }: Verified): ReturnType<Check> {
  return outOfRange.filter(({ key, kind }) => {
    const { min = 0, max = Number.POSITIVE_INFINITY } = extraOf(key) ?? {}
    const value = Number(settings[key])
    return (kind === undefined || settings['engine.kind'] === kind) && (value < min || value > max)
  })
}

const actions = ['ignore', 'log', 'alert', 'exit']

function dropActions({ settings }: Verified): ReturnType<Check> {
  const wanted = settings['syscall_event_drops.actions']
  const key = 'syscall_event_drops.actions'
  const unknown = wanted.filter((action) => !actions.includes(action))
  const message = (action: string) => `available actions for syscall event drops are "ignore", "log", "alert", and "exit", not "${action}"`
  if (unknown.length > 0) return unknown.map((action) => ({ key, message: message(action) }))
  const clash = wanted.includes('ignore') ? wanted.filter((action) => action === 'log' || action === 'alert') : []
  return clash.map((action) => ({
    key,
    message: `syscall event drop action "${action}" does not make sense with the "ignore" action`,
  }))
}

function metrics({ settings }: Verified): ReturnType<Check> {
  if (!settings['metrics.enabled']) return []
  const interval = durationMs(settings['metrics.interval'])
  if (interval === undefined || interval < 100) {
    const message = 'Metrics interval must have a minimum value of 100ms and reflect a Prometheus compliant time duration format: '
    return [{ key: 'metrics.interval', message: `${message}${settings['metrics.interval']}`, hint: 'write 30s, 15m, 1h30m or the like' }]
  }
  const hasOutput =
    settings['metrics.output_rule'] || settings['metrics.output_file'] !== '' || settings['webserver.prometheus_metrics_enabled']
  if (hasOutput) return []
  const hint = 'set metrics.output_rule, metrics.output_file or webserver.prometheus_metrics_enabled'
  return [
    { key: 'metrics.enabled', message: 'Metrics are enabled with no output configured. Please enable at least one output channel', hint },
  ]
}

function plugins({ settings, plugins: configured }: Verified): ReturnType<Check> {
  const names = configured.map(({ name }) => name)
  const unknown = (settings.load_plugins ?? []).filter((name) => !names.includes(name))
  const incomplete = configured.filter(({ name, libraryPath }) => name === '' || libraryPath === '')
  const outside = configured.filter(
    ({ libraryPath }) =>
      libraryPath !== '' && !isAbsolute(libraryPath) && !normalize(join(pluginsDir, libraryPath)).startsWith(`${pluginsDir}/`),
  )
  return [
    ...incomplete.map(({ name }) => ({
      key: 'plugins' as const,
      message: `an entry of plugins lacks ${name === '' ? 'its name' : `the library_path of '${name}'`}`,
    })),
    ...unknown.map((name) => ({
      key: 'load_plugins' as const,
      message: `Cannot load plugin '${name}': plugin config not found for given name`,
    })),
    ...outside.map(({ name, libraryPath }) => ({
      key: 'plugins' as const,
      message: `plugin '${name}': library_path ${libraryPath} leaves the plugins directory ${pluginsDir}`,
      hint: 'write an absolute path if that is meant',
    })),
  ]
}
