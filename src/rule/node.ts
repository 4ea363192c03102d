import type { Entry, MappingNode, ScalarNode } from '../base/node.ts'

/** The entry with the key `name`; of several, the first. */
export function entryOf(node: MappingNode, name: string): Entry | undefined {
  for (const entry of node.entries) if (entry.key.kind === 'scalar' && entry.key.text === name) return entry
  return undefined
}

/**
 * Where in the file the character `index` of a scalar's text was written.
 *
 * Follows folded and indented lines; undefined where the text was written with escapes, so that it cannot be followed.
 */
export function offsetIn(text: string, node: ScalarNode, index: number): number | undefined {
  let at = node.at
  if (/["']/.test(text[at] ?? '')) at++
  else if (/[|>]/.test(text[at] ?? '') && !node.isPlain) at = endOfLine(text, at)
  const wanted = Math.min(index, node.text.trimEnd().length - 1)
  if (text.startsWith(node.text.slice(0, wanted + 1), at)) return at + index
  for (let i = 0; i <= wanted; i++) {
    const char = node.text[i]
    if (char === undefined || /\s/.test(char)) continue
    while (/\s/.test(text[at] ?? '')) at++
    if (text[at] !== char) return undefined
    if (i === wanted) return at + (index - wanted)
    at++
  }
  return at
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}
