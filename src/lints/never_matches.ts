import type { CheckNode } from '../condition/checked.ts'
import { type Conflict, findConflict } from '../condition/conflict.ts'
import { optimize } from '../condition/optimize.ts'
import { splitExceptions } from '../rule/split.ts'
import type { Finding, Lint, LintedRule, Subject } from './lint.ts'
import { claimed, placeOf, type Site, sitesOf } from './shared/sites.ts'

// For more kinds than this a condition says little about each.
const maxKinds = 50

/** Rules that no event can satisfy. */
export const neverMatches: Lint = {
  code: 'never-matches',
  help: 'Rules whose condition holds on no event: its checks exclude each other, or no kind of event satisfies all of them.',
  find: (subject) => subject.rules.flatMap((linted) => findingsOf(linted, subject)),
}

function findingsOf({ rule, compiled }: LintedRule, { origins }: Subject): readonly Finding[] {
  const { condition } = splitExceptions(rule)
  const conflict = findConflict(condition.root)
  if (conflict) {
    const sites = sitesOf(compiled, origins)
    const { expr } = conflict.second.check
    const site = sites.get(conflict.second.check)
    if (!site || [conflict.first, conflict.second].some(({ check }) => isPlaceholder(check, sites.get(check)))) return []
    return [{ ...placeOf(site, expr.start), ...said(rule.name, conflict) }]
  }
  const { kinds } = rule
  if (!kinds || kinds.length > maxKinds || kinds.some((kind) => canHold(condition, kind))) return []
  const message = `rule '${rule.name}' can never match: no kind of event satisfies all of its checks`
  const hint = 'see --list-events for what events there are, and what parameters they have'
  return [{ message, context: compiled.definition.context, hint }]
}

// What is there to be filled or overridden: a list without items, and a macro that says no more than that a field has a value.
function isPlaceholder({ expr, operator, rights }: CheckNode<never>, site: Site | undefined): boolean {
  if (!site) return false
  return operator ? rights.length === 0 && site.text.substituted.names.length > 0 : site.whole === expr
}

function canHold(checked: LintedRule['rule']['checked'], kind: number): boolean {
  const [root] = optimize([checked], kind).roots
  return root === true || (typeof root === 'object' && !findConflict(root))
}

function said(name: string, { first, second, isShared }: Conflict): { message: string; hint: string } {
  const start = `rule '${name}' can never match: `
  if (first === second)
    return { message: `${start}${claimed(second)} has nothing to compare with`, hint: 'put values between the parentheses' }
  const others = isShared ? ' and the other checks on it hold' : ' holds'
  return {
    message: `${start}${claimed(second)} is false wherever ${claimed(first)}${others}`,
    hint: 'leave one of them out, or join them by or',
  }
}
