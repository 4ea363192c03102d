import type { Literal, Modifier, OperatorName, TransformerName } from './ast.ts'
import { charOfByte } from './text.ts'

// Names in the order in which messages list them; a symbol comes before its own prefix.
export const operatorNames = [
  '<=',
  '<',
  '>=',
  '>',
  '==',
  '=',
  '!=',
  'glob',
  'iglob',
  'contains',
  'icontains',
  'bcontains',
  'startswith',
  'bstartswith',
  'endswith',
  'regex',
  'intersects',
  'in',
  'pmatch',
] as const satisfies readonly OperatorName[]

export const transformerNames = [
  'val',
  'tolower',
  'toupper',
  'b64',
  'basename',
  'len',
  'join',
  'concat',
  'getopt',
] as const satisfies readonly TransformerName[]

export const modifierNames = ['oneof', 'anyof', 'allof'] as const satisfies readonly Modifier[]

const blanks = /[ \t\n\r\b]*/y
const identifier = /[a-zA-Z][a-zA-Z0-9_]*/y
const fieldName = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)+/y
const bareValue = /[^ \b\t\n\r(),="']+/y
const bareArgument = /[^ \b\t\n\r[\]"']+/y
const number = /[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const transformer = new RegExp(`(${transformerNames.join('|')})\\(`, 'y')
const symbolOperator = /<=|<|>=|>|==|=|!=/y
// Words take a blank, lists a blank or their parenthesis, so that `in` is not found in `inside`.
const wordOperator = /(?:glob|iglob|contains|icontains|bcontains|startswith|bstartswith|endswith|regex)(?=[ \t\n\r\b])/y
const listOperator = /(?:intersects|in|pmatch)(?=[ \t\n\r\b(])/y
const exists = /exists(?![a-zA-Z0-9_])/y
const not = /not(?=[ \t\n\r\b(])/y
const modifier = /(oneof|anyof|allof)(?=[ \t\n\r\b])/y
const escapedPair = /\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g

/** Reads tokens at a position that the parser asks for; each reader moves on past what it read, or stays. */
export class Lexer {
  readonly text: string
  position = 0
  /** The text of the last token, for "unexpected token after". */
  last = ''

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.position >= this.text.length
  }

  blank(): boolean {
    const before = this.position
    blanks.lastIndex = before
    blanks.test(this.text)
    this.position = blanks.lastIndex
    return this.position > before
  }

  /** One of `(`, `)`, `,`, `[`, `]`. */
  symbol(char: string): boolean {
    if (this.text[this.position] !== char) return false
    this.position++
    this.last = char
    return true
  }

  /** `and` or `or`, which the parser checks to end in a blank or parenthesis. */
  conjunction(word: 'and' | 'or'): boolean {
    if (!this.text.startsWith(word, this.position)) return false
    this.position += word.length
    this.last = word
    return true
  }

  not(): boolean {
    return this.match(not) !== undefined
  }

  exists(): boolean {
    return this.match(exists) !== undefined
  }

  identifier(): string | undefined {
    return this.match(identifier)
  }

  fieldName(): string | undefined {
    return this.match(fieldName)
  }

  number(): string | undefined {
    return this.match(number)
  }

  symbolOperator(): OperatorName | undefined {
    return this.match(symbolOperator) as OperatorName | undefined
  }

  wordOperator(): OperatorName | undefined {
    return this.match(wordOperator) as OperatorName | undefined
  }

  listOperator(): OperatorName | undefined {
    return this.match(listOperator) as OperatorName | undefined
  }

  modifier(): Modifier | undefined {
    return this.match(modifier) as Modifier | undefined
  }

  /** The name of a transformer and its opening parenthesis. */
  transformer(): TransformerName | undefined {
    return this.match(transformer)?.slice(0, -1) as TransformerName | undefined
  }

  /** A value: quoted, or any run of characters that need no quotes. */
  value(): Literal | undefined {
    return this.quoted() ?? this.literal(bareValue)
  }

  quoted(): Literal | undefined {
    const { text, position: start } = this
    const quote = text[start]
    if (quote !== '"' && quote !== "'") return undefined
    const end = closingQuote(text, start + 1, quote)
    if (end === -1) return undefined
    this.position = end + 1
    this.last = text.slice(start, end + 1)
    return { kind: 'literal', text: unescaped(text.slice(start + 1, end)), start, end: end + 1 }
  }

  argument(): string | undefined {
    return (this.quoted() ?? this.literal(bareArgument))?.text
  }

  private literal(pattern: RegExp): Literal | undefined {
    const start = this.position
    const text = this.match(pattern)
    return text === undefined ? undefined : { kind: 'literal', text, start, end: this.position }
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    if (!pattern.test(this.text)) return undefined
    this.last = this.text.slice(this.position, pattern.lastIndex)
    this.position = pattern.lastIndex
    return this.last
  }
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === quote) return i
  }
  return -1
}

// Falco 0.44 turns an escaped blank into the bare backslash; other pairs that mean nothing stay as they are, so that
// regular expressions survive their quotes.
function unescaped(inner: string): string {
  if (!inner.includes('\\')) return inner
  return inner.replace(escapedPair, (pair: string, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return charOfByte(Number.parseInt(hex, 16))
    if (char === '\\' || char === '"' || char === "'") return char
    return char === ' ' ? '\\' : pair
  })
}
