import type { CheckNode, Node } from '../condition/checked.ts'
import { decide } from '../condition/kinds.ts'

// For each kind of event one bit: whether a condition can hold, and whether it can fail, on some event of the kind.
interface Possible {
  readonly hold: Uint32Array
  readonly fail: Uint32Array
}

const wantsOne: ReadonlySet<string> = new Set(['=', '==', 'in'])

/** The kinds of events for which conditions can hold. What conditions share is looked at once. */
export class KindSets {
  private readonly universe: readonly number[]
  private readonly all: Uint32Array
  private readonly either: Possible
  private readonly byCheck = new Map<string, Possible>()
  private readonly lists = new WeakMap<Uint32Array, readonly number[]>()
  private readonly byField = new Map<string, ReadonlyMap<string, readonly number[]>>()
  private readonly byNode = new WeakMap<Node<never>, Possible>()

  constructor(universe: readonly number[]) {
    this.universe = universe
    this.all = new Uint32Array(Math.ceil(universe.length / 32)).fill(0xffffffff)
    this.either = { hold: this.all, fail: this.all }
  }

  /** In the order of the universe. */
  of(node: Node<never>): readonly number[] {
    const { hold } = this.possible(node)
    if (hold === this.all) return this.universe
    const known = this.lists.get(hold)
    if (known) return known
    const kinds = this.universe.filter((_, i) => has(hold, i))
    this.lists.set(hold, kinds)
    return kinds
  }

  /** Whether some check of the condition holds on no kind of event, as does one on the name of an event that never comes. */
  hasNever(node: Node<never>): boolean {
    if (node.kind === 'not') return this.hasNever(node.item)
    return node.kind === 'check' ? this.of(node).length === 0 : node.items.some((item) => this.hasNever(item))
  }

  private possible(node: Node<never>): Possible {
    if (node.kind === 'check') return this.check(node)
    const known = this.byNode.get(node)
    if (known) return known
    const found = node.kind === 'not' ? swapped(this.possible(node.item)) : this.logic(node.kind, node.items)
    this.byNode.set(node, found)
    return found
  }

  private check(check: CheckNode<never>): Possible {
    if (!check.left.ofKind) return this.either
    const known = this.byCheck.get(check.key)
    if (known) return known
    const found = this.looked(check) ?? this.decided(check)
    this.byCheck.set(check.key, found)
    return found
  }

  /** For a check that wants one of some texts: their kinds are looked up. */
  private looked({ left, operator, modifier, operand, rights }: CheckNode<never>): Possible | undefined {
    const isPlain = left.shape === 'one' && modifier === undefined && operand === undefined
    if (!isPlain || !operator || !wantsOne.has(operator.name) || !rights.every((right) => typeof right === 'string')) return undefined
    const index = this.byField.get(left.key) ?? this.indexed(left)
    if (!index) return undefined
    const hold = new Uint32Array(this.all.length)
    for (const right of rights) for (const i of index.get(right) ?? []) add(hold, i)
    return { hold, fail: hold.map((word) => ~word) }
  }

  /** Positions in the universe by the field's value; undefined if it is not the same text for all events of each kind. */
  private indexed(left: CheckNode<never>['left']): ReadonlyMap<string, readonly number[]> | undefined {
    const index = new Map<string, number[]>()
    for (const [i, kind] of this.universe.entries()) {
      const found = left.ofKind?.(kind)
      if (typeof found?.value !== 'string') return undefined
      const positions = index.get(found.value)
      if (positions) positions.push(i)
      else index.set(found.value, [i])
    }
    this.byField.set(left.key, index)
    return index
  }

  private decided(check: CheckNode<never>): Possible {
    const hold = new Uint32Array(this.all.length)
    const fail = new Uint32Array(this.all.length)
    for (const [i, kind] of this.universe.entries()) {
      const truth = decide(check, kind)
      if (truth !== false) add(hold, i)
      if (truth !== true) add(fail, i)
    }
    return { hold, fail }
  }

  private logic(kind: 'and' | 'or', items: readonly Node<never>[]): Possible {
    const sets = items.map((item) => this.possible(item))
    const hold = sets.map((set) => set.hold)
    const fail = sets.map((set) => set.fail)
    return kind === 'and' ? { hold: this.meet(hold), fail: this.join(fail) } : { hold: this.join(hold), fail: this.meet(fail) }
  }

  private meet(sets: readonly Uint32Array[]): Uint32Array {
    const narrow = sets.filter((set) => set !== this.all)
    const [first, ...others] = narrow
    if (!first) return this.all
    return others.length === 0 ? first : first.map((word, i) => others.reduce((result, set) => result & (set[i] ?? 0), word))
  }

  private join(sets: readonly Uint32Array[]): Uint32Array {
    const [first, ...others] = sets
    if (!first || sets.includes(this.all)) return this.all
    return others.length === 0 ? first : first.map((word, i) => others.reduce((result, set) => result | (set[i] ?? 0), word))
  }
}

function swapped({ hold, fail }: Possible): Possible {
  return { hold: fail, fail: hold }
}

function has(set: Uint32Array, index: number): boolean {
  return (((set[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1
}

function add(set: Uint32Array, index: number): void {
  set[index >> 5] = (set[index >> 5] ?? 0) | (1 << (index & 31))
}
