import type { CheckNode } from './checked.ts'
import { conflictOf, isOneOfFew } from './conflict.ts'
import { testCheck } from './evaluate.ts'
import type { Scalar } from './field.ts'
import { isNumber } from './operators.ts'
import type { GraphNode } from './optimize.ts'

export interface ImplicationOptions {
  /** Whether a check that holds on all values of its field counts as true, though the field may have none. */
  readonly ignoresMissing?: boolean
}

// Nothing has to hold.
const everything: GraphNode = { id: -1, kind: 'and', items: [], uses: 0, cost: 0, odds: 1 }

/** Which conditions of one graph hold wherever others do. What is found is sure, but not everything is found. */
export class Implications {
  private readonly known = new Map<GraphNode, Map<GraphNode, boolean>>()
  private readonly options: ImplicationOptions

  constructor(options: ImplicationOptions = {}) {
    this.options = options
  }

  /** Whether `b` holds on every event that `a` holds on; `true` holds on all. */
  has(given: GraphNode | true, b: GraphNode): boolean {
    const a = given === true ? everything : given
    if (a === b) return true
    if (a.check && b.check) return this.find(a, b)
    const ofA = this.known.get(a) ?? new Map<GraphNode, boolean>()
    this.known.set(a, ofA)
    const found = ofA.get(b) ?? this.find(a, b)
    ofA.set(b, found)
    return found
  }

  private find(a: GraphNode, b: GraphNode): boolean {
    if (b.kind === 'and') return b.items.every((item) => this.has(a, item))
    if (a.kind === 'or') return a.items.every((item) => this.has(item, b))
    if (a.kind === 'and' && a.items.some((item) => this.has(item, b))) return true
    if (b.kind === 'or') return b.items.some((item) => this.has(a, item))
    if (b.check && this.options.ignoresMissing && holdsOnAll(b.check)) return true
    if (b.kind === 'not') return this.excludes(a, b.items[0])
    return a.check !== undefined && b.check !== undefined && isStronger(a.check, b.check)
  }

  /** Whether `b` fails on every event that `a` holds on. */
  private excludes(a: GraphNode, b: GraphNode | undefined): boolean {
    if (!b) return false
    if (b.kind === 'or') return b.items.every((item) => this.excludes(a, item))
    if (b.kind === 'and') return b.items.some((item) => this.excludes(a, item))
    const [inner] = a.items
    if (a.kind === 'not' && inner) return this.has(b, inner)
    if (!a.check || !b.check || a.check.left.key !== b.check.left.key) return false
    return conflictOf([a.check, b.check].map((check) => ({ check, holds: true }))) !== undefined
  }
}

const searchesText: ReadonlySet<string> = new Set(['startswith', 'endswith', 'contains', 'icontains', 'bcontains', 'bstartswith'])

/** Whether a check holds on every value that its field can have. */
export function holdsOnAll({ operator, operand, modifier, rights, left }: CheckNode<never>): boolean {
  const name = operator?.name ?? ''
  if (operand || left.shape === 'list' || (modifier !== undefined && modifier !== 'anyof' && rights.length !== 1)) return false
  // The empty text is in all texts; patterns are kept prepared, so that only trying tells.
  if (searchesText.has(name)) return rights.includes('')
  if (name === 'pmatch') return rights.includes('/')
  return ['glob', 'iglob', 'regex'].includes(name) && samples.every((sample) => rights.some((right) => operator?.test(sample, right)))
}

// The empty text, and each character but the line break, which `.` of a regular expression leaves out.
const samples = ['', 'ab', '/a/b', ...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter((char) => char !== '\n')]

// Values of one check are tried on those of the other.
const maxTests = 1_000_000

/** Whether check `b` holds wherever `a` does. */
function isStronger(a: CheckNode<never>, b: CheckNode<never>): boolean {
  if (a.left.key !== b.left.key) return false
  if (a.key === b.key || b.operator === undefined) return true
  if (a.operator === undefined || a.operand || b.operand) return false
  if (a.rights.length * b.rights.length > maxTests) return false
  if (a.left.shape !== 'one') return isSubset(a, b)
  if (a.left.kind === 'net') return false
  if (isOneOfFew(a)) return a.rights.length > 0 && a.rights.every((value) => testCheck(b, value as Scalar, undefined))
  if (a.modifier || b.modifier) return false
  return isNumber(a.left.kind) ? isNarrower(a, b) : isLonger(a, b)
}

// Fields of several values: any of fewer is any of more.
function isSubset(a: CheckNode<never>, b: CheckNode<never>): boolean {
  const [nameA, nameB] = [a.operator?.name ?? '', b.operator?.name ?? '']
  const isAlike = a.left.shape !== 'list' ? isOneOfFew(a) && isOneOfFew(b) : nameA === nameB && !a.modifier && !b.modifier
  return isAlike && a.left.kind !== 'net' && a.rights.every((right) => b.rights.includes(right))
}

function isNarrower(a: CheckNode<never>, b: CheckNode<never>): boolean {
  const [nameA, nameB] = [a.operator?.name ?? '', b.operator?.name ?? '']
  const [x, y] = [a.rights[0] as Scalar, b.rights[0] as Scalar]
  if (!/^[<>]/.test(nameA) || nameA[0] !== nameB[0]) return false
  const isInside = nameA[0] === '>' ? x > y : x < y
  return isInside || (x >= y && x <= y && (nameA === nameB || nameB.length === 2))
}

const searches: Readonly<Record<string, readonly string[]>> = {
  startswith: ['startswith', 'contains'],
  endswith: ['endswith', 'contains'],
  contains: ['contains'],
}
const matches: Readonly<Record<string, (long: string, short: string) => boolean>> = {
  startswith: (long, short) => long.startsWith(short),
  endswith: (long, short) => long.endsWith(short),
  contains: (long, short) => long.includes(short),
}

function isLonger(a: CheckNode<never>, b: CheckNode<never>): boolean {
  const [nameA, nameB] = [a.operator?.name ?? '', b.operator?.name ?? '']
  const [long, short] = [a.rights[0], b.rights[0]]
  if (typeof long !== 'string' || typeof short !== 'string') return false
  return searches[nameA]?.includes(nameB) === true && matches[nameB]?.(long, short) === true
}
