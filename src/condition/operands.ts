import type { Node } from './checked.ts'

/** The keys of all operands of a condition: names of fields with their arguments, and of transformers of these. */
export function operandKeys(node: Node<never>, keys: Set<string> = new Set()): Set<string> {
  if (node.kind === 'not') return operandKeys(node.item, keys)
  if (node.kind !== 'check') {
    for (const item of node.items) operandKeys(item, keys)
    return keys
  }
  keys.add(node.left.key)
  if (node.operand !== undefined) keys.add(node.operand.key)
  return keys
}
