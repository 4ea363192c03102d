import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { splitList } from '../../config/driver_file.ts'
import { durationMs } from '../../config/duration.ts'
import { type InstallOptions, install, planInstall } from '../../drivers/kmod/install.ts'
import { defineCommand } from '../command.ts'
import type { ArgsOf, Flag } from '../flags.ts'
import { chooseType } from './choice.ts'
import { type DriverOptions, driverFlags, driverOptions, isOn, switchArg } from './options.ts'
import { downloadProgress, printedJournal, requireRights } from './steps.ts'

const installFlags = [
  ...driverFlags,
  { name: 'download', long: 'download', ...switchArg, help: 'Try to download a prebuilt module (default true).' },
  { name: 'compile', long: 'compile', ...switchArg, help: 'Try to build the module (default true).' },
  {
    name: 'downloadHeaders',
    long: 'download-headers',
    ...switchArg,
    help: "Install the kernel's headers by the distribution's tool where they are missing (default true).",
  },
  { name: 'httpInsecure', long: 'http-insecure', ...switchArg, help: 'Take any certificate (default false).' },
  { name: 'httpTimeout', long: 'http-timeout', arg: 'TIME', help: 'How long one try to download may take (default 60s).' },
  {
    name: 'httpHeaders',
    long: 'http-headers',
    arg: 'HEADERS',
    repeat: true,
    help: "Headers for repositories: 'name: value, name: value'.",
  },
  { name: 'source', long: 'source', arg: 'DIR', help: "The module's source (default the newest in /usr/src)." },
  { name: 'sha256', long: 'sha256', arg: 'HEX', help: 'Take a downloaded module only with this checksum.' },
  { name: 'dryRun', long: 'dry-run', help: 'Say what would be done, and do nothing.' },
] as const satisfies readonly Flag[]

export type InstallArgs = ArgsOf<typeof installFlags>

/** `eyas driver install`. */
export const installCommand = defineCommand({
  name: 'driver install',
  summary: 'Brings a driver into the kernel: downloads a prebuilt module, or builds one.',
  usage: '[OPTION...]',
  flags: installFlags,
  details: `modern_ebpf needs nothing installed. For kmod these ways are tried until one works: a module that
is loaded, one in ~/.falco, one from each repository, a build from the source (with dkms, else with
make), modprobe.

Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, certificate authorities from the system,
SSL_CERT_FILE and NODE_EXTRA_CA_CERTS. FALCOCTL_DRIVER_TYPE, _NAME, _VERSION, _REPOS, _HOSTROOT and
_HTTP_HEADERS stand for flags that are not given.`,
  run: ({ args, env }) => installDriver(args, driverOptions(args, env)),
})

/**
 * Installs what the options choose; the exit code.
 *
 * @throws Fault `not-permitted`, `driver-unavailable`, `driver-not-installed`.
 */
export async function installDriver(args: InstallArgs, options: DriverOptions): Promise<number> {
  const { type, reason } = chooseType(options)
  const journal = printedJournal(options.isJson)
  if (type === 'modern_ebpf') {
    journal.done('modern_ebpf', `nothing has to be installed: ${reason}`)
    return 0
  }
  const progress = downloadProgress()
  const plan = planFrom(args, options, progress.show)
  if (args.dryRun) {
    planInstall(plan, journal)
    return 0
  }
  requireRights('installing kmod')
  try {
    const { name, path } = await install(plan, journal)
    print(path === undefined ? `The module ${name} is ready: use engine.kind kmod.\n` : `The module is in ${path}.\n`)
  } finally {
    progress.erase()
  }
  return 0
}

function planFrom(
  args: InstallArgs,
  options: DriverOptions,
  onProgress: (bytes: number, total: number | undefined) => void,
): InstallOptions {
  const { env } = options
  const timeoutMs = durationMs(args.httpTimeout ?? '60s')
  if (timeoutMs === undefined || timeoutMs === 0)
    throw new Fault('flag-invalid', `--http-timeout takes a time, not '${args.httpTimeout}'`, { hint: 'write 60s or 2m' })
  if (args.sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(args.sha256))
    throw new Fault('flag-invalid', '--sha256 takes 64 hexadecimal digits', { hint: 'sha256sum FILE prints them' })
  const headers = args.httpHeaders.length > 0 ? args.httpHeaders : [env.FALCOCTL_DRIVER_HTTP_HEADERS ?? '']
  return {
    ...options,
    mayDownload: isOn(args.download, true, 'download'),
    mayCompile: isOn(args.compile, true, 'compile'),
    mayInstallHeaders: isOn(args.downloadHeaders, true, 'download-headers'),
    http: {
      timeoutMs,
      insecure: isOn(args.httpInsecure, false, 'http-insecure'),
      headers: new Map(headers.flatMap(splitList).map(headerFrom)),
      env,
      onProgress,
      sha256: args.sha256,
    },
  }
}

function headerFrom(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/.exec(text) ?? []
  if (name !== '') return [name, value]
  throw new Fault('flag-invalid', `'${text.slice(0, 80)}' is no HTTP header`, { hint: "write --http-headers 'name: value, name: value'" })
}
