import type { Compare, Literal } from './ast.ts'
import type { CheckNode } from './checked.ts'
import type { ConditionWarning } from './fault.ts'
import type { Catalogue } from './field.ts'
import { transformerNames } from './lexer.ts'

const looksTransformed = new RegExp(`^(?:${transformerNames.join('|')})\\(.+\\)$`)
const looksLikeField = /^([a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)+)(?:\[[^\]]*\])?$/
// `regex` matches whole values, so an anchor or a wildcard at an end says nothing, or not what was meant.
const anchored = /^(?:\^|\.[*+?])|(?:[^\\]\$|^\$|(?:^|[^\\])\.[*+?])$/
const comparesWhole: ReadonlySet<string> = new Set(['=', '==', '!=', 'in', 'intersects', 'pmatch'])

/** What is allowed in a check but hardly meant. */
export function warningsOf(node: CheckNode<never>, catalogue: Catalogue<never>): ConditionWarning[] {
  const found: ConditionWarning[] = []
  for (const bound of [node.left, node.operand]) {
    if (bound?.field?.flags?.includes('deprecated')) {
      found.push({ code: 'LOAD_DEPRECATED_ITEM', message: deprecation(bound.name), ...spanOf(node.expr) })
    }
  }
  const { expr } = node
  if (expr.kind === 'exists') return found
  for (const literal of literalsOf(expr)) {
    const message = suspicion(literal.text, expr, catalogue)
    if (message !== undefined) found.push({ code: 'LOAD_COMPILE_CONDITION', message, ...spanOf(literal) })
    if (literal.text === '<NA>' && comparesWhole.has(expr.operator) && /^(?:ka|jevt)\./.test(node.left.name)) {
      const advice = `comparing '${node.left.name}' with <NA> is unsafe: a missing value never compares equal; use exists`
      found.push({ code: 'LOAD_UNSAFE_NA_CHECK', message: advice, ...spanOf(literal) })
    }
  }
  return found
}

function deprecation(name: string): string {
  const message = `usage of deprecated field '${name}' has been detected in the rule condition`
  return name === 'evt.dir' ? `${message}: 'evt.dir = <' holds for all system calls, and 'evt.dir = >' for none` : message
}

function suspicion(text: string, expr: Compare, catalogue: Catalogue<never>): string | undefined {
  if (expr.operator === 'regex') {
    if (!anchored.test(text)) return undefined
    return `'${text}' has an anchor or wildcard at an end, but regex always matches the whole value`
  }
  if (looksTransformed.test(text)) return `'${text}' may be a valid field transformer misused as a const string value`
  const name = looksLikeField.exec(text.trim())?.[1]
  if (name === undefined || catalogue.find(name) === undefined) return undefined
  return `'${text}' may be a valid field misused as a const string value; val(${text.trim()}) is the value of the field`
}

function literalsOf(expr: Compare): readonly Pick<Literal, 'text' | 'start' | 'end'>[] {
  const { right } = expr
  if (right.kind === 'list') return right.items
  return right.kind === 'literal' || right.kind === 'name' ? [right] : []
}

function spanOf(node: { readonly start: number; readonly end: number }): { start: number; end: number } {
  return { start: node.start, end: node.end }
}
