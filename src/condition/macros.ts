import type { Expr, MacroRef } from './ast.ts'
import { ConditionFault } from './fault.ts'

// Macros that use macros multiply: a few lines could make a condition of any size.
const maxNodes = 1_000_000
const maxExpandedDepth = 3000

/** Sizes of what is expanded already, for conditions that share macros. */
export type Sizes = Map<Expr, Size>

interface Size {
  readonly nodes: number
  readonly depth: number
}

/**
 * Puts the bodies of macros where they are referred to.
 *
 * `lookup` gives bodies that are expanded already; they are shared, not copied, so that the compiler evaluates each once
 * an event.
 *
 * @throws ConditionFault `unknown-macro` where a name has no body; `condition-too-deep` where the result is out of bounds.
 */
export function expandMacros(expr: Expr, lookup: (name: string) => Expr | undefined, sizes: Sizes = new Map()): Expr {
  const expanded = expand(expr, lookup)
  const { nodes, depth } = measure(expanded, sizes)
  if (nodes <= maxNodes && depth <= maxExpandedDepth) return expanded
  throw new ConditionFault('condition-too-deep', 'the condition is too large with its macros expanded', {
    start: expr.start,
    end: expr.end,
    hint: 'use fewer macros inside macros',
  })
}

function expand(expr: Expr, lookup: (name: string) => Expr | undefined): Expr {
  if (expr.kind === 'compare' || expr.kind === 'exists') return expr
  if (expr.kind === 'and' || expr.kind === 'or') {
    const items = expr.items.map((item) => expand(item, lookup))
    return items.every((item, i) => item === expr.items[i]) ? expr : { ...expr, items }
  }
  if (expr.kind === 'not') {
    const item = expand(expr.item, lookup)
    return item === expr.item ? expr : { ...expr, item }
  }
  return expr.kind === 'macro' && expr.body === undefined ? { ...expr, body: bodyOf(expr, lookup) } : expr
}

function bodyOf(ref: MacroRef, lookup: (name: string) => Expr | undefined): Expr {
  const body = lookup(ref.name)
  if (body !== undefined) return body
  throw new ConditionFault('unknown-macro', `Undefined macro '${ref.name}' used in filter.`, {
    start: ref.start,
    end: ref.end,
    hint: 'define the macro before it is used; a check needs an operator and a value',
  })
}

const one: Size = { nodes: 1, depth: 1 }

function measure(expr: Expr, known: Sizes): Size {
  if (expr.kind === 'compare' || expr.kind === 'exists') return one
  const before = known.get(expr)
  if (before !== undefined) return before
  let nodes = 1
  let depth = 0
  const add = (child: Expr) => {
    const size = measure(child, known)
    nodes += size.nodes
    depth = Math.max(depth, size.depth)
  }
  if (expr.kind === 'and' || expr.kind === 'or') expr.items.forEach(add)
  if (expr.kind === 'not') add(expr.item)
  if (expr.kind === 'macro' && expr.body !== undefined) add(expr.body)
  const size = { nodes, depth: depth + 1 }
  known.set(expr, size)
  return size
}
