import { layCondition } from './condition.ts'
import { type Gap, unsupported } from './gap.ts'
import type { BlockMap, BlockSeq, Entry, Flow, Text, Value } from './tree.ts'

/** Columns of a line, where it can be broken. */
export const lineWidth = 120
const step = 2

/** How the keys of a mapping are laid out. */
export interface MapOptions {
  /** Keys in their order; others follow as they are. Absent where the order stays. */
  readonly order?: readonly string[]
  /** Whether `condition` is one. */
  readonly hasCondition?: boolean
}

/** The lines of an item of a rules file, from its dash on. */
export function printItem(map: BlockMap, options: MapOptions, trailing: string | undefined): string[] {
  return dashed(printMap(map, step, options, trailing), 0)
}

// `trailing`: the comment behind the last entry.
function printMap({ entries }: BlockMap, indent: number, options: MapOptions = {}, trailing?: string): string[] {
  return ordered(entries, options.order, trailing).flatMap((entry) => {
    const lines = printEntry(entry, indent, options)
    const [first = '', ...others] = lines
    // Comments above a key go with it, blank lines between keys do not stay.
    const above = entry.gap.lines
      .filter(({ text }) => text !== '')
      .map(({ column, text }) => commentLine(text, column, entry.column, indent))
    return [...above, first, ...others]
  })
}

function ordered(entries: readonly Entry[], order: readonly string[] | undefined, last: string | undefined): readonly Followed[] {
  // A comment behind a value is read with the entry after it, so it has to be moved to its own first.
  const own = entries.map((entry, i) => ({ entry, trailing: i + 1 < entries.length ? entries[i + 1]?.gap.trailing : last }))
  const rank = ({ entry: { name } }: (typeof own)[number]) => {
    const index = order?.indexOf(name) ?? 0
    return index < 0 ? (order?.length ?? 0) : index
  }
  const sorted = order === undefined ? own : own.toSorted((a, b) => rank(a) - rank(b))
  return sorted.map(({ entry, trailing }) => ({ ...entry, trailing }))
}

type Followed = Entry & { readonly trailing?: string | undefined }

function printEntry(entry: Followed, indent: number, { hasCondition }: MapOptions): string[] {
  const { key, name, comment, value, trailing, column } = entry
  const head = `${' '.repeat(indent)}${key}:`
  if (!value) return [followed(head, trailing)]
  if (value.kind === 'map' || value.kind === 'seq') {
    const lines = value.kind === 'map' ? printMap(value, indent + step) : printSeq(value, indent + step)
    return [followed(head, comment), ...closed(lines, trailing)]
  }
  const condition =
    hasCondition && name === 'condition' && value.kind === 'text' ? printCondition(head, value, indent, trailing) : undefined
  return condition ?? closed(printInline(`${head} `, value, indent, column), trailing)
}

function printSeq({ items }: BlockSeq, indent: number): string[] {
  const lines: string[] = []
  for (const [i, { gap, column, value }] of items.entries()) {
    if (i > 0) lines.push(...closed(lines.splice(-1), gap.trailing))
    lines.push(...above(gap, column, indent, i === 0))
    lines.push(...dashed(printElement(value, indent + step, column), indent))
  }
  return lines
}

function printElement(value: Value | undefined, indent: number, column: number): string[] {
  if (!value) throw unsupported
  if (value.kind === 'map') return printMap(value, indent)
  return value.kind === 'seq' ? printSeq(value, indent) : printInline(' '.repeat(indent), value, indent - step, column)
}

/** Lines of which the first stands behind a dash. */
function dashed([first = '', ...others]: readonly string[], indent: number): string[] {
  if (first.trimStart().startsWith('#')) throw unsupported
  return [`${' '.repeat(indent)}- ${first.slice(indent + step)}`, ...others]
}

// Between elements of a sequence one blank line may stay.
function above({ lines }: Gap, column: number, indent: number, isFirst: boolean): string[] {
  const shown = lines.map(({ text, column: own }) => (text === '' ? '' : commentLine(text, own, column, indent)))
  return shown.filter((line, i) => line !== '' || (shown[i - 1] !== '' && !(isFirst && i === 0)))
}

// A comment may stand further left than what it is above, but not right, where it could be taken for text of a block.
function commentLine(text: string, column: number, ofNext: number, indent: number): string {
  return ' '.repeat(Math.max(0, indent + Math.min(0, column - ofNext))) + text
}

function followed(line: string, comment: string | undefined): string {
  return comment === undefined ? line : `${line} ${comment}`
}

/** Lines with a comment behind the last. */
function closed(lines: readonly string[], comment: string | undefined): string[] {
  return [...lines.slice(0, -1), followed(lines.at(-1) ?? '', comment)]
}

function printInline(head: string, value: Flow | Text, indent: number, column: number): string[] {
  if (value.kind === 'flow') return printFlow(head, value, indent, column)
  if (value.style === 'block') return printBlock(head, value, indent)
  if (value.style === 'other') return shifted(head, value.source, indent - column)
  // Where a line of plain or quoted text begins says nothing.
  const [first = '', ...others] = value.source.split('\n')
  return [head + first.trimEnd(), ...others.map((line) => (line.trim() === '' ? '' : ' '.repeat(indent + step) + line.trim()))]
}

function printFlow(head: string, { items, source, isTall }: Flow, indent: number, column: number): string[] {
  if (!items) return shifted(head, source, indent - column)
  const flat = `${head}[${items.join(', ')}]`
  if (flat.length <= lineWidth && !isTall) return [flat]
  const inner = ' '.repeat(indent + step)
  const lines: string[] = []
  let line = ''
  for (const [i, item] of items.entries()) {
    const piece = i === items.length - 1 ? item : `${item},`
    if (line !== '' && (isTall || inner.length + line.length + 1 + piece.length > lineWidth)) {
      lines.push(inner + line)
      line = piece
    } else line = line === '' ? piece : `${line} ${piece}`
  }
  return [`${head}[`, ...lines, inner + line, `${inner}]`]
}

// What is kept as it is moves with its key.
export function shifted(head: string, source: string, by: number): string[] {
  const [first = '', ...others] = source.split('\n')
  const moved = others.map((line) => {
    const blanks = line.length - line.trimStart().length
    return line.trim() === '' ? '' : ' '.repeat(Math.max(0, blanks + by)) + line.trimStart()
  })
  return [head + first, ...moved]
}

const blockHeader = /^([|>]-?)[ ]*(#.*)?$/

function printBlock(head: string, { source }: Text, indent: number): string[] {
  const [first = '', ...body] = source.split('\n')
  const [, style, comment] = blockHeader.exec(first.trimEnd()) ?? []
  const content = body.find((line) => line.trim() !== '')
  if (style === undefined || content === undefined) throw unsupported
  const own = content.length - content.trimStart().length
  if (/^\s*\t/.test(content) || body.some((line) => line.trim() !== '' && line.slice(0, own).trim() !== '')) throw unsupported
  const moved = body.map((line) => (line.length <= own ? '' : ' '.repeat(indent + step) + line.slice(own)))
  return [followed(head + style, comment?.trimEnd()), ...moved]
}

/** A condition on one line where it was and fits, or else as a block with one clause a line. */
function printCondition(head: string, value: Text, indent: number, trailing: string | undefined): string[] | undefined {
  if (value.text === undefined) return undefined
  const laid = layCondition(value.text.trim(), lineWidth - indent - step)
  if (!laid || /[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\n]/.test(value.text)) return undefined
  const isOneLine = value.style !== 'block' && !value.source.includes('\n')
  if (isOneLine && value.style === 'plain' && isPlain(laid.flat)) {
    const line = followed(`${head} ${laid.flat}`, trailing)
    if (line.length <= lineWidth) return [line]
  }
  if (isOneLine && value.style === 'quoted' && head.length + 1 + value.source.length <= lineWidth) return undefined
  const [, style = '>', comment] = value.style === 'block' ? (blockHeader.exec(value.source.split('\n')[0] ?? '') ?? []) : []
  if (value.style === 'block' && !blockHeader.test(value.source.split('\n')[0] ?? '')) return undefined
  const lines = laid.lines.map((line) => ' '.repeat(indent + step) + line)
  return [followed(`${head} ${style}`, comment ?? trailing), ...lines]
}

// Whether a text can stand without quotes: no comment, no key and no indicator is seen in it.
function isPlain(text: string): boolean {
  return /^[a-zA-Z(]/.test(text) && !/: | #|:$/.test(text)
}
