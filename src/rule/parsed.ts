import type { Expr } from '../condition/ast.ts'
import { ConditionFault } from '../condition/fault.ts'
import { parseCondition } from '../condition/parse.ts'

const maxSearched = 100_000

/** What came of the text of a condition. */
export interface Parsed {
  readonly result: Expr | ConditionFault
  /** Names of macros; of what is not well formed all words, as each may be meant as one. */
  readonly macros: readonly string[]
  readonly checks: number
}

export function parsedOf(text: string): Parsed {
  try {
    const result = parseCondition(text)
    const names = new Set<string>()
    const checks = countChecks(result, names)
    return { result, macros: [...names], checks }
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error
    return { result: error, macros: [...new Set(text.slice(0, maxSearched).match(/[a-zA-Z]\w*/g))], checks: 0 }
  }
}

function countChecks(expr: Expr, names: Set<string>): number {
  if (expr.kind === 'and' || expr.kind === 'or') return expr.items.reduce((sum, item) => sum + countChecks(item, names), 0)
  if (expr.kind === 'not') return countChecks(expr.item, names)
  if (expr.kind === 'macro') names.add(expr.name)
  return 1
}
