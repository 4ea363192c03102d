import type { CheckNode, Node } from '../condition/checked.ts'
import { testCheck } from '../condition/evaluate.ts'
import type { Value } from '../condition/field.ts'
import { decide } from '../condition/kinds.ts'

// For each kind of event one bit: whether a condition can hold, and whether it can fail, on some event of the kind.
interface Possible {
  readonly hold: Uint32Array
  readonly fail: Uint32Array
}

/** The kinds by what a field is for all their events. */
interface Groups {
  readonly byValue: ReadonlyMap<Value, Uint32Array>
  /** Kinds whose events differ in it. */
  readonly unknown: Uint32Array
  /** Whether it is a text for every kind. */
  readonly isText: boolean
}

const wantsOne: ReadonlySet<string> = new Set(['=', '==', 'in'])

/** The kinds of events for which conditions can hold. What conditions share is looked at once. */
export class KindSets {
  private readonly universe: readonly number[]
  private readonly all: Uint32Array
  private readonly either: Possible
  private readonly byCheck = new Map<string, Possible>()
  private readonly lists = new WeakMap<Uint32Array, readonly number[]>()
  private readonly byField = new Map<string, Groups>()
  private readonly byNode = new WeakMap<Node<never>, Possible>()
  private readonly counts: (check: CheckNode<never>) => boolean

  /** `counts`: which checks are looked at; the others may hold or fail on any kind. */
  constructor(universe: readonly number[], counts: (check: CheckNode<never>) => boolean = () => true) {
    this.universe = universe
    this.counts = counts
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

  /** How many `of` gives. */
  count(node: Node<never>): number {
    const { hold } = this.possible(node)
    if (hold === this.all) return this.universe.length
    let count = 0
    for (let i = 0; i < hold.length; i++) count += bitCount(hold[i] ?? 0)
    // The last word may have bits of no kind.
    for (let i = this.universe.length; i < hold.length * 32; i++) if (has(hold, i)) count--
    return count
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
    if (!check.left.ofKind || !this.counts(check)) return this.either
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
    const { byValue, isText } = this.groups(left)
    if (!isText) return undefined
    const hold = new Uint32Array(this.all.length)
    for (const right of rights) merge(hold, byValue.get(right as string))
    return { hold, fail: hold.map((word) => ~word) }
  }

  /** The check is tried once for each value that its field has for all events of some kind. */
  private decided(check: CheckNode<never>): Possible {
    if (check.operand !== undefined) return this.decidedByKind(check)
    const { byValue, unknown } = this.groups(check.left)
    const hold = unknown.slice()
    const fail = unknown.slice()
    for (const [value, kinds] of byValue) merge(testCheck(check, value, undefined) ? hold : fail, kinds)
    return { hold, fail }
  }

  private groups(left: CheckNode<never>['left']): Groups {
    const known = this.byField.get(left.key)
    if (known) return known
    const byValue = new Map<Value, Uint32Array>()
    const unknown = new Uint32Array(this.all.length)
    let isText = true
    for (let i = 0; i < this.universe.length; i++) {
      const found = left.ofKind?.(this.universe[i] as number)
      if (!found) {
        isText = false
        add(unknown, i)
        continue
      }
      isText &&= typeof found.value === 'string'
      const set = byValue.get(found.value) ?? new Uint32Array(this.all.length)
      byValue.set(found.value, set)
      add(set, i)
    }
    const groups = { byValue, unknown, isText }
    this.byField.set(left.key, groups)
    return groups
  }

  private decidedByKind(check: CheckNode<never>): Possible {
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
    if (others.length === 0) return first
    const met = first.slice()
    for (const set of others) for (let i = 0; i < met.length; i++) met[i] = (met[i] ?? 0) & (set[i] ?? 0)
    return met
  }

  private join(sets: readonly Uint32Array[]): Uint32Array {
    const [first, ...others] = sets
    if (!first || sets.includes(this.all)) return this.all
    if (others.length === 0) return first
    const joined = first.slice()
    for (const set of others) merge(joined, set)
    return joined
  }
}

/** What is asked of the kinds of one source. */
export interface SourceKinds {
  /** For which a condition can hold. */
  readonly exact: KindSets
  /** Which its checks on types of events leave. */
  readonly selected: KindSets
  /** The same, with types that never come. */
  readonly named: KindSets
}

/** The kinds of one rule, found when they are asked for: who only checks rules has no need of them. */
export class RuleKinds {
  private readonly sets: SourceKinds
  private readonly root: Node<never>

  constructor(sets: SourceKinds, root: Node<never>) {
    this.sets = sets
    this.root = root
  }

  get exact(): readonly number[] {
    return this.sets.exact.of(this.root)
  }

  get selected(): readonly number[] {
    return this.sets.selected.of(this.root)
  }
}

export function sourceKinds(kinds: readonly number[], named = kinds): SourceKinds {
  return { exact: new KindSets(kinds), selected: new KindSets(kinds, selectsTypes), named: new KindSets(named, selectsTypes) }
}

const selecting: ReadonlySet<string> = new Set(['=', '==', '!=', 'in'])

/** Whether a check selects types of events by their names; Falco goes by these alone. */
function selectsTypes({ left, operator, operand, modifier }: CheckNode<never>): boolean {
  if (left.field?.accepts === undefined || operand !== undefined || modifier !== undefined) return false
  return operator !== undefined && selecting.has(operator.name)
}

function swapped({ hold, fail }: Possible): Possible {
  return { hold: fail, fail: hold }
}

function bitCount(word: number): number {
  let rest = word
  let count = 0
  for (; rest !== 0; rest &= rest - 1) count++
  return count
}

function has(set: Uint32Array, index: number): boolean {
  return (((set[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1
}

function merge(to: Uint32Array, from: Uint32Array | undefined): void {
  if (from) for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) | (from[i] ?? 0)
}

function add(set: Uint32Array, index: number): void {
  set[index >> 5] = (set[index >> 5] ?? 0) | (1 << (index & 31))
}
