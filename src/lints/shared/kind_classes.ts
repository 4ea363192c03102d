import type { CheckNode, Node } from '../../condition/checked.ts'
import { decide } from '../../condition/kinds.ts'
import type { Rule } from '../../rule/ruleset.ts'
import { codeOf } from '../../schema/event.ts'

// Stands for all kinds of a source whose events have none.
const anyKind = codeOf('PLUGINEVENT_E')

/**
 * Kinds of events in classes: for those of one class each check that a kind decides comes out the same, so that conditions which
 * hold on one of them can hold on all.
 */
export class KindClasses {
  private readonly checks = new Map<string, CheckNode<never>>()
  private readonly byKind = new Map<number, number>()
  private readonly byClass = new Map<string, number>()

  /** Of the checks in the conditions of `rules`. */
  constructor(rules: readonly Rule[]) {
    const seen = new Set<Node<never>>()
    const pending = rules.map(({ checked }) => checked.root)
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      if (node.kind === 'check') {
        if (node.left.ofKind) this.checks.set(node.key, node)
      } else pending.push(...(node.kind === 'not' ? [node.item] : node.items))
    }
  }

  /** The kinds that stand for those of a rule: one for each class. */
  of({ kinds }: Rule): ReadonlySet<number> {
    return new Set((kinds ?? [anyKind]).map((kind) => this.standsFor(kind)))
  }

  private standsFor(kind: number): number {
    const known = this.byKind.get(kind)
    if (known !== undefined) return known
    const key = [...this.checks.values()].map((check) => outcomes[`${decide(check, kind) ?? 'open'}`]).join('')
    const first = this.byClass.get(key) ?? kind
    this.byClass.set(key, first)
    this.byKind.set(kind, first)
    return first
  }
}

const outcomes = { true: 't', false: 'f', open: '?' } as const
