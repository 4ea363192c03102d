import type { Expr } from '../condition/ast.ts'
import type { CheckNode, Node } from '../condition/checked.ts'
import { type Claim, conflictOf } from '../condition/conflict.ts'
import type { Finding, Lint } from './lint.ts'
import { claimed, placeOf, type Site, walkSites } from './shared/sites.ts'

/** Checks beside each other of which one excludes the other, so that what they are part of is dead. */
export const contradiction: Lint = {
  code: 'contradiction',
  help: 'Checks on one field, joined by and, that exclude each other, in a part of a condition.',
  find: ({ rules, origins }) => {
    const found = new Map<CheckNode<never>, Finding>()
    for (const { compiled } of rules) {
      walkSites(compiled, origins, (node, expr, site) => {
        if (node.kind !== 'and' || expr.kind !== 'and' || expr === compiled.checked?.expr) return
        const finding = conflictAmong(node.items, expr.items, site)
        if (finding && !found.has(finding.check)) found.set(finding.check, finding)
      })
    }
    return found.values()
  },
}

function conflictAmong(
  nodes: readonly Node<never>[],
  exprs: readonly Expr[],
  site: Site,
): (Finding & { readonly check: CheckNode<never> }) | undefined {
  // Only what is written here: macros are made for more than one place.
  const claims = nodes.flatMap((node, i) => (exprs[i]?.kind === 'macro' ? [] : claimOf(node)))
  for (const [, group] of Map.groupBy(claims, ({ check }) => check.left.key)) {
    const conflict = group.length < 2 ? undefined : conflictOf(group)
    if (!conflict || conflict.first === conflict.second) continue
    const { first, second } = conflict
    return {
      ...placeOf(site, second.check.expr.start),
      check: second.check,
      message: `this part never holds: ${claimed(second)} and ${claimed(first)} exclude each other`,
      hint: 'leave one of them out, or join them by or',
    }
  }
  return undefined
}

function claimOf(node: Node<never>): Claim[] {
  if (node.kind === 'check') return [{ check: node, holds: true }]
  return node.kind === 'not' && node.item.kind === 'check' ? [{ check: node.item, holds: false }] : []
}
