/** A flag of the command line. */
export interface Flag {
  readonly name: string
  readonly short?: string
  readonly long?: string
  /** Name of its argument; absent for a switch. */
  readonly arg?: string
  /** The argument may be left out, and is written with `=`. */
  readonly optional?: true
  readonly repeat?: true
  /** All that its argument can be, where that is few words. */
  readonly values?: readonly string[]
  /** A spelling of older Falco releases: it works, but not where the program is called as `falco`, which dropped it. */
  readonly older?: true
  readonly help: string
}

export const flags = [
  { name: 'help', short: 'h', long: 'help', help: 'Show this text.' },
  {
    name: 'config',
    short: 'c',
    arg: 'PATH',
    help: 'Read the configuration from PATH (default /etc/falco/falco.yaml; built-in defaults where that is missing).',
  },
  { name: 'configSchema', long: 'config-schema', help: 'Print the JSON schema of the configuration.' },
  { name: 'ruleSchema', long: 'rule-schema', help: 'Print the JSON schema of rules files.' },
  { name: 'disableSource', long: 'disable-source', arg: 'SOURCE', repeat: true, help: 'Leave out this event source.' },
  { name: 'enableSource', long: 'enable-source', arg: 'SOURCE', repeat: true, help: 'Open this event source only.' },
  { name: 'dryRun', long: 'dry-run', help: 'Load configuration and rules, then stop before any event is read.' },
  {
    name: 'ignored',
    short: 'i',
    help: 'Print the high-volume system calls that are traced only where rules or base_syscalls.all ask for them.',
  },
  { name: 'describe', short: 'L', help: 'Describe all rules; with json_output, macros and lists too.' },
  { name: 'describeRule', short: 'l', arg: 'RULE', help: 'Describe one rule.' },
  { name: 'list', long: 'list', arg: 'SOURCE', optional: true, help: 'List the fields that rules can use, of all sources or of one.' },
  { name: 'listEvents', long: 'list-events', help: 'List the events with their parameters.' },
  { name: 'listPlugins', long: 'list-plugins', help: 'List the plugins that are loaded.' },
  { name: 'seconds', short: 'M', arg: 'SECONDS', help: 'Stop after this many seconds; 0 is never.' },
  { name: 'markdown', long: 'markdown', help: 'Old spelling of --format markdown.' },
  {
    name: 'format',
    long: 'format',
    arg: 'FORMAT',
    values: ['text', 'markdown', 'json'],
    help: 'How --list and --list-events print: text, markdown or json.',
  },
  { name: 'names', short: 'N', help: 'With --list, print names only.' },
  {
    name: 'option',
    short: 'o',
    long: 'option',
    arg: 'KEY=VALUE',
    repeat: true,
    help: 'Set one configuration key, over all files: -o a.b[0].c=value, -o list[]=more.',
  },
  { name: 'pluginInfo', long: 'plugin-info', arg: 'NAME', help: 'Describe a plugin.' },
  {
    name: 'print',
    short: 'p',
    long: 'print',
    arg: 'FORMAT',
    help: 'Append FORMAT to the output of all rules (older spelling of append_output).',
  },
  { name: 'pidfile', short: 'P', long: 'pidfile', arg: 'PATH', help: 'Write the process id to PATH.' },
  {
    name: 'rules',
    short: 'r',
    arg: 'PATH',
    repeat: true,
    help: "Load this rules file or directory instead of the configuration's rules_files.",
  },
  { name: 'support', long: 'support', help: 'Print what a bug report needs: versions, configuration, rules.' },
  { name: 'unbuffered', short: 'U', long: 'unbuffered', help: 'Write every alert at once.' },
  { name: 'validate', short: 'V', long: 'validate', arg: 'FILE', repeat: true, help: 'Check this rules file and print the verdict.' },
  { name: 'verbose', short: 'v', help: 'Say more while starting.' },
  { name: 'version', long: 'version', help: 'Print the versions.' },
  { name: 'pageSize', long: 'page-size', help: 'Print the size of a memory page.' },
  { name: 'allEvents', short: 'A', older: true, help: 'Trace every system call (base_syscalls.all).' },
  { name: 'disableRule', short: 'D', arg: 'TEXT', repeat: true, older: true, help: 'Disable rules that have TEXT in their name.' },
  { name: 'replay', short: 'e', arg: 'FILE', older: true, help: 'Read the events from a recording (engine.kind replay).' },
  { name: 'statsFile', short: 's', arg: 'FILE', older: true, help: 'Append metrics to FILE (metrics.output_file).' },
  { name: 'disableTag', short: 'T', arg: 'TAG', repeat: true, older: true, help: 'Disable rules with this tag.' },
  { name: 'onlyTag', short: 't', arg: 'TAG', repeat: true, older: true, help: 'Enable only rules with one of these tags.' },
] as const satisfies readonly Flag[]

/** The values of a table of flags; a switch is false where it was not given. */
export type ArgsOf<F extends readonly Flag[]> = {
  readonly [R in F[number] as R['name']]: R extends { repeat: true }
    ? readonly string[]
    : R extends { arg: string }
      ? string | undefined
      : boolean
}

export type Args = ArgsOf<typeof flags>

/** A row of the table, for a command that takes the same flag. */
export function flagNamed<const N extends keyof Args>(name: N): Extract<(typeof flags)[number], { name: N }> {
  const found = flags.find((flag) => flag.name === name)
  if (!found) throw new Error(`no flag ${name}`)
  return found as Extract<(typeof flags)[number], { name: N }>
}

/** Flags that users may know from elsewhere, and what to do without them. */
export interface MissingFlag {
  readonly names: readonly string[]
  readonly hint: string
}

// Flags that older Falco releases had, and what does their work now.
const goneRows = [
  { names: ['-e'], use: '-o engine.kind=replay -o engine.replay.capture_file=FILE' },
  { names: ['-g', '--gvisor-config', '--gvisor-root', '--gvisor-generate-config'], use: 'another engine.kind: gVisor is not supported' },
  { names: ['-m', '--modern-bpf'], use: '-o engine.kind=modern_ebpf' },
  { names: ['--nodriver'], use: '-o engine.kind=nodriver' },
  { names: ['-D', '-t', '-T'], use: "the configuration's rules list (enable and disable, with wildcards)" },
  { names: ['-b'], use: '-o buffer_format_base64=true' },
  { names: ['-A'], use: '-o base_syscalls.all=true' },
  { names: ['-S', '--snaplen'], use: '-o falco_libs.snaplen=BYTES' },
  { names: ['--cri', '--disable-cri-async'], use: 'nothing: runtimes are found by themselves' },
  { names: ['-s'], use: '-o metrics.enabled=true -o metrics.output_file=FILE' },
  { names: ['-d', '--daemon'], use: 'a service manager such as systemd' },
  { names: ['-k', '-K', '--k8s-node'], use: 'the k8smeta plugin' },
]

export const goneFlags: readonly MissingFlag[] = goneRows.map(({ names, use }) => ({ names, hint: `this flag is gone; use ${use}` }))
