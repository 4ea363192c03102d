import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLError, type Node as YamlNode } from 'yaml'
import { Fault, type Place } from '../base/fault.ts'
import { shorten, visible } from '../base/text.ts'

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
  const reader = new Reader(text, file)
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

/** A deep copy: an anchor's aliases would otherwise be one tree in several places. */
class Reader {
  readonly #text: string
  readonly #file: string
  readonly #lines = new LineCounter()
  #document: Document | undefined
  #nodes = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  read(): Tree | undefined {
    const document = this.#parse()
    this.#document = document
    return document?.contents ? this.#convert(document.contents as YamlNode, 0) : undefined
  }

  #parse(): Document | undefined {
    const zero = this.#text.indexOf('\0')
    if (zero >= 0) {
      const hint = 'name the configuration, and save it as UTF-8'
      const line = this.#text.slice(0, zero).split('\n').length
      throw new Fault('config-syntax', 'this is not text: it has a zero byte', { place: { file: this.#file, line }, hint })
    }
    try {
      const options = { schema: 'failsafe', lineCounter: this.#lines, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const
      const [document] = parseAllDocuments(this.#text, options) as Document[]
      const error = document?.errors[0]
      if (error) throw this.#fault(error)
      return document
    } catch (cause) {
      if (cause instanceof Fault) throw cause
      // The parser recurses: text nested ten thousand deep ends here.
      throw new Fault('config-syntax', 'too deeply nested', { place: { file: this.#file }, hint: `at most ${depth} levels`, cause })
    }
  }

  #fault(error: YAMLError): Fault {
    const message = shorten(error.message.replace(/\s+/g, ' ').trim(), 200)
    return new Fault('config-syntax', `not valid YAML: ${message}`, { place: this.#place(error.pos[0]) })
  }

  #convert(node: YamlNode, level: number): Tree {
    const place = this.#place(node.range?.[0] ?? 0)
    if (level > depth) throw new Fault('config-syntax', 'too deeply nested', { place, hint: `at most ${depth} levels` })
    if (++this.#nodes > nodes) throw new Fault('config-syntax', 'too large once its aliases are followed', { place })
    if (isAlias(node)) {
      const target = this.#document && node.resolve(this.#document)
      if (!target) throw new Fault('config-syntax', `alias *${node.source} has no anchor`, { place })
      return this.#convert(target as YamlNode, level + 1)
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.#convert(item as YamlNode, level + 1)), place }
    if (isMap(node)) return this.#convertMap(node.items, place, level)
    return { kind: 'scalar', text: isScalar(node) ? scalarText(node) : undefined, place }
  }

  #convertMap(pairs: readonly { readonly key: unknown; readonly value: unknown }[], place: Place, level: number): Mapping {
    const map = emptyMap(place)
    for (const { key, value } of pairs) {
      const keyPlace = this.#place((key as YamlNode | null)?.range?.[0] ?? 0)
      const name = isScalar(key) ? String(key.value) : ''
      if (map.entries.has(name)) {
        map.repeated.push({ key: name, place: keyPlace })
        continue
      }
      map.keys.set(name, keyPlace)
      map.entries.set(name, value ? this.#convert(value as YamlNode, level + 1) : { kind: 'scalar', text: undefined, place: keyPlace })
    }
    return map
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    const start = this.#lines.lineStarts[line - 1] ?? 0
    const end = this.#text.indexOf('\n', start)
    const snippet = this.#text
      .slice(start, end < 0 ? undefined : end)
      .replace(/[\t\r]/g, ' ')
      .slice(0, 200)
    return { file: this.#file, line, column: col, snippet: visible(snippet) }
  }
}

function scalarText(node: { readonly value: unknown; readonly type?: string }): string | undefined {
  const text = String(node.value ?? '')
  return node.type === 'PLAIN' && /^(|~|null|Null|NULL)$/.test(text) ? undefined : text
}
