import { isMap, isScalar, isSeq, type Pair, parseAllDocuments, type YAMLSeq } from 'yaml'
import { itemKinds } from '../keys.ts'
import { readYaml } from '../yaml.ts'
import { YamlError } from '../yaml_error.ts'
import { unsupported } from './gap.ts'
import { type MapOptions, printItem, shifted } from './print.ts'
import { isSameFile } from './same.ts'
import { readValue, startOf } from './tree.ts'

/**
 * The text of a rules file as such files are usually written: a blank line between items, keys in their order, one clause of a
 * condition a line, long lists in lines. Comments, anchors and the order of items stay, and so does all that the file means.
 *
 * What uses more of YAML than is laid out here stays as it is: a single item, or a file that is no list of items.
 *
 * @throws YamlError where it is not YAML.
 */
export function formatRules(written: string): string {
  const isDos = written.includes('\r\n')
  const text = written.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  if (text.length > maxTextLength) throw new YamlError(`the file is larger than ${maxTextLength} characters: split it`, 0)
  readYaml(text)
  const formatted = formatText(text)
  if (formatted === undefined || !isSameFile(text, formatted)) return written
  const ended = isDos ? formatted.replaceAll('\n', '\r\n') : formatted
  return written.startsWith('\ufeff') ? `\ufeff${ended}` : ended
}

// It takes a second or two.
const maxTextLength = 2 * 1024 * 1024

/** An item with the lines above it, and the comment behind its last line. */
interface Segment {
  readonly lead: readonly string[]
  readonly trailing: string | undefined
  readonly node: unknown
  readonly column: number
  /** From the dash to the end of the content. */
  readonly source: string
}

function formatText(text: string): string | undefined {
  try {
    const { segments, tail } = segmentsOf(text)
    const lines: string[] = []
    for (const [i, segment] of segments.entries()) {
      lines.push(...(i === 0 ? collapsed(segment.lead) : spaced(segment.lead)))
      lines.push(...printSegment(segment, text))
    }
    lines.push(...collapsed(tail))
    return `${lines.join('\n').replace(/^\n+/, '').trimEnd()}\n`
  } catch (error) {
    if (error === unsupported) return undefined
    throw error
  }
}

function segmentsOf(text: string): { segments: readonly Segment[]; tail: readonly string[] } {
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
  const nodes = (Array.isArray(documents) ? documents : []).flatMap(({ contents }) => itemsIn(contents))
  const segments: Segment[] = []
  let from = 0
  for (const node of nodes) {
    const { at } = startOf(text, node)
    const dash = text.lastIndexOf('-', at - 1)
    const lineStart = text.lastIndexOf('\n', dash) + 1
    if (dash < from || text.slice(lineStart, at).trim() !== '-') throw unsupported
    const [first = '', ...lead] = text.slice(from, lineStart).split('\n')
    const isFirst = segments.length === 0
    const previous = segments.at(-1)
    if (previous) segments[segments.length - 1] = { ...previous, trailing: commentOf(first) }
    const end = endOf(node, text)
    const column = dash - lineStart
    segments.push({
      lead: (isFirst ? [first, ...lead] : lead).slice(0, -1).map(topLine),
      trailing: undefined,
      node,
      column,
      source: text.slice(dash, end),
    })
    from = end
  }
  const [first = '', ...tail] = text.slice(from).split('\n')
  const last = segments.pop()
  if (!last) throw unsupported
  return { segments: [...segments, { ...last, trailing: commentOf(first) }], tail: tail.map(topLine) }
}

function itemsIn(contents: unknown): readonly unknown[] {
  if (contents === null || (isScalar(contents) && contents.value === null)) return []
  if (!isSeq(contents) || contents.flow || contents.anchor || contents.tag) throw unsupported
  return (contents as YAMLSeq).items
}

function commentOf(rest: string): string | undefined {
  const comment = rest.trim()
  if (comment !== '' && !comment.startsWith('#')) throw unsupported
  return comment === '' ? undefined : comment
}

// Between items: comments, blank lines, and where one document ends and the next starts.
function topLine(line: string): string {
  const text = line.trim()
  if (/^(?:---|\.\.\.)(?: *| +#.*)$|^%/.test(line)) return line.trimEnd()
  if (text !== '' && !text.startsWith('#')) throw unsupported
  return text === '' || line.startsWith('#') ? text : `  ${text}`
}

/** At most one blank line after the other. */
function collapsed(lines: readonly string[]): readonly string[] {
  return lines.filter((line, i) => line !== '' || lines[i - 1] !== '')
}

/** With a blank line between the item above and that below; indented comments belong to the former. */
function spaced(lines: readonly string[]): readonly string[] {
  if (lines.includes('')) return collapsed(lines)
  const own = lines.findIndex((line) => !line.startsWith('  #'))
  return own < 0 ? [...lines, ''] : [...lines.slice(0, own), '', ...lines.slice(own)]
}

function printSegment({ node, source, column, trailing }: Segment, text: string): readonly string[] {
  try {
    const value = readValue(text, node)
    if (value?.kind !== 'map') throw unsupported
    return printItem(value, optionsOf(value.entries.map(({ name }) => name)), trailing)
  } catch (error) {
    if (error !== unsupported) throw error
    const lines = shifted('', source, -column)
    return [...lines.slice(0, -1), `${lines.at(-1)}${trailing === undefined ? '' : ` ${trailing}`}`]
  }
}

// Two keys first that say what it is and what for, then what it does.
const orders: Readonly<Record<string, readonly string[]>> = {
  list: ['list', 'items'],
  macro: ['macro', 'condition'],
  rule: ['rule', 'desc', 'condition', 'enabled', 'output', 'priority', 'source', 'tags', 'exceptions'],
}

function optionsOf(names: readonly string[]): MapOptions {
  const kind = itemKinds.find(({ key }) => names.includes(key))
  const order = orders[kind?.key ?? '']
  if (!kind || !order) return {}
  const rest = kind.keys.map(({ name }) => name).filter((name) => !order.includes(name))
  return { order: [...order, ...rest], hasCondition: true }
}

/** Where the content of a node ends; what follows is blanks and comments. */
function endOf(node: unknown, text: string): number {
  if (isMap(node) && !node.flow) {
    const { key, value } = node.items.at(-1) as Pair
    const end = endOf(value ?? key, text)
    return isScalar(value) && value.source === '' && end <= endOf(key, text) ? endOf(key, text) + 1 : end
  }
  if (isSeq(node) && !node.flow) return endOf(node.items.at(-1), text)
  const range = (node as { range?: readonly number[] | null } | null)?.range
  const [start, end] = range ?? []
  if (start === undefined || end === undefined) throw unsupported
  const isBlock = isScalar(node) && node.type?.startsWith('BLOCK')
  return isBlock ? start + text.slice(start, end).replace(/\n[ \n]*$/, '').length : end
}
