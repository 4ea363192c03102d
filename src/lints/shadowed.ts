import { Implications } from '../condition/implies.ts'
import { optimize } from '../condition/optimize.ts'
import type { Rule } from '../rule/ruleset.ts'
import { codeOf } from '../schema/event.ts'
import type { Finding, Lint, LintedRule } from './lint.ts'
import { nameOf } from './shared/sites.ts'

/** Rules that never fire because an earlier one always does. */
export const shadowed: Lint = {
  code: 'shadowed',
  help: 'Rules that never fire, since an earlier rule holds whenever they do and an event stops at the first rule.',
  find: ({ rules, matching }) => {
    if (matching === 'all') return []
    const running = rules.filter(({ isRunning }) => isRunning)
    return [...Map.groupBy(running, ({ rule }) => rule.source).values()].flatMap(findingsOf)
  },
}

// Each rule is compared with those before it: that many take some seconds.
const maxRules = 3000

// Stands for all kinds of a source whose events have none.
const anyKind = codeOf('PLUGINEVENT_E')

function findingsOf(rules: readonly LintedRule[]): Finding[] {
  const pairs = shadowsOf(rules.slice(0, maxRules).map(({ rule }) => rule))
  return [...pairs].flatMap(([later, earlier]) => {
    const [hidden, hiding] = [rules[later], rules[earlier]]
    return hidden && hiding ? [findingOf(hidden, hiding)] : []
  })
}

function findingOf({ rule, compiled }: LintedRule, hiding: LintedRule): Finding {
  return {
    message: `rule '${rule.name}' never fires: '${hiding.rule.name}' (${nameOf(hiding.compiled.definition.context)}) comes first and holds whenever it does`,
    context: compiled.definition.context,
    hint: 'load it before that rule, narrow the condition of that rule, or set rule_matching: all',
  }
}

/** For each rule that is shadowed the first that shadows it, by their indexes. */
function shadowsOf(rules: readonly Rule[]): ReadonlyMap<number, number> {
  const open = candidates(rules)
  const proven = new Set<number>()
  for (const kind of kindsOf(rules)) {
    const asked = [...open].filter(([later]) => rules[later]?.kinds?.includes(kind) ?? true)
    if (asked.length === 0) continue
    const indexes = [...new Set(asked.flatMap(([later, earlier]) => [later, ...earlier]))]
    const { roots } = optimize(
      indexes.flatMap((index) => rules[index]?.checked ?? []),
      kind,
    )
    const rootOf = new Map(indexes.map((index, i) => [index, roots[i]]))
    const implications = new Implications()
    for (const [later, earlier] of asked) {
      const root = rootOf.get(later)
      if (root === false) continue
      proven.add(later)
      const left = earlier.filter((index) => {
        const other = rootOf.get(index)
        return other === true || (typeof root === 'object' && typeof other === 'object' && implications.has(root, other))
      })
      if (left.length > 0) open.set(later, left)
      else open.delete(later)
    }
  }
  // One that never matches is not hidden by others.
  return new Map([...open].flatMap(([later, [first = 0]]) => (proven.has(later) ? [[later, first] as const] : [])))
}

function kindsOf(rules: readonly Rule[]): Iterable<number> {
  return new Set(rules.flatMap(({ kinds }) => kinds ?? [anyKind]))
}

/** For each rule the earlier ones that are tried on all of its kinds. */
function candidates(rules: readonly Rule[]): Map<number, readonly number[]> {
  const sets = rules.map(({ kinds }) => kinds && new Set(kinds))
  const open = new Map<number, readonly number[]>()
  for (const [later, { kinds }] of rules.entries()) {
    const earlier = sets.slice(0, later).flatMap((set, index) => (!set || !kinds || kinds.every((kind) => set.has(kind)) ? [index] : []))
    if (earlier.length > 0) open.set(later, earlier)
  }
  return open
}
