import { Fault, type Place } from '../base/fault.ts'
import { isNull, type MappingNode, type Node } from '../base/node.ts'
import { readPlainYaml } from '../base/plain_yaml.ts'
import { visible, withoutMark } from '../base/text.ts'

// A configuration as it was written: scalars are text, as whoever reads a key decides what it must be. YAML's own
// guesses (010 is 8, no is false) would be wrong for half of the keys.
export type Tree = Scalar | List | Mapping

export interface Scalar {
  readonly kind: 'scalar'
  /** undefined is YAML's null. */
  text: string | undefined
  readonly place: Place
}
export interface List {
  readonly kind: 'list'
  readonly items: Tree[]
  readonly place: Place
}
export interface Mapping {
  readonly kind: 'map'
  readonly entries: Map<string, Tree>
  /** Where each key stands. */
  readonly keys: Map<string, Place>
  /** Keys that were written again; the first one counts. */
  readonly repeated: { readonly key: string; readonly place: Place }[]
  readonly place: Place
}

const fileBytes = 1 << 20
const nodes = 100_000
const depth = 100

/**
 * The tree of one file's text; empty text is an empty map.
 *
 * @throws Fault `config-syntax` with the place where it is not YAML, or is no map, or is unreasonably large or deep.
 */
export function parseTree(text: string, file: string): Mapping {
  if (text.length > fileBytes)
    throw new Fault('config-syntax', `configuration of ${text.length} bytes`, { place: { file }, hint: 'the limit is 1 MiB' })
  const reader = new Reader(withoutMark(text), file)
  const tree = reader.read()
  if (tree === undefined || (tree.kind === 'scalar' && tree.text === undefined)) return emptyMap({ file })
  if (tree.kind !== 'map')
    throw new Fault('config-syntax', 'the configuration is not a map of keys', { place: tree.place, hint: 'write KEY: VALUE lines' })
  return tree
}

/** A value as it stands after `=` in an option: a scalar, or JSON and flow YAML where it begins with a bracket or brace. */
export function parseValue(text: string, place: Place): Tree {
  if (!/^\s*[[{]/.test(text)) return { kind: 'scalar', text, place }
  return new Reader(text, place.file).read() ?? { kind: 'scalar', text: undefined, place }
}

export function emptyMap(place: Place): Mapping {
  return { kind: 'map', entries: new Map(), keys: new Map(), repeated: [], place }
}

/** The same tree, with `change` done to each scalar's text. */
export function mapScalars(tree: Tree, change: (text: string) => string): void {
  if (tree.kind === 'scalar') {
    if (tree.text !== undefined) tree.text = change(tree.text)
    return
  }
  for (const child of tree.kind === 'list' ? tree.items : tree.entries.values()) mapScalars(child, change)
}

class Reader {
  readonly #text: string
  readonly #file: string
  #lineStarts: readonly number[] | undefined
  #nodes = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  read(): Tree | undefined {
    const node = this.#parse()
    return node && this.#convert(node, 0)
  }

  #parse(): Node | undefined {
    const zero = this.#text.indexOf('\0')
    if (zero >= 0) {
      const hint = 'name the configuration, and save it as UTF-8'
      const line = this.#text.slice(0, zero).split('\n').length
      throw new Fault('config-syntax', 'this is not text: it has a zero byte', { place: { file: this.#file, line }, hint })
    }
    const plain = readPlainYaml(this.#text)
    if (plain) return plain[0]
    // The parser takes longer to load than most files to read.
    const { readAnyYaml, YamlError } = require('./complete_yaml.ts') as typeof import('./complete_yaml.ts')
    try {
      return readAnyYaml(this.#text)
    } catch (error) {
      if (!(error instanceof YamlError)) throw error
      throw new Fault('config-syntax', error.message, { place: this.#place(error.at), hint: error.hint, cause: error })
    }
  }

  /** A deep copy: an anchor's aliases are one node in several places. */
  #convert(node: Node, level: number): Tree {
    const place = this.#place(node.at)
    if (level > depth) throw new Fault('config-syntax', 'too deeply nested', { place, hint: `at most ${depth} levels` })
    if (++this.#nodes > nodes) throw new Fault('config-syntax', 'too large once its aliases are followed', { place })
    if (node.kind === 'sequence') return { kind: 'list', items: node.items.map((item) => this.#convert(item, level + 1)), place }
    if (node.kind === 'mapping') return this.#convertMap(node, place, level)
    return { kind: 'scalar', text: isNull(node) ? undefined : node.text, place }
  }

  #convertMap({ entries }: MappingNode, place: Place, level: number): Mapping {
    const map = emptyMap(place)
    for (const { key, value } of entries) {
      const keyPlace = this.#place(key.at)
      const name = key.kind === 'scalar' ? key.text : ''
      if (map.entries.has(name)) {
        map.repeated.push({ key: name, place: keyPlace })
        continue
      }
      map.keys.set(name, keyPlace)
      map.entries.set(name, this.#convert(value, level + 1))
    }
    return map
  }

  #place(offset: number): Place {
    const starts = this.#starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    const start = starts[low] ?? 0
    const end = this.#text.indexOf('\n', start)
    const snippet = this.#text
      .slice(start, end < 0 ? undefined : end)
      .replace(/[\t\r]/g, ' ')
      .slice(0, 200)
    return { file: this.#file, line: low + 1, column: offset - start + 1, snippet: visible(snippet) }
  }

  #starts(): readonly number[] {
    if (this.#lineStarts) return this.#lineStarts
    const starts = [0]
    for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#lineStarts = starts
    return starts
  }
}
