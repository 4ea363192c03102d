import { existsSync, readlinkSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Host } from './host.ts'
import { find, lastWords, run } from './tools.ts'

/** The directory with what modules are built against; undefined where the headers of this kernel are not installed. */
export function headersOf({ root, release }: Host): string | undefined {
  const candidates = [`lib/modules/${release}/build`, `usr/src/linux-headers-${release}`, `usr/src/kernels/${release}`]
  return candidates.map((path) => resolved(root, join(root, path))).find((path) => existsSync(join(path, 'Makefile')))
}

// A link in another root names a path in that root.
function resolved(root: string, path: string): string {
  try {
    const target = readlinkSync(path)
    return isAbsolute(target) ? join(root, target) : join(path, '..', target)
  } catch {
    return path
  }
}

/** How a distribution installs the headers of one kernel. */
export interface HeadersPackage {
  /** The words of each command, in order. */
  readonly commands: readonly (readonly [string, ...string[]])[]
  /** The package's name. */
  readonly name: string
}

/** What would install the headers; undefined where nothing is known to. */
export function headersPackage(host: Host): HeadersPackage | undefined {
  if (!/^[\w.+~-]+$/.test(host.release)) return undefined
  if (find('apt-get')) return aptPackage(`linux-headers-${host.release}`)
  const tool = find('dnf') ? 'dnf' : find('yum') ? 'yum' : undefined
  const kind = /uek/i.test(host.release) ? 'kernel-uek-devel' : 'kernel-devel'
  if (tool !== undefined) return { name: `${kind}-${host.release}`, commands: [[tool, 'install', '-y', `${kind}-${host.release}`]] }
  if (!find('zypper')) return undefined
  const [, version = '', flavour = 'default'] = /^(.+?)(?:-([a-z]+))?$/.exec(host.release) ?? []
  return {
    name: `kernel-${flavour}-devel`,
    commands: [['zypper', '--non-interactive', 'install', `kernel-${flavour}-devel=${version}`]],
  }
}

function aptPackage(name: string): HeadersPackage {
  return {
    name,
    commands: [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name],
    ],
  }
}

const installMs = 10 * 60_000

/** Installs the headers by the distribution's own tool; what went wrong, undefined where nothing did. */
export async function installHeaders({ commands, name }: HeadersPackage): Promise<string | undefined> {
  for (const [index, command] of commands.entries()) {
    const ran = await run(command, { timeoutMs: installMs, env: { DEBIAN_FRONTEND: 'noninteractive' } })
    // Lists that cannot be fetched may be fresh enough.
    if (!ran.isOk && index === commands.length - 1) return `${command[0]} does not install ${name}: ${lastWords(ran.output)}`
  }
  return undefined
}
