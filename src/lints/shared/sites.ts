import { shorten } from '../../base/text.ts'
import type { Expr } from '../../condition/ast.ts'
import type { CheckNode, Node } from '../../condition/checked.ts'
import type { Claim } from '../../condition/conflict.ts'
import { printCondition } from '../../condition/print.ts'
import type { CompiledRule } from '../../rule/compile.ts'
import type { Origins } from '../../rule/origins.ts'
import type { Context } from '../../rule/problem.ts'
import type { TextPlace, WrittenText } from '../../rule/text.ts'

/** The text that a check is written in: of a rule, or of a macro that the rule refers to. */
export interface Site {
  readonly text: WrittenText
  readonly owner: Context
  /** All of what is written there. */
  readonly whole: Expr
}

/** Calls `visit` with every logic node and check of a rule's condition, once for each place where it is written. */
export function walkSites(rule: CompiledRule, origins: Origins, visit: (node: Node<never>, expr: Expr, site: Site) => void): void {
  if (!rule.checked) return
  const seen = new Set<Expr>()
  const go = (expr: Expr, node: Node<never>, site: Site): void => {
    if (expr.kind === 'macro') {
      const macro = origins.macros.get(expr.name)
      if (!expr.body || !macro || seen.has(expr.body)) return
      seen.add(expr.body)
      go(expr.body, node, { text: macro.text, owner: macro.definition.context, whole: expr.body })
      return
    }
    visit(node, expr, site)
    if (node.kind === 'not' && expr.kind === 'not') go(expr.item, node.item, site)
    if ((node.kind !== 'and' && node.kind !== 'or') || (expr.kind !== 'and' && expr.kind !== 'or')) return
    for (const [i, item] of expr.items.entries()) {
      const inner = node.items[i]
      if (inner) go(item, inner, site)
    }
  }
  go(rule.checked.expr, rule.checked.root, { text: rule.text, owner: rule.definition.context, whole: rule.checked.expr })
}

/** Where each check of a rule's condition is written. */
export function sitesOf(rule: CompiledRule, origins: Origins): ReadonlyMap<CheckNode<never>, Site> {
  const sites = new Map<CheckNode<never>, Site>()
  walkSites(rule, origins, (node, _, site) => {
    if (node.kind === 'check') sites.set(node, site)
  })
  return sites
}

export function placeOf({ text, owner }: Site, offset: number): TextPlace {
  return text.place(offset, 'condition expression', owner)
}

/** A check as messages quote it. */
export function quoted(expr: Expr): string {
  return `'${shorten(printCondition(expr), 80)}'`
}

export function claimed({ check, holds }: Claim): string {
  return holds ? quoted(check.expr) : quoted({ kind: 'not', item: check.expr, start: 0, end: 0 })
}

/** Where an item is, as messages name it. */
export function nameOf({ source, at }: Context): string {
  return `${source.name}:${source.position(at).line + 1}`
}
