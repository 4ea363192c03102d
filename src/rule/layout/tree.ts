import { isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { type Gap, noGap, readGap, unsupported } from './gap.ts'

// A part of a YAML text that is made of block collections, with all that stands between their entries.

export type Value = BlockMap | BlockSeq | Flow | Text

export interface BlockMap {
  readonly kind: 'map'
  readonly entries: readonly Entry[]
  readonly end: number
}

export interface Entry {
  /** What stands before the key. */
  readonly gap: Gap
  /** As written, with quotes. */
  readonly key: string
  readonly name: string
  /** Column of the key. */
  readonly column: number
  /** The comment behind the colon, where the value starts on a line of its own. */
  readonly comment: string | undefined
  readonly value: Value | undefined
  readonly end: number
}

export interface BlockSeq {
  readonly kind: 'seq'
  readonly items: readonly { readonly gap: Gap; readonly column: number; readonly value: Value | undefined }[]
  readonly end: number
}

/** A sequence in brackets; undefined items where it is more than scalars and sequences of them. */
export interface Flow {
  readonly kind: 'flow'
  readonly items: readonly string[] | undefined
  /** Whether each item was on a line of its own. */
  readonly isTall: boolean
  readonly source: string
  readonly end: number
}

/** A scalar as written, or what is kept as it is: an alias, a mapping in braces. */
export interface Text {
  readonly kind: 'text'
  readonly source: string
  /** What the scalar says; undefined for what is none. */
  readonly text: string | undefined
  readonly style: 'plain' | 'quoted' | 'block' | 'other'
  readonly end: number
}

/**
 * Reads a node of the YAML library.
 *
 * @throws unsupported where it has anchors, tags, explicit keys or comments in unusual places.
 */
export function readValue(text: string, node: unknown): Value | undefined {
  if (isMap(node)) return node.flow ? whole(text, node) : readMap(text, node)
  if (isSeq(node)) return node.flow ? readFlow(text, node) : readSeq(text, node)
  if (isScalar(node)) return readScalar(text, node)
  if (isAlias(node)) return whole(text, node)
  throw unsupported
}

/** Where a node starts, and its column. */
export function startOf(text: string, node: unknown): { at: number; column: number } {
  const at = (node as { range?: readonly number[] | null } | null)?.range?.[0]
  if (at === undefined) throw unsupported
  return { at, column: at - (text.lastIndexOf('\n', at - 1) + 1) }
}

function readMap(text: string, map: YAMLMap): BlockMap {
  const entries: Entry[] = []
  let from: number | undefined
  for (const pair of map.items as Pair[]) {
    const entry = readEntry(text, pair, from)
    entries.push(entry)
    from = entry.end
  }
  if (from === undefined) throw unsupported
  return { kind: 'map', entries, end: from }
}

function readEntry(text: string, { key, value }: Pair, from: number | undefined): Entry {
  if (!isScalar(key) || !key.range || key.anchor || key.tag) throw unsupported
  const { at, column } = startOf(text, key)
  const [, keyEnd] = key.range
  const colon = /^[ ]*:(?=[ \n]|$)/.exec(text.slice(keyEnd, keyEnd + 100))
  if (!colon || text.slice(at, keyEnd).includes('\n')) throw unsupported
  const gap = from === undefined ? noGap : readGap(text, from, at, '')
  const base = { gap, key: text.slice(at, keyEnd), name: String(key.value), column }
  const after = keyEnd + colon[0].length
  if (isEmpty(value)) return { ...base, comment: undefined, value: undefined, end: after }
  const read = readValue(text, value)
  return { ...base, ...readValueGap(text, after, value, read), end: read?.end ?? after }
}

// Between a colon and its value: nothing but blanks, or for a collection on lines of its own a comment.
function readValueGap(text: string, from: number, node: unknown, value: Value | undefined): Pick<Entry, 'comment' | 'value'> {
  const { at } = startOf(text, node)
  const between = text.slice(from, at)
  if (!between.includes('\n')) {
    if (between.trim() !== '') throw unsupported
    return { comment: undefined, value }
  }
  const gap = readGap(text, from, at, '')
  if (!value || gap.lines.some(({ text: line }) => line !== '' && value.kind !== 'map' && value.kind !== 'seq')) throw unsupported
  if (gap.trailing !== undefined && value.kind !== 'map' && value.kind !== 'seq') throw unsupported
  return { comment: gap.trailing, value: withLead(value, gap) }
}

// Comments above the first entry belong to it.
function withLead(value: Value, { lines }: Gap): Value {
  if (lines.every(({ text }) => text === '')) return value
  const lead: Gap = { trailing: undefined, lines }
  if (value.kind === 'map') return { ...value, entries: value.entries.map((entry, i) => (i === 0 ? { ...entry, gap: lead } : entry)) }
  if (value.kind === 'seq') return { ...value, items: value.items.map((item, i) => (i === 0 ? { ...item, gap: lead } : item)) }
  return value
}

function readSeq(text: string, seq: YAMLSeq): BlockSeq {
  const items: { gap: Gap; column: number; value: Value | undefined }[] = []
  const { at: first } = startOf(text, seq)
  let from = first
  for (const [i, item] of seq.items.entries()) {
    if (isEmpty(item)) throw unsupported
    const { at } = startOf(text, item)
    const gap = i === 0 ? readFirst(text, first, at) : readGap(text, from, at, '-')
    const dash = text.lastIndexOf('-', at - 1)
    const value = readValue(text, item)
    items.push({ gap, column: dash - (text.lastIndexOf('\n', dash - 1) + 1), value })
    from = value?.end ?? at
  }
  if (items.length === 0) throw unsupported
  return { kind: 'seq', items, end: from }
}

function readFirst(text: string, from: number, to: number): Gap {
  if (!/^-[ ]+$/.test(text.slice(from, to))) throw unsupported
  return noGap
}

function readFlow(text: string, seq: YAMLSeq): Flow {
  const { source, end } = whole(text, seq)
  const items = seq.items.map((item) => flowItem(text, item))
  // A comment between the brackets would go on to their end.
  const isPlain = items.every((item) => item !== undefined) && !hasComment(text, seq)
  return { kind: 'flow', items: isPlain ? items : undefined, isTall: isTall(text, seq), source, end }
}

function isTall(text: string, { items }: YAMLSeq): boolean {
  const starts = items.map((item) => startOf(text, item).at)
  return starts.length > 1 && starts.every((at, i) => i === 0 || text.slice(starts[i - 1], at).includes('\n'))
}

function flowItem(text: string, node: unknown): string | undefined {
  if (isScalar(node)) {
    if (node.anchor || node.tag || !node.range) return undefined
    const source = text.slice(node.range[0], node.range[1])
    return source === '' || source.includes('\n') ? undefined : source
  }
  if (!isSeq(node) || node.anchor || node.tag) return undefined
  const items = node.items.map((item) => flowItem(text, item))
  return items.every((item) => item !== undefined) ? `[${items.join(', ')}]` : undefined
}

function hasComment(text: string, seq: YAMLSeq): boolean {
  let from = startOf(text, seq).at + 1
  for (const item of seq.items) {
    const range = (item as { range?: readonly number[] | null }).range
    if (!range || text.slice(from, range[0]).includes('#') || (isSeq(item) && hasComment(text, item))) return true
    from = range[1] ?? from
  }
  return text.slice(from, seq.range?.[1]).includes('#')
}

function readScalar(text: string, node: Scalar): Text {
  if (!node.range || node.anchor || node.tag) throw unsupported
  const [start, end] = node.range
  const style = node.type === 'PLAIN' ? 'plain' : node.type?.startsWith('QUOTE') ? 'quoted' : 'block'
  const source = text.slice(start, end)
  const kept = style === 'block' ? source.replace(/\n[ \n]*$/, '') : source
  return { kind: 'text', source: kept, text: String(node.value), style, end: start + kept.length }
}

function whole(text: string, node: { readonly range?: readonly number[] | null }): Text {
  const [start = 0, end = 0] = node.range ?? []
  if (!node.range || ('anchor' in node && node.anchor) || ('tag' in node && node.tag)) throw unsupported
  return { kind: 'text', source: text.slice(start, end), text: undefined, style: 'other', end }
}

function isEmpty(node: unknown): boolean {
  return (
    node === null ||
    node === undefined ||
    (isScalar(node) && node.range !== undefined && node.range !== null && node.range[0] === node.range[1] && !node.anchor && !node.tag)
  )
}
