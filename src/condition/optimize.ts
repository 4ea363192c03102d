import type { Checked, CheckNode, Node } from './checked.ts'
import { canHold, decide } from './kinds.ts'
import { operators } from './operators.ts'

/** A node of all the conditions of one kind of event together: what is the same in several rules is there once. */
export interface GraphNode {
  readonly id: number
  readonly kind: 'and' | 'or' | 'not' | 'check'
  /** Of `and` and `or` in the order in which to evaluate them. */
  items: GraphNode[]
  readonly check?: CheckNode<never>
  /** How many nodes and rules refer to it. */
  uses: number
  /** Rough time to evaluate it once, in comparisons of two numbers. */
  cost: number
  /** Rough chance that it holds, 0 to 1. */
  odds: number
}

export interface Graph {
  /** For each rule: its condition on events of the kind, or its truth where the kind decides it. */
  readonly roots: readonly (GraphNode | boolean)[]
  /** For each rule: what the subject has to be for it to hold, perhaps; undefined where it has no say. */
  readonly gates: readonly (GraphNode | undefined)[]
}

/**
 * Evaluates conditions partially for one kind of event, and merges what is the same.
 *
 * Conditions have no side effects, so operands are put in order of cost for what they decide: cheap ones and those that
 * seldom hold come first in `and`, searches and regular expressions last. A node that is used often counts for less, as its
 * result is kept.
 */
export function optimize(conditions: readonly Checked<never>[], kind: number): Graph {
  const builder = new Builder(kind)
  const roots = conditions.map((condition) => canHold(condition.root, kind, true) && builder.build(condition.root))
  const gates = roots.map((root) => (typeof root === 'boolean' ? undefined : builder.gateOf(root, true)))
  const live = [...roots, ...gates].filter((root) => root !== undefined && typeof root !== 'boolean')
  for (const root of live) use(root)
  const arranged = new Set<GraphNode>()
  for (const root of live) arrange(root, arranged)
  return { roots, gates }
}

class Builder {
  private readonly kind: number
  private readonly known = new Map<Node<never>, GraphNode | boolean>()
  private readonly byKey = new Map<string, GraphNode>()

  constructor(kind: number) {
    this.kind = kind
  }

  build(node: Node<never>): GraphNode | boolean {
    let built = this.known.get(node)
    if (built === undefined) {
      built = this.make(node)
      this.known.set(node, built)
    }
    return built
  }

  private make(node: Node<never>): GraphNode | boolean {
    if (node.kind === 'check') {
      const isEmptyList = node.operator !== undefined && node.operand === undefined && node.rights.length === 0
      return isEmptyList ? false : (decide(node, this.kind) ?? this.intern('check', node.key, [], node))
    }
    if (node.kind === 'not') return this.negate(this.build(node.item))
    return this.combine(node.kind, node.items)
  }

  private combine(kind: 'and' | 'or', nodes: readonly Node<never>[]): GraphNode | boolean {
    const decisive = kind === 'or'
    const items = new Set<GraphNode>()
    for (const node of nodes) {
      const built = this.build(node)
      if (built === decisive) return decisive
      if (typeof built !== 'boolean') items.add(built)
    }
    return this.join(kind, items)
  }

  /** What has to hold of an event's subject for `node` to be `wanted`, perhaps; undefined where the subject has no say. */
  gateOf(node: GraphNode, wanted: boolean): GraphNode | undefined {
    if (node.kind === 'check') {
      if (node.check === undefined || !isOfSubject(node.check, this.kind)) return undefined
      return wanted ? node : this.intern('not', String(node.id), [node])
    }
    const [first] = node.items
    if (node.kind === 'not') return first && this.gateOf(first, !wanted)
    const isAnd = (node.kind === 'and') === wanted
    const gates = node.items.map((item) => this.gateOf(item, wanted))
    if (!isAnd && gates.includes(undefined)) return undefined
    const gate = this.join(isAnd ? 'and' : 'or', new Set(gates.filter((one) => one !== undefined)))
    return typeof gate === 'boolean' ? undefined : gate
  }

  join(kind: 'and' | 'or', items: ReadonlySet<GraphNode>): GraphNode | boolean {
    const decisive = kind === 'or'
    const fused = kind === 'or' ? this.fuse([...items]) : this.fuseNegated([...items])
    const [first] = fused
    if (first === undefined) return !decisive
    if (fused.length === 1) return first
    const ids = fused.map((item) => item.id).sort((a, b) => a - b)
    return this.intern(kind, ids.join(','), fused)
  }

  /** Of alternatives, those that compare one field with literals become one check with all the literals. */
  private fuse(items: readonly GraphNode[]): GraphNode[] {
    const groups = Map.groupBy(items, (item) => (item.check !== undefined && isMembership(item.check) ? item.check.left.key : item))
    return [...groups.values()].flatMap((group) => {
      const checks = group.map((item) => item.check).filter((check) => check !== undefined)
      const merged = group.length === 1 ? undefined : membershipOf(checks)
      return merged === undefined ? group : [this.intern('check', merged.key, [], merged)]
    })
  }

  /** `not a = 1 and not a = 2` is `not a in (1, 2)`. */
  private fuseNegated(items: readonly GraphNode[]): GraphNode[] {
    const negated = items.filter((item) => item.kind === 'not' && item.items[0]?.check !== undefined)
    if (negated.length < 2) return [...items]
    const fused = this.fuse(negated.flatMap((item) => item.items))
    if (fused.length === negated.length) return [...items]
    return [...items.filter((item) => !negated.includes(item)), ...fused.map((item) => this.intern('not', String(item.id), [item]))]
  }

  private negate(item: GraphNode | boolean): GraphNode | boolean {
    if (typeof item === 'boolean') return !item
    if (item.kind === 'not') return item.items[0] ?? item
    return this.intern('not', String(item.id), [item])
  }

  private intern(kind: GraphNode['kind'], key: string, items: GraphNode[], check?: CheckNode<never>): GraphNode {
    const whole = `${kind} ${key}`
    let node = this.byKey.get(whole)
    if (node === undefined) {
      node = { id: this.byKey.size, kind, items, uses: 0, cost: 0, odds: 0, ...(check && { check }) }
      this.byKey.set(whole, node)
    }
    return node
  }
}

function isOfSubject({ left, operand }: CheckNode<never>, kind: number): boolean {
  return left.ofSubject?.(kind) === true && (operand === undefined || operand.ofSubject?.(kind) === true)
}

function isMembership({ operator, left, operand, modifier }: CheckNode<never>): boolean {
  if (operator === undefined || operand !== undefined || modifier !== undefined || left.kind === 'net') return false
  const isEquality = operator.name === '=' || operator.name === '=='
  return isEquality ? left.shape !== 'list' : operator.name === (left.shape === 'list' ? 'intersects' : 'in')
}

function membershipOf(checks: readonly CheckNode<never>[]): CheckNode<never> | undefined {
  const [first] = checks
  const operator = operators.get(first?.left.shape === 'list' ? 'intersects' : 'in')
  if (first === undefined || operator === undefined) return undefined
  const rights = [...new Set(checks.flatMap((check) => check.rights))]
  return { kind: 'check', key: checks.map((check) => check.key).join(' or '), expr: first.expr, left: first.left, operator, rights }
}

function use(node: GraphNode): void {
  node.uses++
  if (node.uses === 1) for (const item of node.items) use(item)
}

/** Merges logic into logic of its own sort, where nobody else uses it, and sorts operands by cost. */
function arrange(node: GraphNode, done: Set<GraphNode>): void {
  if (done.has(node)) return
  done.add(node)
  for (const item of node.items) arrange(item, done)
  if (node.kind === 'check') {
    node.cost = node.check === undefined ? 0 : costOf(node.check)
    node.odds = node.check === undefined ? 0.5 : oddsOf(node.check)
    return
  }
  const merged = node.items.flatMap((item) => (item.kind === node.kind && node.kind !== 'not' && item.uses === 1 ? item.items : [item]))
  const decides = (item: GraphNode) => (node.kind === 'or' ? item.odds : 1 - item.odds)
  const rank = (item: GraphNode) => item.cost / item.uses / decides(item)
  node.items = merged.sort((a, b) => rank(a) - rank(b))
  const left = merged.reduce((rest, item) => rest * (1 - decides(item)), 1)
  node.odds = bounded(node.kind === 'or' ? 1 - left : node.kind === 'and' ? left : 1 - (node.items[0]?.odds ?? 0.5))
  // Each operand is reached less often than the one before.
  node.cost = node.items.reduceRight((rest, item) => item.cost / item.uses + rest * (1 - decides(item)), 0.5)
}

// Nothing is sure, or it would not be asked.
function bounded(odds: number): number {
  return Math.min(Math.max(odds, 0.02), 0.98)
}

function oddsOf({ left, operator, rights }: CheckNode<never>): number {
  if (operator === undefined) return 0.7
  if (operator.name === '!=') return 0.9
  if (left.kind === 'bool' || operator.name === '<' || operator.name === '<=' || operator.name === '>' || operator.name === '>=') return 0.5
  return bounded(Math.min(0.1 + rights.length / 100, 0.3))
}

/** Rough time of a check, in comparisons of two numbers. */
export function costOf(check: CheckNode<never>): number {
  const { left, operand, operator, modifier, rights } = check
  const count = modifier === undefined ? 1 : rights.length
  const many = left.shape === 'one' ? 1 : 6
  return left.cost + (operand?.cost ?? 0) + (operator?.cost ?? 1) * count * many
}
