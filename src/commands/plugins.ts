import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { Action } from './command.ts'
import { loadedPlugins } from './shared/plugins.ts'

/** `--list-plugins`: those that the configuration loads. */
export const listPluginsAction: Action = {
  name: 'list-plugins',
  isWanted: ({ args }) => args.listPlugins,
  run: (context) => {
    const loaded = loadedPlugins(context)
    return print(`${loaded.length} Plugins Loaded:\n\n${loaded.map(({ plugin }) => `${describe(plugin)}\n`).join('')}`) ? 0 : 1
  },
}

/** `--plugin-info NAME`. */
export const pluginInfoAction: Action = {
  name: 'plugin-info',
  isWanted: ({ args }) => args.pluginInfo !== undefined,
  run: (context) => {
    const { pluginInfo = '' } = context.args
    const loaded = loadedPlugins(context)
    const found = loaded.find(({ plugin }) => plugin.name === pluginInfo)
    if (found !== undefined) return print(`${describe(found.plugin)}\n${describeOptions(found.plugin)}`) ? 0 : 1
    const near = closest(
      pluginInfo,
      loaded.map(({ plugin }) => plugin.name),
    )
    throw new Fault('plugin-unknown', `can't find plugin and print its info: ${pluginInfo}`, {
      hint: near ? `did you mean ${near}?` : 'see --list-plugins for those that are loaded',
    })
  },
}

function describe({ name, description, contact, version, source, fields }: Plugin): string {
  const hasFields = fields(source?.name ?? '') !== undefined
  return [
    `Name: ${name}`,
    `Description: ${description}`,
    `Contact: ${contact}`,
    `Version: ${version}`,
    'Capabilities:',
    ...(source ? [`  - Event Sourcing (ID=${source.id}, source='${source.name}')`] : []),
    ...(hasFields ? ['  - Field Extraction'] : []),
    '',
  ].join('\n')
}

function describeOptions({ initSchema, source }: Plugin): string {
  const open = source ? ['Suggested open params:', ...source.openParams.map((each) => `  ${each}`), ''] : []
  return ['Init config schema type: JSON Schema', JSON.stringify(initSchema, undefined, 2), '', ...open].join('\n')
}
