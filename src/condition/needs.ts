import type { OperatorName } from './ast.ts'
import type { CheckNode } from './checked.ts'
import { costOf, type GraphNode } from './optimize.ts'

/** Checks of texts of which at least one has to hold for a rule to hold; none where it may hold without. */
export type Needs = readonly CheckNode<never>[] | undefined

/** Operators that find out whether a value is, holds, begins or ends with one of some texts. */
const textOperators: ReadonlySet<OperatorName> = new Set<OperatorName>(['=', '==', 'in', 'startswith', 'endswith', 'contains'])
// Nearly every value has something of what is shorter.
const shortest = 2
// A field is worth reading for all events if so many rules may be ruled out by it.
const fewRules = 4

/** What each rule needs, of fields that many of them need. Checks of the same `keyOf` read the same field. */
export function needsOf(roots: readonly (GraphNode | undefined)[], keyOf: (check: CheckNode<never>) => string): Needs[] {
  const rules = new Map<string, number>()
  for (const root of roots) {
    const keys = new Set<string>()
    if (root !== undefined) needsOfNode(root, true, (check) => keys.add(keyOf(check)).size > 0)
    for (const key of keys) rules.set(key, (rules.get(key) ?? 0) + 1)
  }
  const isCommon = (check: CheckNode<never>) => (rules.get(keyOf(check)) ?? 0) >= fewRules
  return roots.map((root) => root && needsOfNode(root, true, isCommon))
}

/** What `node` needs to be `wanted`, the cheapest checks of those that `mayTake` lets pass. */
function needsOfNode(node: GraphNode, wanted: boolean, mayTake: (check: CheckNode<never>) => boolean): Needs {
  const { check, items } = node
  if (check !== undefined) return wanted && isOfTexts(check) && mayTake(check) ? [check] : undefined
  const [first] = items
  if (node.kind === 'not') return first && needsOfNode(first, !wanted, mayTake)
  const needs = items.map((item) => needsOfNode(item, wanted, mayTake))
  const known = needs.filter((need) => need !== undefined)
  if ((node.kind === 'and') === wanted) return known.sort((a, b) => total(a) - total(b))[0]
  return known.length === needs.length ? [...new Set(known.flat())] : undefined
}

function total(checks: readonly CheckNode<never>[]): number {
  return checks.reduce((sum, check) => sum + costOf(check), 0)
}

function isOfTexts({ left, operator, modifier, operand, rights }: CheckNode<never>): boolean {
  if (left.kind !== 'text' || left.shape !== 'one' || modifier !== undefined || operand !== undefined) return false
  if (operator === undefined || !textOperators.has(operator.name)) return false
  return rights.every((right) => typeof right === 'string' && right.length >= shortest)
}
