import { Fault } from '../base/fault.ts'
import { toBoolean, toInteger, toNumber } from '../base/scalar.ts'
import { type KeyDefault, type KeyRow, keyRows, type Settings } from './keys.ts'
import type { Mapping, Tree } from './tree.ts'

/**
 * The values of all keys that have one. A value of the wrong type gives the key's default, as Falco does.
 *
 * @throws Fault `config-invalid` where a single value or a list stands in place of a section.
 */
export function readSettings(tree: Mapping): Settings {
  const settings: Record<string, KeyDefault> = {}
  for (const row of keyRows as readonly KeyRow[]) {
    const [key, type] = row
    if (type === 'list' || type === 'any' || key.includes('[]')) continue
    settings[key] = readValue(find(tree, key), row)
  }
  return settings as unknown as Settings
}

/** What stands at a dotted path; undefined where nothing does. */
export function find(tree: Mapping, path: string): Tree | undefined {
  let at: Tree = tree
  for (const part of path.split('.')) {
    if (at.kind === 'scalar' && at.text === undefined) return undefined
    if (at.kind !== 'map') {
      throw new Fault('config-invalid', `a section with keys such as ${path} is expected here`, {
        place: at.place,
        hint: `write ${path.replaceAll('.', ': { ')}: ...`,
      })
    }
    const next = at.entries.get(part)
    if (!next) return undefined
    at = next
  }
  return at
}

/** A key's value, or its default where the tree has none or one of another type. */
export function readValue(tree: Tree | undefined, [, type, fallback, , extra]: KeyRow): KeyDefault {
  if (!tree || (tree.kind === 'scalar' && tree.text === undefined)) return fallback
  if (type === 'strings') return texts(tree) ?? fallback
  if (type === 'map')
    return tree.kind === 'map' ? Object.fromEntries([...tree.entries].map(([name, value]) => [name, textOf(value) ?? ''])) : fallback
  const text = textOf(tree)
  if (text === undefined) return fallback
  if (type === 'boolean') return toBoolean(text) ?? fallback
  if (type === 'string') return text
  const number = type === 'integer' ? toInteger(text) : toNumber(text)
  const fits = number !== undefined && (extra?.strict || (number >= (extra?.min ?? number) && number <= (extra?.max ?? number)))
  return fits ? number : fallback
}

/** A list of texts; one text alone is a list of one. */
export function texts(tree: Tree | undefined): string[] | undefined {
  if (tree?.kind === 'list') return tree.items.map(textOf).filter((text) => text !== undefined)
  const text = textOf(tree)
  return text === undefined ? undefined : [text]
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' ? tree.text : undefined
}

/** The tree as plain data: for showing it and for plugins. Scalars that read as booleans or numbers are these. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(plain)
  if (tree.kind === 'map') return Object.fromEntries([...tree.entries].map(([name, value]) => [name, plain(value)]))
  const { text } = tree
  if (text === undefined) return null
  if (text === 'true' || text === 'false') return text === 'true'
  return /^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text
}
