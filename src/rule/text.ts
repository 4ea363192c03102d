import { type ListLookup, type Substituted, substituteLists } from './list.ts'
import { offsetIn } from './node.ts'
import { Context } from './problem.ts'
import type { Part } from './reader.ts'
import { caretLine } from './source.ts'

/** Where in the files, or else only in the text itself, an offset of a written text is. */
export interface TextPlace {
  readonly context: Context
  readonly snippet: string | undefined
}

/** A condition or output as written in one or more items, and as it is after lists are put in. */
export class WrittenText {
  readonly parts: readonly Part[]
  readonly written: string
  /** What lists were looked for in. */
  readonly wrapped: string
  readonly substituted: Substituted
  private readonly lead: number

  /** `wrap` may put the written text, with one character before it, into a longer one. */
  constructor(parts: readonly Part[], written: string, wrapped: string, lists: ListLookup | undefined, tokens?: RegExp, room?: number) {
    this.parts = parts
    this.written = written
    this.wrapped = wrapped
    this.lead = wrapped === written ? 0 : 1
    this.substituted = substituteLists(wrapped, lists, tokens, room)
  }

  get text(): string {
    return this.substituted.text
  }

  /** The place of an offset of `text`, as the kind of item `type` inside `parent`. */
  place(offset: number, type: 'condition expression' | 'rule output expression', parent: Context): TextPlace {
    const found = this.find(this.substituted.origin(Math.min(offset, this.text.length)) - this.lead)
    if (found) return { context: new Context(type, '', found.part.source, found.at, parent), snippet: undefined }
    const line = this.text.replace(/\s/g, ' ')
    return { context: parent.within(type, '', parent.at), snippet: caretLine(line, Math.min(offset, line.length)) }
  }

  /** The part that an offset of `text` was written in, or a name of a list in it. */
  partAt(offset: number): Part | undefined {
    return this.find(this.substituted.origin(offset) - this.lead)?.part
  }

  private find(offset: number): { part: Part; at: number } | undefined {
    let start = 0
    for (const part of this.parts) {
      const end = start + part.text.length
      if (offset >= 0 && offset <= end) {
        const lead = part.node.text.length - part.node.text.trimStart().length
        const at = offsetIn(part.source.text, part.node, Math.max(0, offset - start) + lead)
        return at === undefined ? undefined : { part, at }
      }
      start = end + 1
    }
    return undefined
  }
}
