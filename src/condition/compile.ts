import { optimizeLittle } from '../base/jit.ts'
import type { Checked } from './checked.ts'
import { evaluateCheck } from './evaluate.ts'
import { noteLimit, type Subjects } from './field.ts'
import { type GraphNode, optimize } from './optimize.ts'
import { searched, Writer } from './writer.ts'

/** The conditions of all rules as one function, for events of one kind. */
export interface KindMatcher<E = unknown> {
  /** Writes the indexes of the rules that hold into `hits` from 0 on, in the order of the rules, and returns their number. */
  readonly match: (event: E, hits: number[]) => number
  /** Indexes of the rules that can hold on events of the kind. */
  readonly rules: readonly number[]
  /** The generated JavaScript. */
  readonly source: string
}

/** Stands for a field that was not read yet. */
const unread = Symbol('unread')

// Code of a function that many rules make, in characters.
const longMatch = 2000

/** Tokens of all that is compiled, so that none is taken for another's. */
let tokens = 0

/**
 * Compiles the conditions of rules for one kind of event: all of them are tested in one go, and what is the same in
 * several is evaluated once an event.
 *
 * `first`: stops at the first rule that holds; `all`: finds every one. With `subjects`, it is found once a subject which rules can
 * hold at all, and only these are tested. Text of users never becomes code: literals are printed by JSON.stringify,
 * everything else is bound by index.
 */
export function compileKind<E>(
  rules: readonly { readonly condition: Checked<E> }[],
  kind: number,
  mode: 'first' | 'all',
  subjects?: Subjects<E>,
): KindMatcher<E> {
  const conditions = rules.map((rule) => rule.condition)
  const { roots, gate, gates } = optimize(conditions, kind)
  const hasGate = subjects !== undefined && gate !== undefined
  const writer = new Writer(countReads(hasGate ? [...roots, gate, ...gates.filter((one) => one !== undefined)] : roots))
  const found: Test[] = []
  for (const [index, root] of roots.entries()) {
    if (root === false) continue
    found.push({ index, code: root === true ? 'true' : writer.apart(writer.expression(root)), gate: gates[index] })
    if (root === true && mode === 'first') break
  }
  if (found.length === 0) return { match: nothing, rules: [], source: '' }
  const entry = hasGate ? gated(writer, gate, found, mode) : [matcher(writer, found, mode)]
  const source = assemble(writer, entry)
  // The source holds only the operators' own code, JSON literals, and names made of a letter and a number.
  tokens += noteLimit
  const make = new Function('bound', 'unread', 'evaluateCheck', 'subjects', 'token', 'OpenSets', source)
  const { match, others: seldom } = make(writer.bound, unread, evaluateCheck, subjects, tokens, OpenSets)
  optimizeLittle(seldom)
  return { match, rules: found.map(({ index }) => index), source }
}

/** A rule that can hold on the kind: its place among the rules, and the code of its condition. */
interface Test {
  readonly index: number
  readonly code: string
  readonly gate: GraphNode | undefined
}

function nothing(): number {
  return 0
}

// What one event shares is kept in variables around the functions, for those of shared nodes to see it too.
function assemble({ bound, functions, values, memos }: Writer, entry: readonly string[]): string {
  const state = [...values, ...memos]
  return [
    '"use strict"',
    ...bound.map((_, i) => `const b${i} = bound[${i}]`),
    ...(state.length === 0 ? [] : [`var ${state.join(', ')}`]),
    'var event',
    ...functions,
    ...entry,
    `return { match, others: [${namesOf([...functions, ...entry]).join(', ')}] }`,
  ].join('\n')
}

// All but the way of events that no rule has to do with, and of those that few rules can hold on.
function namesOf(functions: readonly string[]): string[] {
  return functions.flatMap((code) => {
    const [, list, name = ''] = /^(?:const (tests|gates) =|function (\w+))/.exec(code) ?? []
    if (list !== undefined) return [`...${list}`]
    return name === '' || name === 'look' || name === 'few' || (name === 'match' && code.length < longMatch) ? [] : [name]
  })
}

/**
 * The way of events that have a subject: the rules that it leaves open are found once, and are none or few.
 *
 * These functions are small, so that they are optimized soon.
 */
function gated(writer: Writer, gate: GraphNode, found: readonly Test[], mode: 'first' | 'all'): string[] {
  // First, as it may take further variables.
  const isOpen = writer.expression(gate)
  const gates = found.map((test) => (test.gate === undefined ? 'true' : writer.apart(writer.expression(test.gate))))
  const start = begin(writer).join('; ')
  const hit = mode === 'first' ? `{ hits[0] = indexes[rule]; return 1 }` : 'hits[n++] = indexes[rule]'
  const rest = gates.includes('true') ? 'few(current, hits, sets.of[0])' : '0'
  return [
    `const indexes = [${found.map(({ index }) => index).join(', ')}]`,
    `const tests = [${found.map(({ code }) => `() => ${code}`).join(', ')}]`,
    `const gates = [${gates.map((code) => `() => ${code}`).join(', ')}]`,
    `const sets = new OpenSets([${gates.flatMap((code, at) => (code === 'true' ? [at] : [])).join(', ')}])`,
    `function few(current, hits, open) {
  ${start}
  let n = 0
  for (let i = 0; i < open.length; i++) {
    const rule = open[i]
    if (tests[rule]()) ${hit}
  }
  return n
}`,
    `function isOpen(current) { ${start}; return ${isOpen} }`,
    `function look(current, hits) {
  if (!isOpen(current)) {
    subjects.note(current, token, 0)
    return ${rest}
  }
  const open = []
  for (let rule = 0; rule < gates.length; rule++) if (gates[rule]()) open.push(rule)
  const set = sets.find(open)
  if (set > 0) subjects.note(current, token, set)
  return few(current, hits, open)
}`,
    `function match(current, hits) {
  const set = subjects.noted(current, token)
  return set === 0 ? ${rest} : set > 0 ? few(current, hits, sets.of[set]) : look(current, hits)
}`,
  ]
}

/** Which rules subjects leave open: each set of them that occurred has a number. The first is that of rules that no subject decides. */
class OpenSets {
  readonly of: (readonly number[])[]
  private readonly numbers = new Map<string, number>()

  constructor(always: readonly number[]) {
    this.of = [always]
  }

  /** -1 where there are too many. */
  find(rules: readonly number[]): number {
    const key = rules.join()
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    if (this.of.length === noteLimit) return -1
    this.numbers.set(key, this.of.length)
    return this.of.push(rules) - 1
  }
}

function matcher(writer: Writer, found: readonly Test[], mode: 'first' | 'all'): string {
  const tests = found.map(({ index, code }) => {
    const hit = mode === 'first' ? `{ hits[0] = ${index}; return 1 }` : `hits[n++] = ${index}`
    return code === 'true' ? hit : `if (${code}) ${hit}`
  })
  const lines = [...begin(writer), 'let n = 0', ...tests, 'return n']
  return ['function match(current, hits) {', ...lines.map((line) => `  ${line}`), '}'].join('\n')
}

function begin({ sharedValues, memos }: Writer): string[] {
  return [
    'event = current',
    ...(sharedValues.length === 0 ? [] : [`${sharedValues.join(' = ')} = unread`]),
    ...(memos.length === 0 ? [] : [`${memos.join(' = ')} = 0`]),
  ]
}

/** How many times the code may read each operand. */
function countReads(roots: readonly (GraphNode | boolean)[]): Map<string, number> {
  const reads = new Map<string, number>()
  const seen = new Set<GraphNode>()
  const visit = (node: GraphNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.check !== undefined) {
      const { key } = searched(node.check)
      reads.set(key, (reads.get(key) ?? 0) + node.uses)
    }
    for (const item of node.items) visit(item)
  }
  for (const root of roots) if (typeof root !== 'boolean') visit(root)
  return reads
}
