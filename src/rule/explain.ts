import type { Compare, Expr } from '../condition/ast.ts'
import { printCondition } from '../condition/print.ts'
import type { Change } from './history.ts'
import type { Origins } from './origins.ts'
import type { Context } from './problem.ts'
import type { Rule } from './ruleset.ts'
import { splitExceptions } from './split.ts'
import type { WrittenText } from './text.ts'

export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
}

export interface NamedPlace extends Place {
  readonly name: string
}

/** A node of a condition, with macros and lists put in and still told apart. */
export interface ExplainedPart {
  readonly kind: 'and' | 'or' | 'not' | 'macro' | 'check'
  /** Of a check: what it says. */
  readonly text?: string
  /** The macro whose body is the only item. */
  readonly macro?: NamedPlace
  /** The body of a macro stands above, where it was named first. */
  readonly isRepeated?: true
  /** The lists that values of a check come from. */
  readonly lists?: readonly NamedPlace[]
  /** How many values a check has. */
  readonly values?: number
  /** The exception that is left out here. */
  readonly exception?: NamedPlace
  /** The item that added it, where that is not the one that defines the rule. */
  readonly added?: Place
  readonly items: readonly ExplainedPart[]
}

/** What became of a rule's condition, as a tree. */
export function explainCondition(rule: Rule, origins: Origins): ExplainedPart {
  const compiled = origins.rules.get(rule.name)
  const { condition, exceptions } = splitExceptions(rule)
  const explainer = new Explainer(origins)
  const main = explainer.part(condition.expr, compiled?.text)
  if (exceptions.length === 0) return main
  const left = exceptions.map(({ exception: { name, context }, negated }): ExplainedPart => {
    return { ...explainer.part(negated.expr, compiled?.text), exception: { name, ...placeOf(context) } }
  })
  return main.kind === 'and' ? { ...main, items: [...main.items, ...left] } : { kind: 'and', items: [main, ...left] }
}

/** What items changed in a rule after it was defined last. */
export function changesOf({ name }: Rule, { history }: Origins): readonly Change[] {
  const changes = history.rules.of(name)
  return changes.slice(changes.findLastIndex(({ operation }) => operation === 'define') + 1)
}

export function placeOf({ source, at }: Context): Place {
  return { file: source.name, line: source.position(at).line + 1 }
}

class Explainer {
  private readonly origins: Origins
  private readonly seen = new Set<Expr>()

  constructor(origins: Origins) {
    this.origins = origins
  }

  part(expr: Expr, text: WrittenText | undefined): ExplainedPart {
    switch (expr.kind) {
      case 'and':
      case 'or':
        return { kind: expr.kind, items: expr.items.map((item) => this.part(item, text)) }
      case 'not':
        return { kind: 'not', items: [this.part(expr.item, text)] }
      case 'macro':
        return this.macro(expr.name, expr.body, { kind: 'macro', items: [], ...addedBy(expr, text) })
      case 'exists':
        return { kind: 'check', text: printCondition(expr), items: [], ...addedBy(expr, text) }
      case 'compare':
        return { kind: 'check', text: printCondition(expr), items: [], ...this.values(expr, text), ...addedBy(expr, text) }
    }
  }

  private macro(name: string, body: Expr | undefined, part: ExplainedPart): ExplainedPart {
    const macro = this.origins.macros.get(name)
    const place = macro ? { name, ...placeOf(macro.definition.context) } : { name, file: '', line: 0 }
    if (!body) return { ...part, macro: place }
    // What several places share is told once: written out everywhere, a few lines could fill any screen.
    if (this.seen.has(body) && body.kind !== 'compare' && body.kind !== 'exists') return { ...part, macro: place, isRepeated: true }
    this.seen.add(body)
    return { ...part, macro: place, items: [this.part(body, macro?.text)] }
  }

  private values({ right }: Compare, text: WrittenText | undefined): Pick<ExplainedPart, 'lists' | 'values'> {
    const values = right.kind === 'list' ? right.items : right.kind === 'literal' || right.kind === 'name' ? [right] : []
    // Of an empty list nothing is left but the place between the parentheses.
    const starts = values.length === 0 ? [right.start + 1] : values.map(({ start }) => start)
    const names = new Set(starts.flatMap((start) => text?.substituted.listAt(start) ?? []))
    const lists = [...names].flatMap((name): NamedPlace[] => {
      const list = this.origins.lists.get(name)
      return list ? [{ name, ...placeOf(list.context) }] : []
    })
    return { ...(lists.length > 0 && { lists }), ...(right.kind === 'list' && { values: values.length }) }
  }
}

function addedBy(expr: Expr, text: WrittenText | undefined): Pick<ExplainedPart, 'added'> {
  const part = text?.partAt(expr.start)
  if (!part || !text || part === text.parts[0]) return {}
  const { source, node } = part
  return { added: { file: source.name, line: source.position(node.at).line + 1 } }
}
