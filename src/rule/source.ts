import { visible } from '../base/text.ts'

/** A place in a text; all numbers count from 0, as scripts that read load results expect. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly offset: number
}

/** The text of one rules file, and its name as shown to the user. */
export class Source {
  readonly name: string
  readonly text: string
  private lineStarts: readonly number[] | undefined

  constructor(name: string, text: string) {
    this.name = name
    this.text = text
  }

  position(offset: number): Position {
    const starts = this.starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low, column: offset - (starts[low] ?? 0), offset }
  }

  /** The line that the position is in, with a caret under the place; a long line is cut to a window around it. */
  snippet(offset: number): string {
    const { line, column } = this.position(offset)
    const start = this.starts()[line] ?? 0
    const end = this.text.indexOf('\n', start)
    return caretLine(this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, ''), column)
  }

  private starts(): readonly number[] {
    if (this.lineStarts) return this.lineStarts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.lineStarts = starts
    return starts
  }
}

const snippetWidth = 160

/** `line` between two rules, and a caret under `column`. */
export function caretLine(line: string, column: number): string {
  const from = line.length > snippetWidth ? Math.max(0, Math.min(column - snippetWidth / 2, line.length - snippetWidth)) : 0
  const shown = line.slice(from, from + snippetWidth)
  // A tab before the caret stays a tab, so that the caret stands where the terminal puts the character.
  const lead = shown.slice(0, column - from).replace(/[^\t]/g, ' ')
  return `------\n${visible(shown)}\n${lead}^\n------\n`
}
