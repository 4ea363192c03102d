import type { Checked, CheckNode, Node } from './checked.ts'
import { testCheck } from './evaluate.ts'

/**
 * The kinds of events for which the condition can be true at all, in the order of `universe`.
 *
 * Checks on fields that are the same for all events of a kind are decided; any other check may be true or false.
 */
export function kindsOf(condition: Checked<never>, universe: readonly number[]): number[] {
  return universe.filter((kind) => canHold(condition.root, kind, true))
}

/** The truth of a check for all events of a kind; undefined where it depends on the event. */
export function decide(check: CheckNode<never>, kind: number): boolean | undefined {
  const left = check.left.ofKind?.(kind)
  if (left === undefined) return undefined
  const right = check.operand?.ofKind?.(kind)
  if (check.operand !== undefined && right === undefined) return undefined
  return testCheck(check, left.value, right?.value)
}

/** Whether the node can be `wanted` on some event of the kind, as far as checks are independent of each other. */
export function canHold(node: Node<never>, kind: number, wanted: boolean): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      if ((node.kind === 'and') === wanted) return node.items.every((item) => canHold(item, kind, wanted))
      return node.items.some((item) => canHold(item, kind, wanted))
    case 'not':
      return canHold(node.item, kind, !wanted)
    case 'check':
      return (decide(node, kind) ?? wanted) === wanted
  }
}
