import type { Checked } from '../condition/checked.ts'
import { Implications } from '../condition/implies.ts'
import { optimize } from '../condition/optimize.ts'
import { splitExceptions } from '../rule/split.ts'
import type { Finding, Lint, LintedRule } from './lint.ts'
import { KindClasses } from './shared/kind_classes.ts'

/** Exceptions that leave nothing of their rule. */
export const exceptionHidesAll: Lint = {
  code: 'exception-hides-all',
  help: 'Exceptions that hold whenever the condition of their rule does, so that it never fires.',
  find: ({ rules }) => {
    const excepted = rules.filter(({ rule }) => rule.exceptions.some(({ values }) => values.length > 0))
    const classes = new KindClasses(excepted.map(({ rule }) => rule))
    return excepted.flatMap((linted) => findingsOf(linted, classes))
  },
}

function findingsOf({ rule }: LintedRule, classes: KindClasses): Finding[] {
  const { condition, exceptions } = splitExceptions(rule)
  return exceptions.flatMap(({ exception: { name, context }, negated }) => {
    if (!isHidden(condition, negated, classes.of(rule))) return []
    const message = `exception '${name}' leaves nothing of rule '${rule.name}': it holds whenever the condition does`
    return [{ message, context, hint: 'make its values narrower; to switch the rule off, write enabled: false under override' }]
  })
}

/** Whether nothing of the condition is left beside `not exception`, for any of the kinds. */
function isHidden(condition: Checked<never>, negated: Checked<never>, kinds: ReadonlySet<number>): boolean {
  let isAsked = false
  const implications = new Implications({ ignoresMissing: true })
  for (const kind of kinds) {
    const [holds = false, remains = false] = optimize([condition, negated], kind).roots
    if (holds === false || remains === false) continue
    isAsked = true
    const [excepted] = typeof remains === 'object' && remains.kind === 'not' ? remains.items : []
    if (!excepted || !implications.has(holds, excepted)) return false
  }
  return isAsked
}
