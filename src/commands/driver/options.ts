import { existsSync, readFileSync } from 'node:fs'
import { release, userInfo } from 'node:os'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { closest } from '../../base/suggest.ts'
import { defaultDriverVersion } from '../../base/version.ts'
import { type DriverSection, readDriverSection, splitList } from '../../config/driver_file.ts'
import { type Host, hostOf } from '../../drivers/kmod/host.ts'
import { homeOf } from '../../drivers/kmod/install.ts'
import { chooseSource, installedSources, moduleNames, namedSource, type Source } from '../../drivers/kmod/sources.ts'
import type { Environment } from '../context.ts'
import type { ArgsOf, Flag } from '../flags.ts'

/** A switch that can be switched off: `--download=false`. */
const onOff = { arg: 'true|false', optional: true } as const

/** The flags of every command about drivers, as falcoctl has them. */
export const driverFlags = [
  { name: 'type', long: 'type', arg: 'TYPES', repeat: true, help: 'Drivers to choose from, the best first: auto, modern_ebpf, kmod.' },
  { name: 'version', long: 'version', arg: 'VERSION', help: 'Version of the driver (default that of the newest /usr/src/falco-*).' },
  {
    name: 'repo',
    long: 'repo',
    arg: 'URLS',
    repeat: true,
    help: 'Where prebuilt modules are (default https://download.falco.org/driver).',
  },
  { name: 'name', long: 'name', arg: 'NAME', help: 'Name of the module (default falco).' },
  { name: 'hostRoot', long: 'host-root', arg: 'DIR', help: "Where the host's file system is mounted (default /)." },
  { name: 'kernelrelease', long: 'kernelrelease', arg: 'TEXT', help: 'Take this for what uname -r says.' },
  { name: 'kernelversion', long: 'kernelversion', arg: 'TEXT', help: 'Take this for what uname -v says.' },
  { name: 'config', long: 'config', arg: 'FILE', help: "falcoctl's configuration (default /etc/falcoctl/falcoctl.yaml)." },
  { name: 'logLevel', long: 'log-level', arg: 'LEVEL', help: 'Of falcoctl: taken, without effect.' },
  { name: 'logFormat', long: 'log-format', arg: 'FORMAT', values: ['color', 'text', 'json'], help: 'How steps are told: text or json.' },
  { name: 'disableStyling', long: 'disable-styling', ...onOff, help: 'Of falcoctl: taken, as nothing is styled.' },
  { name: 'verbose', short: 'v', long: 'verbose', help: 'Of falcoctl: taken, as all is told.' },
] as const satisfies readonly Flag[]

export const switchArg = onOff

/** Drivers that can be asked for. */
export type DriverType = 'modern_ebpf' | 'kmod'

/** What flags, environment, falcoctl.yaml and defaults come to, the first of them going before. */
export interface DriverOptions {
  readonly types: readonly DriverType[]
  readonly name: string
  readonly version: string
  readonly isVersionAsked: boolean
  readonly repositories: readonly string[]
  readonly host: Host
  readonly home: string
  readonly source: Source | undefined
  readonly env: Environment
  readonly isJson: boolean
  readonly configFile: string
}

type DriverArgs = ArgsOf<typeof driverFlags> & { readonly source?: string | undefined }

export const defaultRepository = 'https://download.falco.org/driver'
const defaultConfig = '/etc/falcoctl/falcoctl.yaml'

/**
 * What holds. `mayCreate`: falcoctl.yaml need not be there, though a flag names it.
 *
 * @throws Fault `flag-invalid`, and what reading falcoctl.yaml throws.
 */
export function driverOptions(args: DriverArgs, env: Environment, mayCreate = false): DriverOptions {
  const configFile = args.config ?? env.FALCOCTL_CONFIG ?? defaultConfig
  const file = sectionIn(configFile, args.config !== undefined && !mayCreate)
  const root = args.hostRoot ?? env.FALCOCTL_DRIVER_HOSTROOT ?? env.HOST_ROOT ?? file.hostRoot ?? '/'
  const name = nameFrom(args.name ?? env.FALCOCTL_DRIVER_NAME ?? file.name ?? moduleNames[0])
  const wanted = args.version || env.FALCOCTL_DRIVER_VERSION || file.version || undefined
  const source = args.source === undefined ? chooseSource(installedSources(root), name, wanted) : namedSource(args.source)
  const host = { release: args.kernelrelease ?? '', version: args.kernelversion ?? '' }
  return {
    types: typesFrom(listOf(args.type, env.FALCOCTL_DRIVER_TYPE, file.type) ?? ['auto']),
    name,
    version: wanted ?? (source?.name === name ? source.version : defaultDriverVersion),
    isVersionAsked: args.version !== undefined && args.version !== '',
    repositories: listOf(args.repo, env.FALCOCTL_DRIVER_REPOS, file.repos) ?? [defaultRepository],
    host: hostOf({ root: root === '' ? '/' : root, ...host }),
    home: homeOf(env.HOME, userInfo().homedir),
    source,
    env,
    isJson: args.logFormat === 'json',
    configFile,
  }
}

/** Whether the machine that options describe is the one that this runs on. */
export function isThisKernel({ host }: Pick<DriverOptions, 'host'>): boolean {
  return host.release === release()
}

/** @throws Fault `flag-invalid` where it is neither true nor false. */
export function isOn(value: string | undefined, fallback: boolean, flag: string): boolean {
  if (value === undefined) return fallback
  if (/^(|true|1|t)$/i.test(value)) return true
  if (/^(false|0|f)$/i.test(value)) return false
  throw new Fault('flag-invalid', `--${flag} takes true or false, not '${value}'`)
}

const aliases: Readonly<Record<string, readonly DriverType[]>> = {
  auto: ['modern_ebpf', 'kmod'],
  modern_ebpf: ['modern_ebpf'],
  'modern-bpf': ['modern_ebpf'],
  kmod: ['kmod'],
  module: ['kmod'],
}

function typesFrom(names: readonly string[]): readonly DriverType[] {
  return [...new Set(names.flatMap((name) => (Object.hasOwn(aliases, name) ? (aliases[name] ?? []) : unknownType(name))))]
}

function unknownType(name: string): never {
  const near = closest(name, Object.keys(aliases))
  const hint =
    name === 'ebpf' || name === 'bpf'
      ? 'the old eBPF probe is gone: use modern_ebpf, which needs nothing installed'
      : near
        ? `did you mean ${near}?`
        : 'choose from auto, modern_ebpf and kmod'
  throw new Fault('flag-invalid', `there is no driver type '${name}'`, { hint })
}

function nameFrom(name: string): string {
  if (/^[a-z]\w{0,54}$/i.test(name)) return name
  throw new Fault('flag-invalid', `'${name.slice(0, 60)}' is no name of a kernel module`, { hint: 'it is falco, or scap' })
}

function listOf(
  flags: readonly string[],
  variable: string | undefined,
  file: readonly string[] | undefined,
): readonly string[] | undefined {
  const given = flags.flatMap(splitList)
  if (given.length > 0) return given
  const own = splitList(variable ?? '')
  return own.length > 0 ? own : file === undefined || file.length === 0 ? undefined : file
}

function sectionIn(path: string, isAsked: boolean): DriverSection {
  if (!isAsked && !existsSync(path)) return {}
  try {
    return readDriverSection(readFileSync(path, 'utf8'), path)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    if (!isAsked) return {}
    throw new Fault('config-unreadable', `cannot read ${path}: ${fileProblem(cause)}`, { cause })
  }
}
