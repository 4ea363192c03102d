import type { Place } from '../base/fault.ts'
import { toBoolean, toInteger, toNumber } from '../base/scalar.ts'
import { closest } from '../base/suggest.ts'
import type { KeyRow } from './keys.ts'
import { rootShape, type Shape } from './shape.ts'
import type { Mapping, Tree } from './tree.ts'

/** Something in a configuration that is not as the key table says. It never stops the program: existing files may have it. */
export interface Problem {
  readonly place: Place
  /** Dotted path of the key. */
  readonly key: string
  readonly message: string
}

/** All problems of one file (or of one option), in the order they stand there. */
export function checkTree(tree: Mapping): Problem[] {
  const problems: Problem[] = []
  checkMap(tree, rootShape, '', problems)
  return problems
}

function checkMap(tree: Mapping, shape: Shape, path: string, problems: Problem[]): void {
  for (const { key, place } of tree.repeated)
    problems.push({ place, key: join(path, key), message: `${join(path, key)} is there twice; the first one counts` })
  for (const [name, child] of tree.entries) {
    const key = join(path, name)
    const place = tree.keys.get(name) ?? child.place
    const next = shape.children.get(name)
    if (next) checkValue(child, next, key, place, problems)
    else problems.push({ place, key, message: `unknown key ${key}${suggestion(name, path, shape)}` })
  }
}

function checkValue(tree: Tree, shape: Shape, key: string, place: Place, problems: Problem[]): void {
  if (tree.kind === 'scalar' && tree.text === undefined) return
  if (shape.row === undefined && tree.kind === 'map') {
    checkMap(tree, shape, key, problems)
    return
  }
  if (shape.row?.[1] === 'list' && tree.kind === 'list') {
    checkElements(tree.items, shape, key, problems)
    return
  }
  const wrong = wrongness(tree, key, shape.row)
  if (wrong !== undefined) problems.push({ place, key, message: `${key} must be ${wrong}` })
}

function checkElements(items: readonly Tree[], shape: Shape, key: string, problems: Problem[]): void {
  if (!shape.element) return
  for (const [i, item] of items.entries()) {
    if (item.kind === 'map') checkMap(item, shape.element, `${key}[${i}]`, problems)
    else if (key !== 'config_files')
      problems.push({ place: item.place, key: `${key}[${i}]`, message: `${key}[${i}] must be a map of keys` })
  }
}

// What the value should have been, if it is not.
function wrongness(tree: Tree, key: string, row: KeyRow | undefined): string | undefined {
  if (!row) return 'a map of keys'
  const [, type, , , extra] = row
  if (type === 'any') return undefined
  // config_files takes one path as well as a list of them.
  if (type === 'list') return key === 'config_files' && tree.kind === 'scalar' ? undefined : words.list
  if (type === 'map') return tree.kind === 'map' ? undefined : 'a map of names to texts'
  if (type === 'strings')
    return tree.kind === 'map' || (tree.kind === 'list' && tree.items.some((item) => item.kind !== 'scalar'))
      ? 'a list of texts'
      : undefined
  if (tree.kind !== 'scalar') return words[type]
  const text = tree.text ?? ''
  if (type === 'boolean') return toBoolean(text) === undefined ? words.boolean : undefined
  if (type === 'string') return extra?.values && !extra.values.includes(text) ? `one of ${extra.values.join(', ')}` : undefined
  const number = type === 'integer' ? toInteger(text) : toNumber(text)
  if (number === undefined) return words[type]
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = extra ?? {}
  if (number >= min && number <= max) return undefined
  return Number.isFinite(max) ? `from ${min} to ${max}` : `${min} or more`
}

const words = { boolean: 'true or false', integer: 'a whole number', number: 'a number', string: 'a text', list: 'a list' } as const

function suggestion(name: string, path: string, shape: Shape): string {
  const near = closest(name, shape.children.keys())
  if (near !== undefined) return `; did you mean ${join(path, near)}?`
  // A key in the wrong section, or one that the right section was forgotten for.
  const elsewhere = findPath(rootShape, name, '')
  return elsewhere === undefined ? '' : `; did you mean ${elsewhere}?`
}

function findPath(shape: Shape, name: string, path: string): string | undefined {
  for (const [child, next] of shape.children) {
    if (child === name) return join(path, child)
    const deeper = findPath(next, name, join(path, child))
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
