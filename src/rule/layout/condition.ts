import type { Argument, Compare, Expr } from '../../condition/ast.ts'
import { childrenOf } from '../../condition/ast.ts'
import { ConditionFault } from '../../condition/fault.ts'
import { parseCondition } from '../../condition/parse.ts'

/** A condition as it is laid out: nothing but its blanks differs from what was written. */
export interface LaidCondition {
  readonly flat: string
  /** One clause a line. */
  readonly lines: readonly string[]
}

type Word = 'and' | 'or'

interface Leaf {
  readonly kind: 'leaf'
  readonly text: string
  readonly length: number
  readonly list?: { readonly head: string; readonly items: readonly string[] }
}

interface Wrapped {
  readonly kind: 'not' | 'paren'
  readonly item: Part
  readonly length: number
}

interface Chain {
  readonly kind: 'chain'
  readonly word: Word
  readonly items: readonly Part[]
  readonly length: number
}

/** A piece of a condition; `length` is that of it on one line. */
type Part = Leaf | Wrapped | Chain

/**
 * Lays out a condition in lines of at most `width` characters where that can be; undefined where it is not well formed.
 *
 * It may be a piece that is appended to another: `and not proc.name = x`.
 */
export function layCondition(text: string, width: number): LaidCondition | undefined {
  const [, lead = '', rest = text] = /^((?:and|or)(?=[\s(]))?\s*([\s\S]*)$/.exec(text) ?? []
  const tokens = tokensOf(rest)
  if (!tokens) return undefined
  const part = new Builder(tokens).or()
  const flat = `${lead && `${lead} `}${flatten(part)}`
  const lines = lead ? appended(lead, part, width) : lay(part, { column: 0, trail: 0, width, isTop: true })
  return isSameButBlanks(text, flat) && isSameButBlanks(text, lines.join('\n')) ? { flat, lines } : undefined
}

/** Whether texts differ in blanks between tokens only. */
export function isSameButBlanks(a: string, b: string): boolean {
  const [first, second] = [wordsOf(a), wordsOf(b)]
  return first.length === second.length && first.every((word, i) => word === second[i])
}

const words = /"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|[(),]|[<>=!]+|[^\s(),"'<>=!]+/g

function wordsOf(text: string): readonly string[] {
  return text.match(words) ?? []
}

// Of a piece that is appended, each operand has its operator before it, as it follows what is there.
function appended(lead: string, part: Part, width: number): string[] {
  const operands =
    part.kind === 'chain' ? part.items.map((item, i) => [i === 0 ? lead : part.word, item] as const) : [[lead, part] as const]
  return operands.flatMap(([word, item]) => prefixed(`${word} `, lay(item, { column: word.length + 1, trail: 0, width, isTop: false })))
}

type Token = '(' | ')' | 'and' | 'or' | 'not' | Leaf

function tokensOf(text: string): Token[] | undefined {
  const expr = parsed(text)
  if (!expr) return undefined
  const tokens: Token[] = []
  let at = 0
  for (const leaf of leavesOf(expr)) {
    tokens.push(...glue(text.slice(at, leaf.start)), leafOf(leaf, text))
    at = leaf.end
  }
  return [...tokens, ...glue(text.slice(at))]
}

function parsed(text: string): Expr | undefined {
  try {
    return parseCondition(text)
  } catch (error) {
    if (error instanceof ConditionFault) return undefined
    throw error
  }
}

function leavesOf(expr: Expr): readonly Expr[] {
  const leaves: Expr[] = []
  const pending: Expr[] = [expr]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'and' || next.kind === 'or' || next.kind === 'not') pending.push(...[...childrenOf(next)].reverse())
    else leaves.push(next)
  }
  return leaves
}

function glue(text: string): readonly Token[] {
  return (text.match(/[()]|[a-z]+/g) ?? []) as unknown as readonly Token[]
}

function leafOf(leaf: Expr, text: string): Leaf {
  if (leaf.kind === 'exists') return newLeaf(`${written(leaf.left, text)} exists`)
  if (leaf.kind !== 'compare') return newLeaf(text.slice(leaf.start, leaf.end))
  const operator = leaf.modifier === undefined ? leaf.operator : `${leaf.operator} ${leaf.modifier}`
  const head = `${written(leaf.left, text)} ${operator} `
  const { right } = leaf
  if (right.kind !== 'list') return newLeaf(head + rightOf(right, text))
  const items = right.items.map(({ start, end }) => text.slice(start, end))
  return { ...newLeaf(`${head}(${items.join(', ')})`), list: { head, items } }
}

function newLeaf(text: string): Leaf {
  return { kind: 'leaf', text, length: text.length }
}

function rightOf(right: Exclude<Compare['right'], { kind: 'list' }>, text: string): string {
  return right.kind === 'field' || right.kind === 'call' ? written(right, text) : text.slice(right.start, right.end)
}

// Operands have no blanks of their own, but between the arguments of transformers.
function written(operand: Argument, text: string): string {
  return wordsKept(text.slice(operand.start, operand.end))
}

function wordsKept(text: string): string {
  const [first = '', ...others] = text.match(/"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[^\s"']+|\s+/g) ?? []
  return [first, ...others.map((word) => (/^\s+$/.test(word) ? ' ' : word))].join('')
}

class Builder {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  or(): Part {
    return this.chain('or', () => this.chain('and', () => this.not()))
  }

  private chain(word: Word, next: () => Part): Part {
    const first = next()
    if (this.tokens[this.at] !== word) return first
    const items = [first]
    while (this.tokens[this.at] === word) {
      this.at++
      items.push(next())
    }
    const length = items.reduce((sum, item) => sum + item.length, (items.length - 1) * (word.length + 2))
    return { kind: 'chain', word, items, length }
  }

  private not(): Part {
    const token = this.tokens[this.at++]
    if (token === 'not') return wrapped('not', this.not(), 4)
    if (token === '(') {
      const item = this.or()
      this.at++
      return wrapped('paren', item, 2)
    }
    return typeof token === 'object' ? token : newLeaf(token ?? '')
  }
}

function wrapped(kind: Wrapped['kind'], item: Part, more: number): Wrapped {
  return { kind, item, length: item.length + more }
}

function flatten(part: Part): string {
  if (part.kind === 'leaf') return part.text
  if (part.kind === 'chain') return part.items.map(flatten).join(` ${part.word} `)
  return part.kind === 'not' ? `not ${flatten(part.item)}` : `(${flatten(part.item)})`
}

interface Room {
  readonly column: number
  /** Characters that follow on the last line. */
  readonly trail: number
  readonly width: number
  /** A condition is broken at its outermost operators, whatever its length. */
  readonly isTop: boolean
}

/** The first line stands at the column of the room; the others have blanks up to theirs. */
function lay(part: Part, room: Room): string[] {
  const { column, trail, width } = room
  const isBroken = room.isTop && part.kind === 'chain'
  if (!isBroken && column + part.length + trail <= width) return [flatten(part)]
  const inner = { ...room, isTop: false }
  if (part.kind === 'not') return prefixed('not ', lay(part.item, { ...inner, column: column + 4 }))
  if (part.kind === 'chain') return layChain(part.word, part.items, inner)
  if (part.kind === 'leaf') return part.list ? layList(part.list.head, part.list.items, inner) : [part.text]
  const lines = prefixed('(', lay(part.item, { ...inner, column: column + 1, trail: trail + 1 }))
  return [...lines.slice(0, -1), `${lines.at(-1)})`]
}

function layChain(word: Word, items: readonly Part[], room: Room): string[] {
  return items.flatMap((item, i) => {
    const lead = i === 0 ? '' : `${word} `
    // Operands that are chains themselves stand deeper, but for their first line.
    const lines = lay(item, { ...room, column: room.column + lead.length, trail: i === items.length - 1 ? room.trail : 0 })
    const shown = item.kind === 'chain' && lead === '' ? lines.map((line, n) => (n === 0 ? line : `  ${line}`)) : lines
    return lead === '' ? shown : prefixed(`${i === 0 ? '' : ' '.repeat(room.column)}${lead}`, shown)
  })
}

function layList(head: string, items: readonly string[], { column, trail, width }: Room): string[] {
  const lines: string[] = []
  const below = column + head.length + 1
  const indent = ' '.repeat(below <= width / 2 ? below : column + 2)
  let line = `${head}(`
  for (const [i, item] of items.entries()) {
    const isLast = i === items.length - 1
    const piece = `${item}${isLast ? ')' : ','}`
    const start = lines.length === 0 ? column : 0
    const isFirstOfLine = line.endsWith('(') || line.trim() === ''
    if (!isFirstOfLine && start + line.length + 1 + piece.length + (isLast ? trail : 0) > width) {
      lines.push(line)
      line = indent + piece
    } else line += isFirstOfLine ? piece : ` ${piece}`
  }
  return items.length === 0 ? [`${line})`] : [...lines, line]
}

function prefixed(lead: string, [first = '', ...others]: readonly string[]): string[] {
  return [lead + first, ...others]
}
