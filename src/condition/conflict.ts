import type { CheckNode, Node } from './checked.ts'
import { testCheck } from './evaluate.ts'
import type { Scalar } from './field.ts'
import { isNumber } from './operators.ts'
import type { GraphNode } from './optimize.ts'

/** A check, and whether it is to hold or to fail. */
export interface Claim {
  readonly check: CheckNode<never>
  readonly holds: boolean
}

/** Claims that no event satisfies together; one and the same where it can never be satisfied. */
export interface Conflict {
  readonly first: Claim
  readonly second: Claim
  /** Whether it takes other checks on the same field too. */
  readonly isShared: boolean
}

export type Tree = Node<never> | GraphNode

/**
 * Why a condition holds on no event, as far as its checks on the same fields tell.
 *
 * Undefined says nothing: what is found is sure, but not everything is found.
 */
export function findConflict(tree: Tree): Conflict | undefined {
  return new Search().conjoin([{ tree, holds: true }])
}

/** Whether no event satisfies all the claims, which are on one operand. */
export function conflictOf(claims: readonly Claim[]): Conflict | undefined {
  const positive = claims.find(({ holds }) => holds)
  // A field without a value satisfies any number of claims that something fails.
  if (!positive) return undefined
  const never = claims.find(({ check, holds }) => holds && check.operator && !check.operand && check.rights.length === 0)
  if (never) return pair(never, never)
  const missing = claims.find(({ check, holds }) => !holds && !check.operator)
  if (missing) return pair(positive, missing)
  const { shape, kind } = positive.check.left
  if (shape !== 'one' || kind === 'net') return undefined
  const literal = claims.filter(({ check }) => check.operator && !check.operand)
  if (literal.length > maxClaims) return undefined
  return amongValues(literal, kind === 'bool' ? positive : undefined) ?? amongRanges(literal) ?? amongPrefixes(literal)
}

export function checkOf(tree: Tree): CheckNode<never> | undefined {
  if (tree.kind !== 'check') return undefined
  return 'left' in tree ? tree : tree.check
}

// Claims on one operand are compared with each other, and values with each claim.
const maxClaims = 500
const maxTests = 1_000_000

function itemsOf(tree: Tree): readonly Tree[] {
  return 'items' in tree ? tree.items : 'item' in tree ? [tree.item] : []
}

// Steps after which the search gives up: it takes milliseconds.
const maxSteps = 20_000

interface Part {
  readonly tree: Tree
  readonly holds: boolean
}

class Search {
  private readonly claims = new Map<string, Claim[]>()
  private readonly trail: Claim[][] = []
  private steps = 0

  /** A conflict of the parts with each other and with what is claimed so far; where there is none, their claims stay. */
  conjoin(parts: readonly Part[]): Conflict | undefined {
    const alternatives: Part[] = []
    const pending = [...parts]
    // It grows while it is walked.
    for (const part of pending) {
      const { tree, holds } = part
      if (++this.steps > maxSteps) return undefined
      const check = checkOf(tree)
      if (check) {
        const conflict = this.claim({ check, holds })
        if (conflict) return conflict
      } else if (tree.kind === 'not') pending.push(...itemsOf(tree).map((item) => ({ tree: item, holds: !holds })))
      else if ((tree.kind === 'and') === holds) pending.push(...itemsOf(tree).map((item) => ({ tree: item, holds })))
      else alternatives.push(part)
    }
    for (const part of alternatives) {
      const conflict = this.choose(part)
      if (conflict) return conflict
    }
    return undefined
  }

  /** A conflict if each of the alternatives is one; the claims of the only one that is none stay. */
  private choose({ tree, holds }: Part): Conflict | undefined {
    const open: Part[] = []
    let first: Conflict | undefined
    for (const item of itemsOf(tree)) {
      const part = { tree: item, holds }
      const before = this.trail.length
      const conflict = this.conjoin([part])
      this.undo(before)
      if (!conflict) open.push(part)
      else first ??= conflict
      if (open.length > 1) return undefined
    }
    return open.length === 0 ? first : this.conjoin(open)
  }

  private claim(claim: Claim): Conflict | undefined {
    const { key } = claim.check.left
    const known = this.claims.get(key) ?? []
    this.claims.set(key, known)
    known.push(claim)
    this.trail.push(known)
    this.steps += known.length
    return conflictOf(known)
  }

  private undo(length: number): void {
    while (this.trail.length > length) this.trail.pop()?.pop()
  }
}

const equalities: ReadonlySet<string> = new Set(['=', '==', 'in'])

/** Whether a check holds on a few values only, which are its literals. */
export function isOneOfFew({ operator, operand, modifier }: CheckNode<never>): boolean {
  return operator !== undefined && equalities.has(operator.name) && operand === undefined && modifier === undefined
}

// What may be one of a few values is tried with each of them.
function amongValues(claims: readonly Claim[], flag: Claim | undefined): Conflict | undefined {
  const few = claims.filter(({ check, holds }) => holds && isOneOfFew(check))
  const [first, ...others] = few.sort((a, b) => a.check.rights.length - b.check.rights.length)
  const source = first ?? flag
  if (!source) return undefined
  const values = first ? (first.check.rights as readonly Scalar[]) : [true, false]
  if (values.length * claims.reduce((sum, { check }) => sum + check.rights.length, 0) > maxTests) return undefined
  const rest = [...others, ...claims.filter((claim) => !few.includes(claim))]
  const satisfies = (value: Scalar, { check, holds }: Claim) => testCheck(check, value, undefined) === holds
  const alone = rest.find((claim) => !values.some((value) => satisfies(value, claim)))
  if (alone) return pair(source, alone)
  let left = values
  for (const claim of rest) {
    left = left.filter((value) => satisfies(value, claim))
    if (left.length === 0) return { first: source, second: claim, isShared: true }
  }
  return undefined
}

interface Bound {
  readonly value: Scalar
  readonly isStrict: boolean
  readonly claim: Claim
}

function amongRanges(claims: readonly Claim[]): Conflict | undefined {
  let low: Bound | undefined
  let high: Bound | undefined
  for (const claim of claims) {
    const { check, holds } = claim
    const sign = check.operator?.name ?? ''
    const [value] = check.rights
    if (!isNumber(check.left.kind) || check.modifier || !/^[<>]=?$/.test(sign) || value === undefined) continue
    const bound = { value: value as Scalar, isStrict: (sign.length === 1) === holds, claim }
    // The contrary of `<` is `>=`.
    if ((sign[0] === '>') === holds) low = !low || isTighter(bound, low, 1) ? bound : low
    else high = !high || isTighter(bound, high, -1) ? bound : high
  }
  if (!low || !high) return undefined
  const isEmpty = low.value > high.value || (low.value >= high.value && (low.isStrict || high.isStrict))
  return isEmpty ? pair(low.claim, high.claim) : undefined
}

function isTighter(bound: Bound, known: Bound, direction: 1 | -1): boolean {
  if (bound.value >= known.value && bound.value <= known.value) return bound.isStrict
  return direction === 1 ? bound.value > known.value : bound.value < known.value
}

function amongPrefixes(claims: readonly Claim[]): Conflict | undefined {
  const prefixes = claims.filter(({ check, holds }) => holds && check.operator?.name === 'startswith' && !check.modifier)
  for (const [i, second] of prefixes.entries()) {
    const first = prefixes.slice(0, i).find((other) => !isPrefixed(other.check, second.check) && !isPrefixed(second.check, other.check))
    if (first) return pair(first, second)
  }
  return undefined
}

function isPrefixed(a: CheckNode<never>, b: CheckNode<never>): boolean {
  return String(a.rights[0]).startsWith(String(b.rights[0]))
}

function pair(first: Claim, second: Claim): Conflict {
  return { first, second, isShared: false }
}
