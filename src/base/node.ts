/** YAML as it was written, and where. Scalars stay text; what they mean depends on the key. */
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
