import { readFileSync } from 'node:fs'
import { fileProblem } from '../base/errno.ts'
import { Fault, type Place } from '../base/fault.ts'
import { checkTree, type Problem } from './check.ts'
import { expand } from './expand.ts'
import { includePathsOf, includesOf, mergeInto } from './include.ts'
import { type AppendOutput, appendOutputs, type PluginConfig, pluginConfigs, type Selection, selections } from './items.ts'
import { type KeyRow, keyRows, type Settings } from './keys.ts'
import { override, parseOption } from './override.ts'
import { find, readSettings } from './read.ts'
import { emptyMap, type Mapping, mapScalars, parseTree, parseValue } from './tree.ts'
import { verify } from './verify.ts'

export interface Config {
  readonly settings: Settings
  readonly selections: readonly Selection[]
  readonly appendOutputs: readonly AppendOutput[]
  readonly plugins: readonly PluginConfig[]
  /** The files it was read from, in order. */
  readonly files: readonly ConfigFile[]
  /** The files and directories where it was looked for, also those that are not there. */
  readonly paths: readonly string[]
  /** Options whose keys or values are not as they should be. */
  readonly optionProblems: readonly Problem[]
  /** Keys that are set, but do nothing in this release. */
  readonly notInEffect: readonly string[]
  /** All of it as written, merged and expanded. */
  readonly tree: Mapping
}

export interface ConfigFile {
  readonly path: string
  /** As it was read. */
  readonly text: string
  readonly isEmpty: boolean
  readonly problems: readonly Problem[]
}

export interface ConfigSource {
  readonly path: string
  /** The text, where it does not come from a file. */
  readonly text?: string
  /** `-o` options, in order. */
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Reads a configuration: the main file, the files it includes, then the options over them.
 *
 * @throws Fault, Faults `config-unreadable`, `config-syntax`, `config-include`, `option-invalid`, `config-invalid`.
 */
export function loadConfig(source: ConfigSource): Config {
  const files: ConfigFile[] = []
  const tree = readTree(source.path, source.text, files)
  const others = addIncludes(tree, source.options)
  const expandText = (text: string) => expand(text, source.env)
  const includes = includePathsOf(tree, expandText)
  for (const { path, strategy } of includesOf(includes, source.path)) mergeInto(tree, readTree(path, undefined, files), strategy, path)
  const optionProblems = others.flatMap((option) => {
    override(tree, option)
    const alone = emptyMap({ file: `-o ${option}` })
    override(alone, option)
    return checkTree(alone).filter(({ message }) => message.startsWith('unknown key'))
  })
  mapScalars(tree, expandText)
  const config = { settings: readSettings(tree), plugins: pluginConfigs(tree) }
  verify({ ...config, placeOf: (key) => placeOf(tree, key) })
  return {
    ...config,
    selections: selections(tree),
    appendOutputs: appendOutputs(tree),
    files,
    paths: [...(source.text === undefined ? [source.path] : []), ...includes.map(({ path }) => path)],
    optionProblems,
    notInEffect: notInEffect(tree, config.settings),
    tree,
  }
}

function readTree(path: string, text: string | undefined, files: ConfigFile[]): Mapping {
  const content = text ?? readText(path)
  const tree = parseTree(content, path)
  files.push({ path, text: content, isEmpty: tree.entries.size === 0, problems: checkTree(tree) })
  return tree
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('config-unreadable', `cannot read the configuration: ${fileProblem(cause)}`, {
      place: { file: path || "''" },
      hint: 'check the path and who may read it, or name another file with -c',
      cause,
    })
  }
}

// `-o config_files=PATH` is one more file to include, not a value to set afterwards.
function addIncludes(tree: Mapping, options: readonly string[]): readonly string[] {
  const others: string[] = []
  for (const option of options) {
    const { path, value } = parseOption(option)
    const [first, second] = path
    if (typeof first !== 'object' || !('key' in first) || first.key !== 'config_files' || (path.length > 1 && second !== 'append')) {
      others.push(option)
      continue
    }
    const place: Place = { file: `-o ${option}` }
    const old = tree.entries.get('config_files')
    const items = old?.kind === 'list' ? old.items : old && !(old.kind === 'scalar' && old.text === undefined) ? [old] : []
    tree.entries.set('config_files', { kind: 'list', items: [...items, parseValue(value, place)], place })
  }
  return others
}

function placeOf(tree: Mapping, key: string): Place | undefined {
  const dot = key.lastIndexOf('.')
  const parent = dot < 0 ? tree : find(tree, key.slice(0, dot))
  return parent?.kind === 'map' ? parent.keys.get(key.slice(dot + 1)) : undefined
}

// Only what would be missed: keys at their default, and parts of what is switched off, are not worth a word.
function notInEffect(tree: Mapping, settings: Settings): string[] {
  const values: Readonly<Record<string, unknown>> = settings
  return (keyRows as readonly KeyRow[])
    .filter(([key, , fallback, , extra]) => {
      if (extra?.effect !== 'later' || key.includes('[]') || !placeOf(tree, key)) return false
      const section = key.slice(0, key.indexOf('.'))
      const isOff =
        values[`${section}.enabled`] === false || (section === 'engine' && !key.startsWith(`engine.${settings['engine.kind']}.`))
      return !isOff && (values[key] === true || (values[key] !== false && JSON.stringify(values[key]) !== JSON.stringify(fallback)))
    })
    .map(([key]) => key)
}
