/** A line between two nodes of YAML: a comment with the column that it starts at, or a blank line. */
export interface GapLine {
  readonly column: number
  /** Empty for a blank line. */
  readonly text: string
}

/** What stands between two nodes besides indicators. */
export interface Gap {
  /** The comment that follows on the line of the node before. */
  readonly trailing: string | undefined
  readonly lines: readonly GapLine[]
}

/** The text has more of YAML than can be laid out; it stays as it is. */
export const unsupported = new Error('not laid out')

export const noGap: Gap = { trailing: undefined, lines: [] }

/**
 * Reads what stands between a node that ends at `from` and one that starts at `to`; `indicator` is what has to stand right
 * before the latter: `-` and blanks, or nothing.
 *
 * @throws unsupported for anchors, tags and whatever else is not a comment.
 */
export function readGap(text: string, from: number, to: number, indicator: '-' | ''): Gap {
  const lines = text.slice(from, to).split('\n')
  const last = lines.length === 1 ? undefined : lines.pop()
  if (last === undefined) return readInline(lines[0] ?? '', indicator)
  if (last.trim() !== indicator || /\t/.test(last)) throw unsupported
  const [first = '', ...rest] = lines
  return { trailing: commentIn(first), lines: rest.map(lineOf) }
}

function readInline(text: string, indicator: string): Gap {
  if (text.trim() !== indicator) throw unsupported
  return noGap
}

function lineOf(line: string): GapLine {
  const text = commentIn(line) ?? ''
  return { column: text === '' ? 0 : line.indexOf('#'), text }
}

function commentIn(line: string): string | undefined {
  const text = line.trim()
  if (text === '') return undefined
  if (!text.startsWith('#')) throw unsupported
  return text
}
