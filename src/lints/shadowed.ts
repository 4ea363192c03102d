import { Implications } from '../condition/implies.ts'
import { type GraphNode, optimize } from '../condition/optimize.ts'
import type { Rule } from '../rule/ruleset.ts'
import type { Finding, Lint, LintedRule } from './lint.ts'
import { KindClasses } from './shared/kind_classes.ts'
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

// Each rule is compared with those before it: that many take a few seconds.
const maxRules = 2000
// Of the rules that hide another on its first kind, no more are looked at on the rest.
const maxHiding = 20

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
  const classes = new KindClasses(rules)
  const kindsOf = rules.map((rule) => classes.of(rule))
  // What still may hide each rule; absent until its first kind, on which it can hold at all, is looked at.
  const hiding = new Map<number, readonly number[]>()
  for (const kind of new Set(kindsOf.flatMap((kinds) => [...kinds]))) {
    const concerned = rules.flatMap((_, index) => (kindsOf[index]?.has(kind) ? [index] : []))
    const { roots } = optimize(
      concerned.flatMap((index) => rules[index]?.checked ?? []),
      kind,
    )
    const rootOf = new Map(concerned.map((index, i) => [index, roots[i] ?? false]))
    for (const [i, later] of concerned.entries()) {
      const root = rootOf.get(later)
      // What cannot hold on the kind is not hidden there.
      if (root !== undefined && root !== false) hiding.set(later, remaining(root, hiding.get(later) ?? concerned.slice(0, i), rootOf))
    }
  }
  return new Map([...hiding].flatMap(([later, [first]]) => (first === undefined ? [] : [[later, first] as const])))
}

/** Those of some earlier rules that hold whenever `root` does. */
function remaining(
  root: GraphNode | true,
  earlier: readonly number[],
  rootOf: ReadonlyMap<number, GraphNode | boolean>,
): readonly number[] {
  // What is known of one rule says little of the next.
  const implications = new Implications()
  const found: number[] = []
  for (const index of earlier) {
    const other = rootOf.get(index) ?? false
    if (other === true || (other !== false && implications.has(root, other))) found.push(index)
    if (found.length === maxHiding) break
  }
  return found
}
