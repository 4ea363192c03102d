import { Fault } from '../../base/fault.ts'
import type { PluginConfig } from '../../config/items.ts'
import { find } from '../../config/read.ts'
import { plugins as builtIns } from '../../plugins/index.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import type { Context } from '../context.ts'

/** A plugin that is in use. */
export interface LoadedPlugin {
  readonly plugin: Plugin
  /** Whether the configuration has it in `plugins`. */
  readonly isConfigured: boolean
  /** What it says there. */
  readonly config: Pick<PluginConfig, 'initConfig' | 'openParams'>
}

/** All sources that there can be: system calls, and those of plugins, in use or not. */
export const everySource: readonly string[] = ['syscall', ...builtIns.flatMap(({ source }) => source?.name ?? [])]

type PluginContext = Pick<Context, 'args' | 'config'>

// Of Falco's plugins, this one is no plugin here: its fields are always there.
const alwaysThere = 'container'

/**
 * The plugins that the configuration loads; and k8saudit with json, where the command line names their source, or the web server
 * has an endpoint for it, as in old releases of Falco.
 *
 * @throws Fault `plugin-unknown` for a plugin that is not built in.
 */
export function loadedPlugins(context: PluginContext): readonly LoadedPlugin[] {
  const loaded = configured(context)
  if (!isAsked(context)) return loaded
  const missing = builtIns.filter(({ name }) => !loaded.some(({ plugin }) => plugin.name === name))
  return [...loaded, ...missing.map((plugin) => ({ plugin, isConfigured: false, config: { initConfig: '', openParams: '' } }))]
}

/** The path of the audit webhook on the web server, where the configuration wants it there. */
export function auditEndpoint({ config }: Pick<Context, 'config'>): string | undefined {
  const { settings, tree } = config
  const isWanted = settings['webserver.enabled'] && find(tree, 'webserver.k8s_audit_endpoint') !== undefined
  return isWanted ? settings['webserver.k8s_audit_endpoint'] : undefined
}

function configured({ config }: PluginContext): LoadedPlugin[] {
  const { load_plugins: wanted } = config.settings
  const entries = config.plugins.filter(({ name }) => name !== alwaysThere && (wanted?.includes(name) ?? true))
  return entries.map((entry) => ({ plugin: pluginOf(entry.name), isConfigured: true, config: entry }))
}

function isAsked(context: PluginContext): boolean {
  const { args } = context
  const named = [...args.enableSource, ...(args.list === undefined ? [] : [args.list])]
  return builtIns.some(({ source }) => source !== undefined && named.includes(source.name)) || auditEndpoint(context) !== undefined
}

function pluginOf(name: string): Plugin {
  const plugin = builtIns.find((each) => each.name === name)
  if (plugin !== undefined) return plugin
  throw new Fault('plugin-unknown', `Cannot load plugin '${name}': Eyas loads no libraries, and has no such plugin built in`, {
    hint: `take it out of load_plugins; built in are ${[...builtIns.map((each) => each.name), alwaysThere].join(', ')}`,
  })
}
