import { lstatSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { textAt } from '../../base/files.ts'
import { fieldsOf } from './host.ts'

/** The source of a module, unpacked on this machine. */
export interface Source {
  readonly dir: string
  /** As dkms knows it, and as the module is called. */
  readonly name: string
  readonly version: string
  /** Whether dkms can build it. */
  readonly hasDkms: boolean
}

/** Names of modules that speak this protocol: Falco's packages', and the plain one (sysdig, distributions). */
export const moduleNames = ['falco', 'scap'] as const

/** The sources of modules below /usr/src, the newest of each name first. */
export function installedSources(root: string): readonly Source[] {
  const dir = join(root, 'usr/src')
  return moduleNames.flatMap((name) =>
    entriesOf(dir)
      .filter((entry) => entry.startsWith(`${name}-`))
      .sort((a, b) => Bun.semver.order(comparable(b, name), comparable(a, name)))
      .flatMap((entry) => {
        const source = sourceAt(join(dir, entry))
        return source === undefined ? [] : [source]
      }),
  )
}

/**
 * The source that a module of `name` in `version` would be built from: of that name and version, of that name, or, where no other
 * name was asked for, any.
 */
export function chooseSource(sources: readonly Source[], name: string, version: string | undefined): Source | undefined {
  const own = sources.filter((source) => source.name === name)
  if (version !== undefined && own.length > 0) return own.find((source) => source.version === version)
  return own[0] ?? (name === moduleNames[0] ? sources[0] : undefined)
}

/**
 * The source in a directory that a user names.
 *
 * @throws Fault `source-unusable` where there is none.
 */
export function namedSource(dir: string): Source {
  const source = sourceAt(dir)
  if (source !== undefined) return source
  throw new Fault('source-unusable', `there is no source of a module in ${dir}`, {
    hint: 'name a directory with a Makefile and main.c, such as /usr/src/falco-VERSION',
  })
}

/** Why root should not build what is in a directory: others could have written it; undefined where they could not. */
export function distrust(dir: string): string | undefined {
  const info = lstatSync(dir, { throwIfNoEntry: false })
  const uid = process.getuid?.() ?? 0
  if (info === undefined) return `${dir} is not there`
  if (info.isSymbolicLink()) return undefined
  if (info.uid !== 0 && info.uid !== uid) return `${dir} belongs to user ${info.uid}, who could have written anything for root to run`
  const groupOrOthers = 0o022
  return (info.mode & groupOrOthers) !== 0 ? `others than its owner may write to ${dir}` : undefined
}

function sourceAt(dir: string): Source | undefined {
  if (!entriesOf(dir).includes('Makefile')) return undefined
  const dkms = fieldsOf(textAt(join(dir, 'dkms.conf')))
  const [, folderName = '', folderVersion = ''] = /^([a-z_]+)-(.+)$/.exec(basename(dir)) ?? []
  const name = wordOf(dkms.get('PACKAGE_NAME')) || folderName || moduleNames[0]
  const version = wordOf(dkms.get('PACKAGE_VERSION')) || folderVersion || 'unknown'
  return { dir, name, version, hasDkms: dkms.has('PACKAGE_NAME') }
}

// What becomes a word of a command line is nothing but a name.
function wordOf(text: string | undefined): string {
  return text !== undefined && /^[\w.+~-]+$/.test(text) && !text.startsWith('-') ? text : ''
}

// 10.1.0+driver, 0.1.1dev+git2022: what semver compares.
function comparable(entry: string, name: string): string {
  const [, numbers = '0.0.0'] = /^v?(\d+(?:\.\d+)*)/.exec(entry.slice(name.length + 1)) ?? []
  return [...numbers.split('.'), '0', '0'].slice(0, 3).join('.')
}

function entriesOf(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
