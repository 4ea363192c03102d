/** Lines of a plain or quoted text as one: a break is a blank, and each empty line a break. */
export function foldedLines(lines: readonly string[]): string {
  let text = lines[0] ?? ''
  let empty = 0
  for (const line of lines.slice(1)) {
    if (line === '') empty++
    else {
      text += (empty > 0 ? '\n'.repeat(empty) : ' ') + line
      empty = 0
    }
  }
  return text
}

/** Lines of quoted text without the blanks where they were broken. */
export function trimmedInside(lines: readonly string[]): readonly string[] {
  const last = lines.length - 1
  return lines.map((line, i) => (i === 0 ? line.trimEnd() : i === last ? line.trimStart() : line.trim()))
}

/** The text of a block that starts with `|`. */
export function literalBlock(lines: readonly string[]): string {
  return lines.join('\n')
}

/** The text of a block that starts with `>`: lines are joined by blanks, except around empty and indented ones. */
export function foldedBlock(lines: readonly string[]): string {
  let text = ''
  let separator = ''
  let wasIndented = false
  for (const [i, line] of lines.entries()) {
    const isLeading = text === '' && separator === ''
    if (line === '' && isLeading && lines.slice(0, i).every((before) => before === '')) text += '\n'
    else if (line.startsWith(' ')) {
      if (separator === ' ') separator = '\n'
      else if (!wasIndented && separator === '\n') separator = '\n\n'
      text += separator + line
      separator = '\n'
      wasIndented = true
    } else if (line === '') {
      if (separator === '\n') text += '\n'
      else separator = '\n'
    } else {
      text += separator + line
      separator = ' '
      wasIndented = false
    }
  }
  return text
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['n', '\n'],
  ['t', '\t'],
])

/** Text in double quotes with its simple escapes resolved; undefined if it has others. */
export function unescaped(text: string): string | undefined {
  if (!text.includes('\\')) return text
  let isKnown = true
  const result = text.replace(/\\([\s\S])/g, (_, char: string) => {
    const found = escapes.get(char)
    if (found === undefined) isKnown = false
    return found ?? ''
  })
  return isKnown ? result : undefined
}
