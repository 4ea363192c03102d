import type { Compare } from '../condition/ast.ts'
import type { CheckNode } from '../condition/checked.ts'
import type { Finding, Lint, LintedRule, Subject } from './lint.ts'
import { placeOf, quoted, type Site, walkSites } from './shared/sites.ts'

// A rule that is tried on more kinds of events than this is tried on nearly everything.
const manyKinds = 100
// Of `cost` of operators: patterns, and searches that ignore case.
const slowCost = 25

/** Operators that take longer than one that says the same, or run on nearly every event. */
export const slowOperator: Lint = {
  code: 'slow-operator',
  help: 'Patterns where a plain comparison says the same, and slow operators in rules that are tried on nearly every event.',
  find: (subject) => {
    const found = new Map<string, Finding>()
    for (const linted of subject.rules) collect(linted, subject, found)
    return found.values()
  },
}

function collect({ rule, compiled }: LintedRule, { origins }: Subject, found: Map<string, Finding>): void {
  const isBusy = rule.kinds !== undefined && rule.kinds.length > manyKinds
  walkSites(compiled, origins, (node, expr, site) => {
    if (node.kind !== 'check' || expr.kind !== 'compare') return
    const finding = simpler(node, expr, site) ?? (isBusy ? busy(node, expr, site, rule.name) : undefined)
    if (finding) found.set(`${finding.context.source.name} ${finding.context.at} ${finding.message}`, finding)
  })
}

function busy({ operator }: CheckNode<never>, expr: Compare, site: Site, name: string): Finding | undefined {
  if (!operator || operator.cost < slowCost) return undefined
  return {
    ...placeOf(site, expr.start),
    message: `${quoted(expr)} is slow, and rule '${name}' is tried on nearly every event`,
    hint: 'restrict the rule by evt.type = …, or compare with =, in, startswith or endswith',
  }
}

function simpler({ left }: CheckNode<never>, expr: Compare, site: Site): Finding | undefined {
  if (expr.right.kind !== 'literal' || expr.modifier) return undefined
  const plain = rewritten(expr.operator, expr.right.text)
  if (plain === undefined) return undefined
  const written = quoted({ ...expr, ...plain })
  return {
    ...placeOf(site, expr.start),
    message: `${quoted(expr)} is a slow way to compare ${left.name}`,
    hint: `write ${written.slice(1, -1)}, which says the same`,
  }
}

type Plain = Pick<Compare, 'operator' | 'right'>

function rewritten(operator: string, text: string): Plain | undefined {
  if (operator === 'glob') return ofGlob(text)
  if (operator === 'iglob') return ofIglob(text)
  return operator === 'regex' ? ofRegex(text) : undefined
}

// What stands between the stars is plain text.
const betweenStars = /^(\*?)([^*?[\]\\]+)(\*?)$/

function ofGlob(text: string): Plain | undefined {
  const [, before, inner = '', after] = betweenStars.exec(text) ?? []
  if (before === undefined) return undefined
  const operator = before && after ? 'contains' : before ? 'endswith' : after ? 'startswith' : '='
  return { operator, right: literal(inner) }
}

function ofIglob(text: string): Plain | undefined {
  const [, before, inner = '', after] = betweenStars.exec(text) ?? []
  return before && after ? { operator: 'icontains', right: literal(inner) } : undefined
}

const plainText = /^[\w/ :@,=-]+$/

function ofRegex(text: string): Plain | undefined {
  if (plainText.test(text)) return { operator: '=', right: literal(text) }
  const alternatives = /^\((?:\?:)?([^()]+)\)$/.exec(text)?.[1] ?? text
  const words = alternatives.split('|')
  if (words.length < 2 || !words.every((word) => plainText.test(word))) return undefined
  return { operator: 'in', right: { kind: 'list', items: words.map(literal), start: 0, end: 0 } }
}

function literal(text: string) {
  return { kind: 'literal', text, start: 0, end: 0 } as const
}
