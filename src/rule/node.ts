/** YAML as rules need it: what was written, and where. Scalars stay text; what they mean depends on the key. */
export type Node = ScalarNode | SequenceNode | MappingNode

export interface ScalarNode {
  readonly kind: 'scalar'
  /** Offset in the file's text. */
  readonly at: number
  readonly text: string
  /** Written without quotes and on no block of its own: `yes` is a boolean where `"yes"` is text, and nothing is null. */
  readonly isPlain: boolean
}

export interface SequenceNode {
  readonly kind: 'sequence'
  readonly at: number
  readonly items: readonly Node[]
}

export interface MappingNode {
  readonly kind: 'mapping'
  readonly at: number
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly key: Node
  readonly value: Node
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.isPlain && node.text.length <= 4 && /^(?:~|null|Null|NULL)?$/.test(node.text)
}

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
