import { isNull, type MappingNode, type Node } from '../base/node.ts'
import type { Collection, Requirement } from './collection.ts'
import type { LoadOptions } from './options.ts'
import { type Context, LoadError } from './problem.ts'
import { Reader } from './reader.ts'
import type { PluginVersion } from './ruleset.ts'
import { compareVersions, formatVersion, isCompatible, parseVersion, type Version } from './version.ts'

/** Reads `required_engine_version`: a number N stands for 0.N.0. */
export function collectEngineVersion(reader: Reader, collection: Collection, options: LoadOptions): void {
  const text = reader.text('required_engine_version')
  const asked: Version | undefined = /^\d+$/.test(text) ? [0, Number(text), 0] : parseVersion(text)
  const { context } = reader
  if (!asked) {
    const message = `Unable to parse engine version '${text}' as a semver string. Expected "x.y.z" semver format.`
    throw new LoadError('LOAD_ERR_VALIDATE', message, context)
  }
  const there = parseVersion(options.engineVersion) ?? [0, 0, 0]
  if (!isCompatible(there, asked)) {
    const message = `Rules require engine version ${formatVersion(asked)}, but engine version is ${formatVersion(there)}`
    throw new LoadError('LOAD_ERR_VALIDATE', message, context)
  }
  const greatest = parseVersion(collection.requiredEngineVersion) ?? [0, 0, 0]
  if (compareVersions(asked, greatest) > 0) collection.requiredEngineVersion = formatVersion(asked)
}

/** Reads `required_plugin_versions`: a list of plugins, each with others that would do as well. */
export function collectPluginVersions(reader: Reader, collection: Collection): void {
  const { value } = reader.required('required_plugin_versions')
  if (isNull(value)) return
  for (const node of reader.sequence('required_plugin_versions', value)) {
    const context = reader.context.within('required plugin versions entry', '', node.at)
    const entry = new Reader(asMapping(node, context), context)
    const alternatives = [readPlugin(entry)]
    const others = entry.entry('alternatives')
    for (const other of others && !isNull(others.value) ? entry.sequence('alternatives', others.value) : []) {
      const at = context.within('required plugin versions alternative', '', other.at)
      const plugin = readPlugin(new Reader(asMapping(other, at), at))
      if (alternatives.some(({ name }) => name === plugin.name)) {
        throw new LoadError('LOAD_ERR_VALIDATE', `Plugin '${plugin.name}' is asked for twice in one requirement`, at)
      }
      alternatives.push(plugin)
    }
    collection.requirements.push({ context, alternatives })
  }
}

function readPlugin(reader: Reader): PluginVersion {
  const name = reader.text('name')
  const version = reader.text('version')
  if (parseVersion(version)) return { name, version }
  throw new LoadError('LOAD_ERR_VALIDATE', `Invalid required version '${version}' for plugin '${name}'`, reader.context)
}

function asMapping(node: Node, context: Context): MappingNode {
  if (node.kind === 'mapping') return node
  throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a mapping', context)
}

/** A sentence for each requirement that no plugin satisfies. */
export function unmetRequirements(requirements: readonly Requirement[], plugins: readonly PluginVersion[]): readonly string[] {
  const unmet = requirements.filter(
    ({ alternatives }) => !alternatives.some((wanted) => plugins.some((plugin) => isEnough(plugin, wanted))),
  )
  const sentences = unmet.map(({ alternatives }) => {
    const wanted = alternatives.map(({ name, version }) => `${name} (>= ${version})`)
    return `Plugin requirement not satisfied, must load one of: ${wanted.join(', ')}`
  })
  return [...new Set(sentences)]
}

function isEnough(plugin: PluginVersion, wanted: PluginVersion): boolean {
  const there = parseVersion(plugin.version)
  const asked = parseVersion(wanted.version)
  return plugin.name === wanted.name && there !== undefined && asked !== undefined && isCompatible(there, asked)
}
