// Every key of falco.yaml: path, type, default, help, and what else its value must be. `[]` stands for a list's element.
// The types of settings, the schema, the check of a file and the documentation all come from these rows.
// Facts: configuration of Falco 0.44; http_output.max_consecutive_timeouts and capture.max_file_size_mb are newer.

export type KeyType = 'boolean' | 'integer' | 'number' | 'string' | 'strings' | 'map' | 'list' | 'any'

export interface KeyExtra {
  readonly values?: readonly string[]
  readonly min?: number
  readonly max?: number
  /** Whether a number out of range is a mistake; else the default takes its place. */
  readonly strict?: true
  /** `later`: checked, but does nothing in this release. `never`: accepted because older files have it. */
  readonly effect?: 'later' | 'never'
}

export type KeyRow = readonly [key: string, type: KeyType, fallback: KeyDefault, help: string, extra?: KeyExtra]
export type KeyDefault = boolean | number | string | readonly string[] | Readonly<Record<string, string>> | undefined

const later = { effect: 'later' } as const
const never = { effect: 'never' } as const
const preset = { min: 1, max: 10, strict: true } as const
const levels = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const
const libsLevels = { values: ['fatal', 'critical', 'error', 'warning', 'notice', 'info', 'debug', 'trace'], effect: 'never' } as const

export const keyRows = [
  ['config_files', 'list', undefined, 'More files or directories, merged over this file.'],
  ['config_files[].path', 'string', '', 'File or directory to merge.'],
  [
    'config_files[].strategy',
    'string',
    'append',
    'How its top-level keys meet those already there.',
    { values: ['append', 'override', 'add-only'] },
  ],
  ['watch_config_files', 'boolean', true, 'Reload when the configuration or a rules file changes.'],
  ['rules_files', 'strings', [], 'Rules files and directories, in the order they load; builtin:falco_rules.yaml is the built-in one.'],
  ['rules_file', 'strings', [], 'Older name of rules_files.'],
  ['rule_files', 'strings', [], 'A misspelling that old files have; not read.', never],
  ['rules', 'list', undefined, 'Switches rules on and off after loading; later entries win.'],
  ['rules[].enable.rule', 'string', '', 'Name, or pattern with *, of rules to switch on.'],
  ['rules[].enable.tag', 'string', '', 'Tag of rules to switch on.'],
  ['rules[].disable.rule', 'string', '', 'Name, or pattern with *, of rules to switch off.'],
  ['rules[].disable.tag', 'string', '', 'Tag of rules to switch off.'],

  [
    'engine.kind',
    'string',
    'modern_ebpf',
    'Where system calls come from; auto is the best that the machine has: modern_ebpf, kmod, nodriver.',
    { values: ['kmod', 'modern_ebpf', 'replay', 'nodriver', 'auto'] },
  ],
  ['engine.kmod.buf_size_preset', 'integer', 4, 'Size of the ring of each CPU: 1 is 1 MB, each step doubles it.', preset],
  ['engine.kmod.drop_failed_exit', 'boolean', false, 'Leave out system calls that failed, where the module can.'],
  ['engine.modern_ebpf.cpus_for_each_buffer', 'integer', 2, 'How many CPUs share one ring; 0 is all.', { min: 0 }],
  ['engine.modern_ebpf.buf_size_preset', 'integer', 4, 'Size of each ring: 1 is 1 MB, each step doubles it.', preset],
  ['engine.modern_ebpf.drop_failed_exit', 'boolean', false, 'Leave out system calls that failed.'],
  ['engine.modern_ebpf.disable_iterators', 'boolean', false, 'Take the first look at processes from /proc alone.'],
  ['engine.replay.capture_file', 'string', '', 'Recording to read when kind is replay.'],

  ['load_plugins', 'strings', undefined, 'Names of the plugins to load; without this key, all of them.'],
  ['plugins', 'list', undefined, 'The plugins there are.'],
  ['plugins[].name', 'string', '', 'Name of the plugin.'],
  ['plugins[].library_path', 'string', '', 'Its library; a relative path is below the plugins directory.'],
  ['plugins[].init_config', 'any', undefined, 'Handed to the plugin when it starts.'],
  ['plugins[].open_params', 'string', '', 'Handed to the plugin when its source is opened.'],
  ['plugins_hostinfo', 'boolean', true, 'Read facts of the host even where only plugins are sources.', later],

  ['log_stderr', 'boolean', false, "The program's own messages go to standard error."],
  ['log_syslog', 'boolean', true, "The program's own messages go to the system log."],
  ['log_level', 'string', 'info', 'The least severe message that is written.', { values: levels }],
  ['log_format', 'string', 'text', 'How they are written to standard error.', { values: ['text', 'json'] }],
  ['libs_logger.enabled', 'boolean', true, 'Has no effect here: what the capture library has to say is said by the program.', never],
  ['libs_logger.severity', 'string', 'info', 'Has no effect here, either.', libsLevels],

  ['priority', 'string', 'debug', 'Rules of a lower priority are not loaded.'],
  ['rule_matching', 'string', 'first', 'Whether one event may raise alerts of several rules.', { values: ['first', 'all'] }],
  ['json_output', 'boolean', false, 'Alerts, and what -V, -L, -l and --version print, are JSON.'],
  ['json_include_output_property', 'boolean', true, 'Alerts have `output`: the whole line of text.'],
  ['json_include_message_property', 'boolean', false, 'Alerts have `message`: the text without time and priority.'],
  ['json_include_tags_property', 'boolean', true, "Alerts have `tags`: the rule's tags."],
  ['json_include_output_fields_property', 'boolean', true, 'Alerts have `output_fields`: the values in the text.'],
  ['time_format_iso_8601', 'boolean', false, 'Times are written as date and time with the offset from UTC.'],
  ['buffer_format_base64', 'boolean', false, 'Data buffers are printed as base64.'],
  ['buffered_outputs', 'boolean', false, 'Alerts may wait to be written together.'],
  ['outputs_queue.capacity', 'integer', 0, 'Alerts that may wait for an output; 0 is no limit of your own.', { min: 0 }],
  ['output_timeout', 'integer', 2000, 'An output that takes longer, in ms, is reported.', { min: 0 }],

  ['append_output', 'list', undefined, 'Text and fields added to the output of rules.'],
  ['append_output[].match.source', 'string', '', 'Only rules of this source.'],
  ['append_output[].match.rule', 'string', '', 'Only the rule of this name.'],
  ['append_output[].match.tags', 'strings', [], 'Only rules with all these tags.'],
  ['append_output[].extra_output', 'string', '', 'Text to append; may have %fields.'],
  ['append_output[].extra_fields', 'list', undefined, 'Fields to add: a name, or a name with a format.'],
  ['append_output[].suggested_output', 'boolean', false, 'Append the fields that are marked for it.'],
  ['static_fields', 'map', {}, 'Constants added to every alert, as static.NAME.'],

  ['outputs_spool.enabled', 'boolean', false, 'Alerts wait on the disk until every output has them; JSON alerts get an `id`.'],
  ['outputs_spool.directory', 'string', '/var/lib/eyas/spool', 'Where they wait.'],
  ['outputs_spool.max_size_mb', 'integer', 1024, 'Most that may wait; the oldest are given up.', { min: 1 }],
  ['outputs_spool.max_age', 'string', '24h', 'What waits for longer is given up.'],
  ['outputs_spool.max_attempts', 'integer', 0, 'An alert that an output failed with so often is put aside; 0 is never.', { min: 0 }],
  ['outputs_spool.fsync', 'string', 'batch', 'When alerts are on the disk for sure.', { values: ['always', 'batch', 'never'] }],
  [
    'storm_control.enabled',
    'boolean',
    false,
    'Alike alerts become the first one and counted summaries, and some outputs get so many a second and no more.',
  ],
  ['storm_control.window', 'string', '60s', 'What is alike within this time is counted.'],
  ['storm_control.fields', 'strings', [], 'Fields that make alerts of a rule alike; none: all but numbers of processes and times.'],
  ['storm_control.limited_outputs', 'strings', ['http', 'program'], 'Outputs that get no more than max_per_second.'],
  ['storm_control.max_per_second', 'integer', 100, 'Alerts a second in the long run; what is held back is told.', { min: 1 }],
  ['storm_control.burst', 'integer', 1000, 'Alerts at once.', { min: 1 }],
  ['stdout_output.enabled', 'boolean', false, 'Alerts go to standard output.'],
  ['syslog_output.enabled', 'boolean', false, 'Alerts go to the system log.'],
  ['file_output.enabled', 'boolean', false, 'Alerts are appended to a file.'],
  ['file_output.filename', 'string', '', 'The file.'],
  ['file_output.keep_alive', 'boolean', false, 'The file stays open between alerts; SIGUSR1 opens it anew.'],
  ['file_output.rotate.max_size_mb', 'integer', 0, 'Change to a new file at this size; 0 is never.', { min: 0 }],
  ['file_output.rotate.max_age', 'string', '', 'Change to a new file at this age, such as 1d or 12h.'],
  ['file_output.rotate.keep', 'integer', 5, 'Full files to keep, as FILE.1 and so on.', { min: 0, max: 100_000 }],
  ['file_output.rotate.compress', 'boolean', false, 'Compress full files with gzip.'],
  ['program_output.enabled', 'boolean', false, 'Alerts are written to the standard input of a command.'],
  ['program_output.program', 'string', '', 'The command, for sh.'],
  ['program_output.keep_alive', 'boolean', false, 'One process takes all alerts, instead of one for each.'],
  ['http_output.enabled', 'boolean', false, 'Alerts are posted to a URL.'],
  ['http_output.url', 'string', '', 'The URL.'],
  ['http_output.user_agent', 'string', 'falcosecurity/falco', 'User-Agent of the requests.'],
  ['http_output.insecure', 'boolean', false, "Do not check the server's certificate."],
  ['http_output.echo', 'boolean', false, 'Print the answers on standard output.'],
  ['http_output.ca_cert', 'string', '', 'CA certificate (PEM) that the server must have.'],
  ['http_output.ca_bundle', 'string', '', 'File of CA certificates.'],
  ['http_output.ca_path', 'string', '/etc/ssl/certs', 'Directory of CA certificates.'],
  ['http_output.mtls', 'boolean', false, 'Show a client certificate.'],
  ['http_output.client_cert', 'string', '/etc/ssl/certs/client.crt', 'The client certificate.'],
  ['http_output.client_key', 'string', '/etc/ssl/certs/client.key', 'Its key.'],
  ['http_output.compress_uploads', 'boolean', false, 'Compress the bodies with gzip.'],
  ['http_output.keep_alive', 'boolean', false, 'Keep the connection open.'],
  ['http_output.max_consecutive_timeouts', 'integer', 5, 'How often a request that timed out is tried again.', { min: 0, max: 255 }],

  ['webserver.enabled', 'boolean', false, 'Serve health, versions and metrics over HTTP.'],
  ['webserver.threadiness', 'integer', 0, 'Has no effect here: one event loop serves all.', never],
  ['webserver.listen_port', 'integer', 8765, 'Port.', { min: 0, max: 65535 }],
  ['webserver.listen_address', 'string', '0.0.0.0', 'IP address.'],
  ['webserver.k8s_healthz_endpoint', 'string', '/healthz', 'Path of the health page.'],
  ['webserver.prometheus_metrics_enabled', 'boolean', false, 'Serve metrics at /metrics.'],
  ['webserver.ssl_enabled', 'boolean', false, 'Serve HTTPS.'],
  ['webserver.ssl_certificate', 'string', '/etc/falco/falco.pem', 'PEM file with key and certificate.'],
  [
    'webserver.k8s_audit_endpoint',
    'string',
    '/k8s-audit',
    'Path of the audit webhook on this server, as in old releases of Falco; without the key, there is none.',
  ],

  ['syscall_event_drops.actions', 'strings', ['ignore'], 'What to do about dropped events: ignore, log, alert, exit.'],
  ['syscall_event_drops.threshold', 'number', 0.1, 'Smallest share of dropped events that counts.', { min: 0, max: 1, strict: true }],
  ['syscall_event_drops.rate', 'number', 0.03333, 'Actions per second in the long run.'],
  ['syscall_event_drops.max_burst', 'number', 1, 'Actions at once.'],
  ['syscall_event_drops.simulate_drops', 'boolean', false, 'For tests: behave as if events were dropped.'],
  [
    'syscall_event_timeouts.max_consecutives',
    'integer',
    1000,
    'Empty reads in a row, each of 30 ms, that are reported.',
    { min: 1, strict: true },
  ],

  ['metrics.enabled', 'boolean', false, 'Emit metrics from time to time.'],
  ['metrics.interval', 'string', '5000', 'How often, such as 30s or 1h30m.'],
  ['metrics.output_rule', 'boolean', false, 'As an alert.'],
  ['metrics.output_file', 'string', '', 'As a line of JSON in this file.'],
  ['metrics.rules_counters_enabled', 'boolean', true, 'Alerts of each rule.'],
  ['metrics.resource_utilization_enabled', 'boolean', true, 'CPU and memory.'],
  ['metrics.state_counters_enabled', 'boolean', true, 'Threads and descriptors.'],
  ['metrics.kernel_event_counters_enabled', 'boolean', true, 'Events and drops.'],
  ['metrics.kernel_event_counters_per_cpu_enabled', 'boolean', true, 'Those for each CPU.'],
  ['metrics.kernel_iter_event_counters_enabled', 'boolean', true, 'Has no effect here: the first look at processes is at /proc.', never],
  ['metrics.libbpf_stats_enabled', 'boolean', true, 'Runs and time of the eBPF programs.'],
  ['metrics.plugins_metrics_enabled', 'boolean', true, 'Metrics of plugins.'],
  ['metrics.jemalloc_stats_enabled', 'boolean', true, 'Has no effect here: there is no jemalloc.', never],
  ['metrics.convert_memory_to_mb', 'boolean', true, 'Memory in MB.'],
  ['metrics.include_empty_values', 'boolean', false, 'Zero and empty values too.'],

  ['capture.enabled', 'boolean', false, 'Record events when rules match.'],
  ['capture.path_prefix', 'string', '/tmp/falco', 'How the names of recordings begin.'],
  ['capture.mode', 'string', 'rules', 'Which rules start a recording.', { values: ['rules', 'all_rules'] }],
  ['capture.default_duration', 'integer', 5000, 'How long to record after a match, in ms.', { min: 0 }],
  ['capture.max_file_size_mb', 'integer', 0, 'Largest recording; 0 is no limit.', { min: 0 }],
  [
    'capture.pre_trigger',
    'string',
    '5s',
    'How long before the match a recording begins: 5s, 1m30s; a number alone is in ms, 0 is at the match.',
  ],
  ['capture.pre_trigger_memory_mb', 'integer', 32, 'Memory for what happened before a match.', { min: 1, max: 4096 }],

  ['base_syscalls.custom_set', 'strings', [], 'System calls traced besides those of the rules; !name leaves one out.'],
  ['base_syscalls.repair', 'boolean', false, 'Trace just what the state of processes needs.'],
  ['base_syscalls.all', 'boolean', false, 'Trace all system calls.'],
  ['falco_libs.thread_table_size', 'integer', 262144, 'Most threads that are known at once.', { min: 1 }],
  ['falco_libs.thread_table_auto_purging_interval_s', 'integer', 300, 'How often threads that are gone are removed.', { min: 1 }],
  ['falco_libs.thread_table_auto_purging_thread_timeout_s', 'integer', 300, 'When a silent thread is looked after.', { min: 1 }],
  ['falco_libs.snaplen', 'integer', 0, 'Bytes kept of data buffers; 0 is 80.', { min: 0, max: 65535 }],

  ['container_engines.docker.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
  ['container_engines.podman.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
  ['container_engines.cri.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
  ['container_engines.cri.sockets', 'strings', [], 'Of Falco up to 0.40.', never],
  ['container_engines.cri.disable_async', 'boolean', false, 'Of Falco up to 0.40.', never],
  ['container_engines.lxc.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
  ['container_engines.libvirt_lxc.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
  ['container_engines.bpm.enabled', 'boolean', true, 'Of Falco up to 0.40.', never],
] as const satisfies readonly KeyRow[]

type Row = (typeof keyRows)[number]
type Wide<D> = D extends boolean
  ? boolean
  : D extends number
    ? number
    : D extends string
      ? string
      : D extends readonly string[]
        ? readonly string[]
        : D
type ValueOf<R extends Row> = R extends readonly [string, 'list' | 'any', ...unknown[]]
  ? never
  : R extends readonly [string, 'strings', undefined, ...unknown[]]
    ? readonly string[] | undefined
    : R extends readonly [string, 'strings', ...unknown[]]
      ? readonly string[]
      : R extends readonly [string, 'map', ...unknown[]]
        ? Readonly<Record<string, string>>
        : R extends readonly [string, KeyType, unknown, string, { readonly values: readonly (infer V)[] }]
          ? V
          : Wide<R[2]>

/** Keys that have one value of their own: not lists of maps, nor parts of those. */
export type SettingName = Exclude<Row, readonly [string, 'list' | 'any', ...unknown[]]>[0] extends infer K
  ? K extends `${string}[]${string}`
    ? never
    : K
  : never

/** The value of every key, by its dotted name. */
export type Settings = { readonly [K in SettingName & string]: ValueOf<Extract<Row, readonly [K, ...unknown[]]>> }
