/** `text` in lines of at most `columns` characters, broken at blanks; a longer word stands alone. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** `left` padded to `columns`, then `right` beside it, wrapped to `width` in all. */
export function twoColumns(left: string, right: string, columns: number, width: number): string {
  const lines = wrapText(right, width - columns)
  const first = left.length < columns ? `${left.padEnd(columns)}${lines.shift() ?? ''}` : left
  return [first, ...lines.map((line) => `${' '.repeat(columns)}${line}`)].join('\n')
}
