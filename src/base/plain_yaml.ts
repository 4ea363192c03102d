import { foldedBlock, foldedLines, literalBlock, trimmedInside, unescaped } from './fold.ts'
import type { Entry, MappingNode, Node, ScalarNode, SequenceNode } from './node.ts'

// The complete YAML parser takes longer than all else at start. Rules files use little of YAML: this reads that part thirty
// times as fast, and gives up at anything it is not sure of, mistakes included, which the complete parser then reads.

/** The documents of a text, or undefined if it has more of YAML than is known here. */
export function readPlainYaml(text: string): readonly Node[] | undefined {
  // With Windows' line ends, a blank that counts for nothing takes the place of the carriage return.
  const isWindows = text.includes('\r\n')
  const plain = isWindows ? text.replaceAll('\r\n', ' \n') : text
  if (/[^\x20-\x7e\n\u00a0-\u2027\u202a-\ufefe\uff00-\ufffd]/.test(plain)) return undefined
  if (isWindows && /(?<!\r)\n/.test(text)) return undefined
  try {
    return new PlainReader(plain, isWindows ? 1 : 0).documents()
  } catch (error) {
    if (error === unsure) return undefined
    throw error
  }
}

const unsure = new Error('not plain YAML')
const maxDepth = 50

const newline = 0x0a
const space = 0x20
const dash = 0x2d
const hash = 0x23
const bracket = 0x5b
const brace = 0x7b
const colon = 0x3a
const quote = 0x22
const apostrophe = 0x27
const bar = 0x7c
const angle = 0x3e

const key = /[A-Za-z_][A-Za-z0-9_-]*:(?=[ \n]|$)/y
const flowKey = /[A-Za-z_][A-Za-z0-9_.-]*(?=:[ \n])/y
const flowPlain = /[^\s,[\]{}#&*!|>'"%@`:?-][^\n,[\]{}]*|[:?-][^\s,[\]{}][^\n,[\]{}]*/y
const notPlain = '-?:,[]{}#&*!|>\'"%@`'

class PlainReader {
  private readonly text: string
  private readonly length: number
  private readonly padding: number
  /** Where the reader is: at the first character of a line that is neither blank nor a comment, or inside of it. */
  private at = 0
  private lineStart = 0
  private depth = 0
  /** Brackets and braces that the reader is inside of. */
  private open = 0
  private braces = 0
  /** Start of the line with which a plain value goes on. */
  private nextContent = 0

  /** `padding`: blanks at the end of each line that are none of the text's. */
  constructor(text: string, padding: number) {
    this.text = text
    this.length = text.length
    this.padding = padding
  }

  documents(): readonly Node[] {
    const documents: Node[] = []
    this.toContent(0)
    while (this.at < this.length) {
      if (this.isMarker()) this.toContent(this.endOfContent(this.at + 3))
      if (this.at >= this.length || this.isMarker()) continue
      documents.push(this.document())
      if (this.at < this.length && !this.isMarker()) throw unsure
    }
    return documents
  }

  private document(): Node {
    const char = this.text.charCodeAt(this.at)
    return char === bracket || char === brace ? this.value(-1) : this.block(this.column())
  }

  private isMarker(): boolean {
    return (
      this.at === this.lineStart && this.text.startsWith('---', this.at) && /^(?:[ \n]|$)/.test(this.text.slice(this.at + 3, this.at + 4))
    )
  }

  /** A sequence or mapping whose entries start at `column`, where the reader is. */
  private block(column: number): Node {
    if (++this.depth > maxDepth || this.isMarker()) throw unsure
    const node = this.isEntryDash() ? this.sequence(column) : this.mapping(column)
    this.depth--
    return node
  }

  private sequence(column: number): SequenceNode {
    const { at } = this
    const items: Node[] = []
    while (this.at < this.length && this.column() === column && this.isEntryDash()) {
      const start = this.skipSpaces(this.at + 1)
      if (this.isEndOfLine(start)) items.push(this.below(start, column, false))
      else {
        this.at = start
        items.push(this.isEntryDash() || this.isKey() ? this.block(this.column()) : this.value(column))
      }
    }
    if (this.at < this.length && this.column() > column) throw unsure
    return { kind: 'sequence', at, items }
  }

  private mapping(column: number): MappingNode {
    const { at } = this
    const entries: Entry[] = []
    while (this.at < this.length && this.column() === column && !this.isMarker() && this.isKey()) {
      const keyAt = this.at
      const end = key.lastIndex
      const name: ScalarNode = { kind: 'scalar', at: keyAt, text: this.text.slice(keyAt, end - 1), isPlain: true }
      const start = this.skipSpaces(end)
      if (this.isEndOfLine(start)) entries.push({ key: name, value: this.below(start, column, true) })
      else {
        this.at = start
        entries.push({ key: name, value: this.value(column) })
      }
    }
    if (entries.length === 0 || (this.at < this.length && this.column() > column)) throw unsure
    if (this.at < this.length && this.column() === column && !this.isMarker() && !this.isEntryDash()) throw unsure
    return { kind: 'mapping', at, entries }
  }

  /** What stands on the lines below a dash or key; a sequence may start at its key's own column. */
  private below(from: number, column: number, isKey: boolean): Node {
    this.toContent(this.endOfContent(from))
    const found = this.at < this.length ? this.column() : -1
    if (found > column) return this.isEntryDash() || this.isKey() ? this.block(found) : this.value(column)
    return isKey && found === column && this.isEntryDash() ? this.block(found) : this.nothing(from)
  }

  /** A value that starts on the line of its dash or key, which is at `column`. */
  private value(column: number): Node {
    const char = this.text.charCodeAt(this.at)
    if (char === bar || char === angle) return this.blockScalar(column)
    const node = this.flowOrQuoted(char, column)
    if (!node) return this.plain(column)
    this.toContent(this.endOfContent(this.at))
    return node
  }

  private flowOrQuoted(char: number, column: number): Node | undefined {
    if (char === bracket) return this.flowSequence(column)
    if (char === brace) return this.flowMapping(column)
    return char === quote || char === apostrophe ? this.quoted(column) : undefined
  }

  private plain(column: number): ScalarNode {
    const { at, text } = this
    this.checkPlainStart()
    const lines: string[] = []
    let isCommented = false
    let next = at
    do {
      const end = this.endOfLine(next)
      const line = text.slice(next, end)
      const comment = / #/.exec(line)
      const content = comment ? line.slice(0, comment.index) : line
      if (/:(?: |$)/.test(content.trimEnd())) throw unsure
      lines.push(content.trim())
      isCommented = comment !== null
      this.at = end
      next = this.continuation(end, column, isCommented)
      // Blank lines between are looked past at once.
      for (; next >= 0 && next < this.nextContent; next = this.endOfLine(next) + 1) lines.push('')
    } while (next >= 0)
    while (lines.length > 1 && lines[lines.length - 1] === '') lines.pop()
    this.toContent(this.at)
    return { kind: 'scalar', at, text: lines.length === 1 ? (lines[0] ?? '') : foldedLines(lines), isPlain: true }
  }

  private checkPlainStart(): void {
    const char = this.text[this.at] ?? ''
    if (!notPlain.includes(char)) return
    const following = this.text.charCodeAt(this.at + 1)
    const isAllowed =
      (char === '-' || char === '?' || char === ':') && following !== space && following !== newline && this.at + 1 < this.length
    if (!isAllowed) throw unsure
  }

  /** Start of the next line if it goes on with a plain value, blank ones too; -1 if it does not. */
  private continuation(end: number, column: number, isCommented: boolean): number {
    const start = end + 1
    if (start >= this.length) return -1
    let at = start
    while (at < this.length && (this.text.charCodeAt(at) === space || this.text.charCodeAt(at) === newline)) at++
    if (at >= this.length) return -1
    const lineStart = this.text.lastIndexOf('\n', at - 1) + 1
    const isMore = at - lineStart > column
    if (!isMore) return -1
    this.nextContent = lineStart
    if (isCommented || this.text.charCodeAt(at) === hash || (this.text.charCodeAt(at) === dash && this.text.charCodeAt(at + 1) === space))
      throw unsure
    return start
  }

  private quoted(column: number): ScalarNode {
    const { at, text } = this
    const mark = text.charCodeAt(at)
    let end = at + 1
    for (; end < this.length; end++) {
      const char = text.charCodeAt(end)
      if (char === 0x5c && mark === quote) end++
      else if (char !== mark) continue
      else if (mark === apostrophe && text.charCodeAt(end + 1) === apostrophe) end++
      else break
    }
    if (end >= this.length) throw unsure
    this.at = end + 1
    const lines = text.slice(at + 1, end).split('\n')
    if (lines.length > 1) this.checkIndents(lines, column)
    const folded = lines.length === 1 ? (lines[0] ?? '') : foldedLines(trimmedInside(lines))
    const value = mark === apostrophe ? folded.replaceAll("''", "'") : unescaped(folded)
    return { kind: 'scalar', at, text: value ?? this.throwUnsure(), isPlain: false }
  }

  private checkIndents(lines: readonly string[], column: number): void {
    for (const line of lines.slice(1)) if (line.search(/[^ ]/) !== -1 && line.search(/[^ ]/) <= column) throw unsure
    if (lines.some((line) => line.endsWith('\\')) || (lines[lines.length - 1] ?? '').trim() === '') throw unsure
  }

  private flowSequence(column: number): SequenceNode {
    const { at, text } = this
    if (++this.open > maxDepth) throw unsure
    const items: Node[] = []
    this.at = this.inFlow(at + 1, column)
    while (text[this.at] !== ']') {
      items.push(this.flowValue(column))
      this.at = this.inFlow(this.at, column)
      if (text[this.at] === ',') this.at = this.inFlow(this.at + 1, column)
      else if (text[this.at] !== ']') throw unsure
    }
    this.at++
    this.open--
    return { kind: 'sequence', at, items }
  }

  private flowMapping(column: number): MappingNode {
    const { at, text } = this
    if (++this.open > maxDepth) throw unsure
    this.braces++
    const entries: Entry[] = []
    this.at = this.inFlow(at + 1, column)
    while (text[this.at] !== '}') {
      const name = this.flowKey(column)
      if (text.charCodeAt(this.at) !== colon) throw unsure
      const valueAt = this.skipSpaces(this.at + 1)
      this.at = this.inFlow(valueAt, column)
      const isEmpty = text[this.at] === ',' || text[this.at] === '}'
      entries.push({ key: name, value: isEmpty ? this.nothing(valueAt) : this.flowValue(column) })
      this.at = this.inFlow(this.at, column)
      if (text[this.at] === ',') this.at = this.inFlow(this.at + 1, column)
      else if (text[this.at] !== '}') throw unsure
    }
    this.at++
    this.open--
    this.braces--
    return { kind: 'mapping', at, entries }
  }

  private flowKey(column: number): ScalarNode {
    const { at, text } = this
    if (text.charCodeAt(at) === quote || text.charCodeAt(at) === apostrophe) return this.quoted(column)
    flowKey.lastIndex = at
    const found = flowKey.exec(text)?.[0] ?? this.throwUnsure()
    this.at = at + found.length
    return { kind: 'scalar', at, text: found, isPlain: true }
  }

  private flowValue(column: number): Node {
    const { at, text } = this
    const node = this.flowOrQuoted(text.charCodeAt(at), column)
    if (node) return node
    flowPlain.lastIndex = at
    const found = flowPlain.exec(text)?.[0]
    if (found === undefined || / #|:(?:\s|$)/.test(found)) throw unsure
    this.at = at + found.length
    if (text.charCodeAt(this.at) === newline && !/^\s*[,\]}]/.test(text.slice(this.at, this.at + 200))) throw unsure
    return { kind: 'scalar', at, text: found.trimEnd(), isPlain: true }
  }

  /** Past blanks, line ends and comments between the brackets of a sequence. */
  private inFlow(from: number, column: number): number {
    let at = from
    for (;;) {
      at = this.skipSpaces(at)
      const char = this.text.charCodeAt(at)
      const before = this.text.charCodeAt(at - 1)
      if (char === hash && (before === space || (before === newline && this.braces === 0))) at = this.endOfLine(at)
      else if (char !== newline) break
      if (at >= this.length) throw unsure
      this.lineStart = ++at
    }
    const isEnd = this.open === 1 && (this.text[at] === ']' || this.text[at] === '}')
    const isIn = at - this.lineStart > column || (isEnd && at - this.lineStart === column)
    if (at >= this.length || !isIn) throw unsure
    return at
  }

  private blockScalar(column: number): ScalarNode {
    const { at, text } = this
    const header = /^[|>]-?(?= *(?: #|$))/.exec(text.slice(at, this.endOfLine(at)))?.[0]
    if (header === undefined) throw unsure
    const lines: string[] = []
    let indent = -1
    let next = this.endOfLine(at) + 1
    while (next < this.length) {
      const end = this.endOfLine(next)
      const lineEnd = end - (end < this.length ? this.padding : 0)
      const content = Math.min(this.skipSpaces(next), lineEnd)
      const isBlank = content >= lineEnd
      if (isBlank && content - next > Math.max(indent, 0)) throw unsure
      if (!isBlank && indent < 0) indent = content - next
      if (!isBlank && content - next < indent) {
        if (content - next > column) throw unsure
        break
      }
      if (indent >= 0 && indent <= column) break
      lines.push(isBlank ? '' : text.slice(next + indent, lineEnd))
      next = end + 1
    }
    if (indent <= column) throw unsure
    while (lines[lines.length - 1] === '') lines.pop()
    this.toContent(Math.min(next, this.length))
    const body = header.startsWith('|') ? literalBlock(lines) : foldedBlock(lines)
    return { kind: 'scalar', at, text: header.endsWith('-') ? body : `${body}\n`, isPlain: false }
  }

  private isEntryDash(): boolean {
    const { text, at } = this
    const following = text.charCodeAt(at + 1)
    return text.charCodeAt(at) === dash && (following === space || following === newline || at + 1 >= this.length)
  }

  private isKey(): boolean {
    key.lastIndex = this.at
    return key.test(this.text)
  }

  private column(): number {
    return this.at - this.lineStart
  }

  private skipSpaces(from: number): number {
    let at = from
    while (this.text.charCodeAt(at) === space) at++
    return at
  }

  private endOfLine(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.length : end
  }

  /** Whether nothing but a comment follows. */
  private isEndOfLine(at: number): boolean {
    const char = this.text.charCodeAt(at)
    return at >= this.length || char === newline || (char === hash && this.text.charCodeAt(at - 1) === space)
  }

  /** The end of a line on which nothing but a comment may follow. */
  private endOfContent(from: number): number {
    const at = this.skipSpaces(from)
    if (!this.isEndOfLine(at)) throw unsure
    return this.endOfLine(at)
  }

  /** Goes to the first character of the next line with content; `from` is at a line's start or end. */
  private toContent(from: number): void {
    let at = from
    while (at < this.length) {
      if (this.text.charCodeAt(at) === newline) at++
      this.lineStart = at
      at = this.skipSpaces(at)
      const char = this.text.charCodeAt(at)
      if (char === hash) at = this.endOfLine(at)
      else if (at < this.length && char !== newline) break
    }
    this.at = Math.min(at, this.length)
  }

  /** The null of a key or dash with nothing behind it. */
  private nothing(from: number): ScalarNode {
    const at = this.text.charCodeAt(from) === newline ? from - this.padding : from
    return { kind: 'scalar', at, text: '', isPlain: true }
  }

  private throwUnsure(): never {
    throw unsure
  }
}
