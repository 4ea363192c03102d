import { print } from '../../base/print.ts'
import { parseFlags } from '../args.ts'
import type { CommandCall } from '../command.ts'
import type { Environment } from '../context.ts'
import type { Flag } from '../flags.ts'
import { cleanUp } from './cleanup.ts'
import { type InstallArgs, installDriver } from './install.ts'
import { driverFlags, driverOptions } from './options.ts'
import { environmentText } from './printenv.ts'

// What falco-driver-loader and scap-driver-loader took: a driver, and switches. Guides and images call them by these names.

const loaderFlags = [
  { name: 'help', short: 'h', long: 'help', help: 'Show this text.' },
  { name: 'clean', long: 'clean', help: 'Take the driver out, and remove what installing it left.' },
  { name: 'compile', long: 'compile', help: 'Build the module; with neither this nor --download, both are tried.' },
  { name: 'download', long: 'download', help: 'Download a prebuilt module.' },
  { name: 'printEnv', long: 'print-env', help: 'Print what the loader goes by, for other scripts.' },
  { name: 'sourceOnly', long: 'source-only', help: 'Do nothing.' },
  { name: 'dryRun', long: 'dry-run', help: 'Say what would be done, and do nothing.' },
  { name: 'httpInsecure', long: 'http-insecure', help: 'Take any certificate.' },
  { name: 'kernelRelease', long: 'kernel-release', arg: 'TEXT', help: 'Take this for what uname -r says.' },
  { name: 'kernelVersion', long: 'kernel-version', arg: 'TEXT', help: 'Take this for what uname -v says.' },
] as const satisfies readonly Flag[]

const loaders: Readonly<Record<string, { readonly name: string; readonly repository: string }>> = {
  'falco-driver-loader': { name: 'falco', repository: 'https://download.falco.org/driver' },
  'scap-driver-loader': { name: 'scap', repository: 'https://download.sysdig.com/scap-drivers' },
}

/** Whether the program is called by the name of one of the loaders. */
export function isLoader(program: string): boolean {
  return Object.hasOwn(loaders, program)
}

/**
 * Does what a loader does; the exit code.
 *
 * @throws Fault as `eyas driver install` and `eyas driver cleanup` do.
 */
export async function runLoader({ program, words, env }: CommandCall): Promise<number> {
  const { args, rest } = parseFlags(words, loaderFlags)
  if (args.help) return print(loaderUsage(program)) ? 0 : 1
  if (args.sourceOnly) return 0
  const loader = loaders[program] ?? { name: 'falco', repository: '' }
  const hasWays = args.compile || args.download
  const install = {
    ...parseFlags([], [...driverFlags]).args,
    type: [typeFrom(rest[0], env)],
    name: env.DRIVER_NAME || loader.name,
    repo: [env.DRIVERS_REPO || env.DRIVER_REPO || loader.repository],
    version: env.DRIVER_VERSION || undefined,
    kernelrelease: args.kernelRelease ?? (env.DRIVER_KERNEL_RELEASE || undefined),
    kernelversion: args.kernelVersion ?? (env.DRIVER_KERNEL_VERSION || undefined),
    download: String(!hasWays || args.download),
    compile: String(!hasWays || args.compile),
    downloadHeaders: undefined,
    httpInsecure: String(args.httpInsecure || isYes(env.DRIVER_INSECURE_DOWNLOAD)),
    httpTimeout: undefined,
    httpHeaders: [],
    source: undefined,
    sha256: undefined,
    dryRun: args.dryRun,
  } satisfies InstallArgs
  const options = driverOptions(install, env)
  if (args.printEnv) return print(environmentText(options)) ? 0 : 1
  return args.clean ? cleanUp(options, args.dryRun) : installDriver(install, options)
}

// The old eBPF probe is gone; what took its place needs nothing installed, so that scripts which ask for it may go on.
const oldProbe: ReadonlySet<string> = new Set(['bpf', 'ebpf'])

function typeFrom(word: string | undefined, env: Environment): string {
  const asked = word ?? (env.FALCO_BPF_PROBE === undefined ? (env.FALCOCTL_DRIVER_TYPE ?? 'auto') : 'bpf')
  if (!oldProbe.has(asked)) return asked
  print('The old eBPF probe is gone: modern_ebpf takes its place.\n', 2)
  return 'modern_ebpf'
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && !/^(|0|no|false)$/i.test(text)
}

function loaderUsage(program: string): string {
  const rows: readonly Flag[] = loaderFlags
  const lines = rows.map((flag) => `  --${`${flag.long}${flag.arg === undefined ? '' : ` ${flag.arg}`}`.padEnd(22)}${flag.help}`)
  return `Usage:
  ${program} [DRIVER] [OPTION...]

DRIVER is auto (the default: the best that this machine can have), kmod or modern_ebpf.

Options:
${lines.join('\n')}

Environment:
  DRIVERS_REPO               URLs of repositories of prebuilt modules, separated by commas
  DRIVER_NAME                name of the module
  DRIVER_VERSION             version of the driver
  DRIVER_KERNEL_RELEASE      take this for what uname -r says
  DRIVER_KERNEL_VERSION      take this for what uname -v says
  DRIVER_INSECURE_DOWNLOAD   take any certificate
  HOST_ROOT                  where the host's file system is mounted
`
}
