import { toBoolean } from '../base/scalar.ts'
import { find, plain, textOf, texts } from './read.ts'
import type { Mapping, Tree } from './tree.ts'

// The keys whose values are lists of maps.

/** An entry of `rules:`: switches the rules that match on or off. */
export interface Selection {
  readonly action: 'enable' | 'disable'
  /** A name, or a pattern with `*`. */
  readonly rule: string | undefined
  readonly tag: string | undefined
}

export interface AppendOutput {
  readonly source: string
  readonly rule: string
  readonly tags: readonly string[]
  readonly extraOutput: string
  readonly extraFields: readonly ExtraField[]
  readonly suggestedOutput: boolean
}

export interface ExtraField {
  readonly name: string
  /** Absent where the field of this name is meant, with its own type. */
  readonly format?: string
}

export interface PluginConfig {
  readonly name: string
  readonly libraryPath: string
  /** As handed to the plugin: the text, or the map as JSON. */
  readonly initConfig: string
  readonly openParams: string
}

export function selections(tree: Mapping): Selection[] {
  return mapsOf(tree, 'rules').flatMap((entry) =>
    [...entry.entries].flatMap(([action, value]): Selection[] => {
      if ((action !== 'enable' && action !== 'disable') || value.kind !== 'map') return []
      return [{ action, rule: textOf(value.entries.get('rule')), tag: textOf(value.entries.get('tag')) }]
    }),
  )
}

export function appendOutputs(tree: Mapping): AppendOutput[] {
  return mapsOf(tree, 'append_output').map((entry) => {
    const match = entry.entries.get('match')
    const of = (key: string) => (match?.kind === 'map' ? match.entries.get(key) : undefined)
    return {
      source: textOf(of('source')) ?? '',
      rule: textOf(of('rule')) ?? '',
      tags: texts(of('tags')) ?? [],
      extraOutput: textOf(entry.entries.get('extra_output')) ?? '',
      extraFields: extraFields(entry.entries.get('extra_fields')),
      suggestedOutput: toBoolean(textOf(entry.entries.get('suggested_output')) ?? '') ?? false,
    }
  })
}

export function pluginConfigs(tree: Mapping): PluginConfig[] {
  return mapsOf(tree, 'plugins').map((entry) => {
    const init = entry.entries.get('init_config')
    return {
      name: textOf(entry.entries.get('name')) ?? '',
      libraryPath: textOf(entry.entries.get('library_path')) ?? '',
      initConfig: !init ? '' : init.kind === 'scalar' ? (init.text ?? '') : JSON.stringify(plain(init)),
      openParams: textOf(entry.entries.get('open_params')) ?? '',
    }
  })
}

function extraFields(tree: Tree | undefined): ExtraField[] {
  const items = tree?.kind === 'list' ? tree.items : tree ? [tree] : []
  return items.flatMap((item): ExtraField[] => {
    if (item.kind === 'map') return [...item.entries].map(([name, format]) => ({ name, format: textOf(format) ?? '' }))
    const name = textOf(item)
    return name === undefined ? [] : [{ name }]
  })
}

function mapsOf(tree: Mapping, key: string): Mapping[] {
  const node = find(tree, key)
  return node?.kind === 'list' ? node.items.filter((item) => item.kind === 'map') : []
}
