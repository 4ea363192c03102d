import type { Bound, CheckNode, Right } from './checked.ts'
import { isNumber, type Lookup, type Operator } from './operators.ts'
import type { GraphNode } from './optimize.ts'

/** More literals than this are compared in a loop instead of in a row. */
const maxInline = 64
/** Up to so many literals are compared one by one; more are looked up in a set. */
const maxChain = 4
/** Checks of this cost are evaluated again rather than remembered. */
const cheap = 3

/** Length of code, in characters, that may stand among other code, and that one function may have, by and large. */
const longest = 300
const longestFunction = 1000

const connectives = { and: ' && ', or: ' || ' }

/**
 * Writes nodes of a graph as JavaScript expressions.
 *
 * The code refers to `event`, to `b0`, `b1` ... (bound readers, sets, patterns), to `v0` ... (values of fields that are
 * read by several checks) and to `m0` ... (results of shared nodes: 0 not known, 1 false, 2 true; `s0()` finds them).
 */
export class Writer {
  readonly bound: unknown[] = []
  readonly functions: string[] = []
  readonly values: string[] = []
  /** Those of `values` that are to be forgotten between events. */
  readonly sharedValues: string[] = []
  readonly memos: string[] = []
  private readonly boundNames = new Map<unknown, string>()
  private readonly searches = new Map<string, Lookup>()
  private readonly written = new Map<GraphNode, string>()
  private readonly operands = new Map<string, { access: string; name: string }>()
  private readonly reads: ReadonlyMap<string, number>

  /** `reads`: how many times the code may read each operand, by key. */
  constructor(reads: ReadonlyMap<string, number>) {
    this.reads = reads
  }

  expression(node: GraphNode): string {
    let code = this.written.get(node)
    if (code === undefined) {
      code = this.node(node)
      const isShared = node.uses > 1 && node.kind !== 'not' && (node.cost > cheap || node.items.length > 1)
      if (isShared) code = this.remembered(node.id, code)
      this.written.set(node, code)
    }
    return code
  }

  /** The same expression, in a function of its own where it is long: small functions are optimized sooner. */
  apart(code: string): string {
    if (code.length <= longest) return code
    const name = `r${this.functions.length}`
    this.functions.push(`function ${name}() { return ${code} }`)
    return `${name}()`
  }

  private node(node: GraphNode): string {
    if (node.check !== undefined) return this.check(node.check)
    const items = node.items.map((item) => this.apart(this.expression(item)))
    return node.kind === 'and' || node.kind === 'or' ? this.row(items, connectives[node.kind]) : `!${items[0]}`
  }

  /** Expressions in a row, of which as many share a function as make a short one. */
  private row(items: readonly string[], connective: string): string {
    const groups: string[][] = [[]]
    let length = 0
    for (const item of items) {
      if (length > longestFunction) {
        groups.push([])
        length = 0
      }
      groups.at(-1)?.push(item)
      length += item.length
    }
    const rows = groups.map((group) => `(${group.join(connective)})`)
    return rows.length === 1 ? (rows[0] ?? '') : `(${rows.map((row) => this.apart(row)).join(connective)})`
  }

  private remembered(id: number, code: string): string {
    this.memos.push(`m${id}`)
    this.functions.push(`function s${id}() { return m${id} = ${code} ? 2 : 1 }`)
    return `((m${id} || s${id}()) === 2)`
  }

  private check(check: CheckNode<never>): string {
    const { left, operator, modifier, rights, operand } = check
    if (operator === undefined) return `(${this.value(left).access} !== undefined)`
    if (operand !== undefined || rights.length > maxInline * (modifier === undefined ? Infinity : 1)) return this.interpreted(check)
    if (left.shape !== 'one') return modifier === undefined ? this.several(check, operator) : this.interpreted(check)
    const value = this.value(searched(check))
    const test = modifier === undefined ? this.test(value.name, operator, left, rights) : this.modified(check, operator, value.name)
    const needsGuard = !operator.skipsMissing || left.kind === 'net'
    return needsGuard ? `(${value.access} !== undefined && ${test})` : `(${value.access}, ${test})`
  }

  /** A test of one defined value against one literal, or a list operator's whole list. */
  private test(value: string, operator: Operator, { kind }: Bound<never>, rights: readonly Right[]): string {
    if (operator.bound !== undefined && rights[0] !== undefined) return operator.emit(value, this.searchFor(operator, rights[0]), kind)
    if (!operator.isList) return operator.emit(value, this.literal(rights[0]), kind)
    if (operator.prepareList === undefined || rights.length === 0) return 'false'
    const isChain = operator.name !== 'pmatch' && kind !== 'net' && rights.length <= maxChain
    if (!isChain) return operator.emit(value, this.bind(operator.prepareList(rights)), kind)
    const equals = isNumber(kind) ? '==' : '==='
    return `(${rights.map((right) => `${value} ${equals} ${this.literal(right)}`).join(' || ')})`
  }

  private modified({ left, modifier, rights }: CheckNode<never>, operator: Operator, value: string): string {
    const tests = rights.map((right) => this.test(value, operator, left, [right]))
    if (tests.length === 0) return 'false'
    if (modifier !== 'oneof') return this.row(tests, modifier === 'anyof' ? connectives.or : connectives.and)
    const counts = tests.map((test) => `(${test} ? 1 : 0)`)
    return `${this.row(counts, ' + ')} === 1`
  }

  /** A check on a list of values: a loop in a function of its own. */
  private several({ left, rights }: CheckNode<never>, operator: Operator): string {
    const wantsAll = left.shape === 'list' ? operator.name === 'in' : left.shape === 'either' && operator.name === '!='
    const test = this.test('value', operator, left, rights)
    const name = `c${this.functions.length}`
    const [stop, end] = wantsAll ? [`if (!(${test})) return false`, 'values.length > 0'] : [`if (${test}) return true`, 'false']
    const loop = `for (let i = 0; i < values.length; i++) { const value = values[i]; ${stop} }`
    this.functions.push(`function ${name}(values) { if (values === undefined) return false; ${loop} return ${end} }`)
    return `${name}(${this.value(left).access})`
  }

  private interpreted(check: CheckNode<never>): string {
    return `evaluateCheck(${this.bind(check)}, event)`
  }

  /** How to get a value, and the variable that holds it afterwards. */
  value(operand: Bound<never>): { access: string; name: string } {
    let value = this.operands.get(operand.key)
    if (value === undefined) {
      const name = `v${this.values.length}`
      const read = `${this.bind(operand.read)}(event)`
      const isShared = (this.reads.get(operand.key) ?? 0) > 1
      value = { name, access: isShared ? `(${name} === unread ? (${name} = ${read}) : ${name})` : `(${name} = ${read})` }
      this.operands.set(operand.key, value)
      this.values.push(name)
      if (isShared) this.sharedValues.push(name)
    }
    return value
  }

  private literal(right: Right | undefined): string {
    if (typeof right === 'bigint') return `${right}n`
    if (typeof right === 'object' || right === undefined) return this.bind(right)
    return JSON.stringify(right)
  }

  private searchFor(operator: Operator, right: Right): string {
    const key = `${operator.name} ${right}`
    const known = this.searches.get(key) ?? operator.bound?.(right)
    if (known !== undefined) this.searches.set(key, known)
    return this.bind(known)
  }

  private bind(value: unknown): string {
    let name = this.boundNames.get(value)
    if (name === undefined) {
      name = `b${this.bound.length}`
      this.bound.push(value)
      this.boundNames.set(value, name)
    }
    return name
  }
}

/** What is read for a check: where it looks for literals without blanks, a text that holds the same ones may do. */
export function searched(check: CheckNode<never>): Bound<never> {
  const { left, operator, rights } = check
  const { haystack } = left
  if (haystack === undefined || operator?.isSearch !== true || check.operand !== undefined) return left
  return rights.every((right) => typeof right === 'string' && plain.test(right))
    ? { ...left, key: `${left.key} as is`, read: haystack }
    : left
}

const plain = /^[^ \0]+$/
