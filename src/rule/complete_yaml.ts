import { Composer, type CST, isAlias, isMap, isScalar, isSeq, type Pair, Parser, type YAMLMap } from 'yaml'
import type { Entry, MappingNode, Node } from '../base/node.ts'
import { shorten } from '../base/text.ts'
import { YamlError } from './yaml_error.ts'

// The complete reader takes two seconds for each megabyte of small values.
const maxTextLength = 256 * 1024
// Each alias stands for everything below its anchor; some lines of them can stand for more than memory holds.
const maxAliasedNodes = 200_000
const maxNesting = 200
// The parser's messages quote the text, which may be one long line.
const longestMessage = 300
const maxOpenBrackets = 1000

/** Reads with the complete YAML parser, which is slow: 50 ms for 64 KB. */
export function readAnyYaml(text: string): readonly Node[] {
  if (text.length > maxTextLength) {
    throw new YamlError(
      `the file is larger than ${maxTextLength} characters and uses YAML that is slow to read (tabs, anchors, aliases or tags): write it without, or split it`,
      0,
    )
  }
  checkNesting(text)
  const nodes: Node[] = []
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
  for (const { errors, contents, range } of composer.compose(tokensOf(text))) {
    const [error] = errors
    if (error) throw new YamlError(reasonOf(error.message, text, error.pos[0]), Math.min(error.pos[0], text.length))
    nodes.push(new Converter(text).convert(contents, range[0]))
  }
  return nodes
}

// Ends at the first token that fits nowhere: what follows may be nothing but others.
function* tokensOf(text: string): Iterable<CST.Token> {
  for (const token of new Parser().parse(text)) {
    if (token.type === 'error') throw new YamlError(reasonOf(token.message, text, token.offset), Math.min(token.offset, text.length))
    yield token
  }
}

function reasonOf(message: string, text: string, at: number): string {
  const indent = /^[ -]*\t/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1))
  return indent ? 'the line is indented with a tab; YAML takes spaces only' : shorten(message, longestMessage)
}

// A parser's time and stack grow with nesting, and brackets and dashes nest without lines that grow.
function checkNesting(text: string): void {
  const dashes = /(?:[-?:][ \t]+){200}/.exec(text)
  if (dashes) throw new YamlError(`the text is nested more than ${maxNesting} deep`, dashes.index)
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x5b || char === 0x7b) depth++
    else if ((char === 0x5d || char === 0x7d) && depth > 0) depth--
    if (depth > maxOpenBrackets) throw new YamlError(`more than ${maxOpenBrackets} brackets are open at once`, at)
  }
}

class Converter {
  private readonly text: string
  private readonly anchors = new Map<string, { readonly node: Node; readonly count: number }>()
  private count = 0
  private aliased = 0
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  convert(node: unknown, at: number): Node {
    if (isAlias(node)) return this.resolve(node.source, node.range?.[0] ?? at)
    const before = this.count++
    const anchor = (node as { anchor?: string } | null)?.anchor
    const converted = this.convertNew(node, at)
    if (anchor !== undefined) this.anchors.set(anchor, { node: converted, count: this.count - before })
    return converted
  }

  private convertNew(node: unknown, at: number): Node {
    if (isScalar(node)) {
      const text = typeof node.value === 'string' ? node.value : ''
      const isPlain = node.type === 'PLAIN' && node.tag !== '!!str' && node.tag !== 'tag:yaml.org,2002:str'
      return { kind: 'scalar', at: node.range?.[0] ?? at, text, isPlain: isPlain || node.type === undefined }
    }
    if (++this.depth > maxNesting) throw new YamlError(`the text is nested more than ${maxNesting} deep`, at)
    let converted: Node = { kind: 'scalar', at, text: '', isPlain: true }
    if (isSeq(node)) {
      const start = node.range?.[0] ?? at
      converted = { kind: 'sequence', at: start, items: node.items.map((item) => this.convert(item, start)) }
    } else if (isMap(node)) converted = this.convertMap(node, at)
    this.depth--
    return converted
  }

  private convertMap(node: YAMLMap, at: number): MappingNode {
    const start = node.range?.[0] ?? at
    const entries: Entry[] = []
    const merged: Entry[] = []
    for (const pair of node.items as Pair[]) {
      const key = this.convert(pair.key, start)
      const value = this.convert(pair.value, key.at)
      if (key.kind === 'scalar' && key.isPlain && key.text === '<<' && value.kind !== 'scalar')
        for (const entry of mergedEntries(value)) merged.push(entry)
      else entries.push({ key, value })
    }
    // Keys of the mapping itself hold over merged ones, earlier merged ones over later ones.
    return { kind: 'mapping', at: start, entries: merged.length > 0 ? withoutRepeats([...entries, ...merged]) : entries }
  }

  private resolve(name: string, at: number): Node {
    const found = this.anchors.get(name)
    if (!found) throw new YamlError(`the alias *${name} has no anchor &${name} before it`, at)
    this.aliased += found.count
    this.count += found.count
    if (this.aliased > maxAliasedNodes) throw new YamlError(`aliases stand for more than ${maxAliasedNodes} values`, at)
    return found.node
  }
}

function mergedEntries(node: Node): readonly Entry[] {
  if (node.kind === 'mapping') return node.entries
  return node.kind === 'sequence' ? node.items.flatMap(mergedEntries) : []
}

function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>()
  return entries.filter(({ key }) => key.kind !== 'scalar' || (!seen.has(key.text) && seen.add(key.text)))
}
