import { print } from '../../base/print.ts'
import { drivers } from '../../drivers/index.ts'
import { loadedModule } from '../../drivers/kmod/index.ts'
import { loadedVersion } from '../../drivers/kmod/load.ts'
import { readMade } from '../../drivers/kmod/made.ts'
import { installedSources } from '../../drivers/kmod/sources.ts'
import { defineCommand } from '../command.ts'
import { driverFlags, driverOptions } from './options.ts'

/** `eyas driver list`. */
export const listCommand = defineCommand({
  name: 'driver list',
  summary: 'Lists the drivers, and the modules and sources that are on this machine.',
  usage: '[OPTION...]',
  flags: [...driverFlags, { name: 'json', long: 'json', help: 'Print JSON.' }],
  run: ({ args, env }) => {
    const { host, home } = driverOptions(args, env)
    const loaded = loadedModule()
    const facts = {
      drivers: drivers.map(({ name, summary, probe }) => ({ name, summary, ...probe() })),
      loaded: loaded === undefined ? [] : [{ name: loaded.name, version: loadedVersion(loaded.name) ?? '', devices: `${loaded.devices}*` }],
      sources: installedSources(host.root).map(({ name, version, dir }) => ({ name, version, dir })),
      files: readMade(home).files,
    }
    return print(args.json ? `${JSON.stringify(facts, null, 2)}\n` : textOf(facts)) ? 0 : 1
  },
})

interface Facts {
  readonly drivers: readonly { readonly name: string; readonly summary: string; readonly isUsable: boolean; readonly reason: string }[]
  readonly loaded: readonly { readonly name: string; readonly version: string; readonly devices: string }[]
  readonly sources: readonly { readonly name: string; readonly version: string; readonly dir: string }[]
  readonly files: readonly string[]
}

function textOf({ drivers: all, loaded, sources, files }: Facts): string {
  const rows = [
    ...all.map(
      ({ name, summary, isUsable, reason }) =>
        `${name.padEnd(12)} ${isUsable ? 'usable' : 'not now'}: ${reason}\n${' '.repeat(13)}${summary}`,
    ),
    ...loaded.map(({ name, version, devices }) => `${'loaded'.padEnd(12)} ${name} ${version} (${devices})`),
    ...sources.map(({ name, version, dir }) => `${'source'.padEnd(12)} ${name} ${version} (${dir})`),
    ...files.map((file) => `${'file'.padEnd(12)} ${file}`),
  ]
  return `${rows.join('\n')}\n`
}
