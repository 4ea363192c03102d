import { type Document, isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Node as YamlNode } from 'yaml'
import type { Entry, Node } from '../base/node.ts'
import { shorten } from '../base/text.ts'

/** The text is not YAML, or nested without end; `at` is an offset in it. */
export class YamlError extends Error {
  readonly at: number
  readonly hint: string | undefined

  constructor(message: string, at: number, hint?: string) {
    super(message)
    this.at = at
    this.hint = hint
  }
}

const maxTextLength = 256 * 1024
const maxDepth = 100
const tooDeep = 'too deeply nested'
const depthHint = `at most ${maxDepth} levels`

/**
 * The first document of a text, by the complete YAML parser; undefined where there is none.
 *
 * An alias gives the node of its anchor.
 *
 * @throws YamlError
 */
export function readAnyYaml(text: string): Node | undefined {
  const document = parse(text)
  return document?.contents ? new Converter(document).node(document.contents as YamlNode, 0) : undefined
}

function parse(text: string): Document | undefined {
  if (text.length > maxTextLength) {
    const hint = 'write it without tabs, anchors, aliases and tags, or split it by config_files'
    throw new YamlError(`larger than ${maxTextLength} characters, and with YAML that is slow to read`, 0, hint)
  }
  try {
    const options = { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const
    const [document] = parseAllDocuments(text, options) as Document[]
    const error = document?.errors[0]
    if (error) throw new YamlError(`not valid YAML: ${shorten(error.message.replace(/\s+/g, ' ').trim(), 200)}`, error.pos[0])
    return document
  } catch (error) {
    if (error instanceof YamlError) throw error
    // The parser recurses: text nested ten thousand deep ends here.
    throw new YamlError(tooDeep, 0, depthHint)
  }
}

class Converter {
  readonly #document: Document
  readonly #anchors = new Map<YamlNode, Node>()

  constructor(document: Document) {
    this.#document = document
  }

  node(node: YamlNode | null, at: number, level = 0): Node {
    const start = node?.range?.[0] ?? at
    if (level > maxDepth) throw new YamlError(tooDeep, start, depthHint)
    if (isAlias(node)) {
      const target = node.resolve(this.#document) as YamlNode | undefined
      // An alias inside of its own anchor has no node yet.
      const known = target && this.#anchors.get(target)
      if (!known) throw new YamlError(`alias *${node.source} has no anchor`, start)
      return known
    }
    const converted = this.#convert(node, start, level)
    if (node) this.#anchors.set(node, converted)
    return converted
  }

  #convert(node: YamlNode | null, at: number, level: number): Node {
    if (isSeq(node)) return { kind: 'sequence', at, items: node.items.map((item) => this.node(item as YamlNode | null, at, level + 1)) }
    if (isMap(node)) return { kind: 'mapping', at, entries: node.items.map((pair) => this.#entry(pair, at, level)) }
    if (!isScalar(node)) return { kind: 'scalar', at, text: '', isPlain: true }
    const isPlain = node.type === 'PLAIN' || node.type === undefined
    return { kind: 'scalar', at, text: String(node.value ?? ''), isPlain }
  }

  #entry({ key, value }: { readonly key: unknown; readonly value: unknown }, at: number, level: number): Entry {
    const name = this.node(key as YamlNode | null, at, level + 1)
    return { key: name, value: this.node(value as YamlNode | null, name.at, level + 1) }
  }
}
