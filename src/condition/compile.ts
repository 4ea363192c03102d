import { optimizeLittle } from '../base/jit.ts'
import type { Checked, CheckNode } from './checked.ts'
import { evaluateCheck } from './evaluate.ts'
import { noteLimit, type Subjects } from './field.ts'
import { needsOf } from './needs.ts'
import { type Graph, type GraphNode, optimize } from './optimize.ts'
import { Suspects } from './suspects.ts'
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
  const found = testsOf(optimize(conditions, kind), mode)
  if (found.length === 0) return { match: nothing, rules: [], source: '' }
  const hasGate = subjects !== undefined && found.some(({ gate }) => gate !== undefined)
  const suspects = suspectsOf(found, hasGate)
  const writer = new Writer(countReads(found, hasGate, suspects))
  const source = assemble(writer, hasGate ? gated(writer, found, suspects, mode) : tested(writer, found, suspects, mode))
  // The source holds only the operators' own code, JSON literals, and names made of a letter and a number.
  tokens += noteLimit
  const make = new Function('bound', 'unread', 'evaluateCheck', 'subjects', 'token', 'OpenSets', 'suspects', source)
  const { match, others: seldom } = make(writer.bound, unread, evaluateCheck, subjects, tokens, OpenSets, suspects)
  optimizeLittle(seldom)
  return { match, rules: found.map(({ index }) => index), source }
}

/** A rule that can hold on the kind: its place among the rules, and what is left of its condition. */
interface Test {
  readonly index: number
  readonly root: GraphNode | true
  /** What the subject has to be for it to hold, perhaps; undefined where it has no say. */
  readonly gate: GraphNode | undefined
}

function testsOf({ roots, gates }: Graph, mode: 'first' | 'all'): Test[] {
  const tests: Test[] = []
  for (const [index, root] of roots.entries()) {
    if (root === false) continue
    tests.push({ index, root, gate: gates[index] })
    if (root === true && mode === 'first') break
  }
  return tests
}

// By the subject, those are not looked for of which it says nothing.
function suspectsOf(found: readonly Test[], hasGate: boolean): Suspects {
  const nodes = found.map(({ root, gate }) => (hasGate ? gate : root === true ? undefined : root))
  const needs = needsOf(nodes, keyOf)
  return new Suspects(hasGate ? needs.map((need, at) => (nodes[at] === undefined ? [] : need)) : needs, keyOf)
}

// Checks with the same key read the same.
function keyOf(check: CheckNode<never>): string {
  return searched(check).key
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
function gated(writer: Writer, found: readonly Test[], suspects: Suspects, mode: 'first' | 'all'): string[] {
  const gates = found.map(({ gate }) => (gate === undefined ? 'false' : writer.apart(writer.expression(gate))))
  const always = [...found.keys()].filter((at) => found[at]?.gate === undefined)
  const head = tables(writer, found)
  const seen = seeing(writer, suspects)
  const start = begin(writer).join('; ')
  const rest = always.length > 0 ? 'few(current, hits, sets.of[0])' : '0'
  return [
    ...head,
    `const gates = [${gates.map((code) => `() => ${code}`).join(', ')}]`,
    `const sets = new OpenSets([${always.join(', ')}])`,
    `function few(current, hits, open) {
  ${start}
  ${testing('open', 'open.length', mode)}
}`,
    `function look(current, hits) {
  ${start}
  ${seen}
  const { rules, count } = suspects
  let found
  for (let i = 0; i < count; i++) if (gates[rules[i]]()) (found ??= []).push(rules[i])
  if (found === undefined) {
    subjects.note(current, token, 0)
    return ${rest}
  }
  const open = sets.with(found)
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

/** The way of other events: all rules are tested, or those that the event makes suspect. */
function tested(writer: Writer, found: readonly Test[], suspects: Suspects, mode: 'first' | 'all'): string[] {
  if (suspects.operands.length === 0) return [matcher(writer, found, mode)]
  const head = tables(writer, found)
  const seen = seeing(writer, suspects)
  return [
    ...head,
    `function match(current, hits) {
  ${begin(writer).join('; ')}
  ${seen}
  const { rules, count } = suspects
  ${testing('rules', 'count', mode)}
}`,
  ]
}

function tables(writer: Writer, found: readonly Test[]): string[] {
  return [
    `const indexes = [${found.map(({ index }) => index).join(', ')}]`,
    `const tests = [${found.map((test) => `() => ${codeOf(writer, test)}`).join(', ')}]`,
  ]
}

/** Code that tests the first `count` rules of `list`. */
function testing(list: string, count: string, mode: 'first' | 'all'): string {
  return `let n = 0
  for (let i = 0; i < ${count}; i++) {
    const rule = ${list}[i]
    if (tests[rule]()) ${hitOf('indexes[rule]', mode)}
  }
  return n`
}

function hitOf(index: string, mode: 'first' | 'all'): string {
  return mode === 'first' ? `{ hits[0] = ${index}; return 1 }` : `hits[n++] = ${index}`
}

/** Code that finds the suspects. */
function seeing(writer: Writer, { operands }: Suspects): string {
  return ['suspects.begin()', ...operands.map((check, at) => `suspects.see(${at}, ${writer.value(searched(check)).access})`)].join('; ')
}

function codeOf(writer: Writer, { root }: Test): string {
  return root === true ? 'true' : writer.apart(writer.expression(root))
}

/** Which rules subjects leave open: each set of them that occurred has a number. The first is that of rules that no subject decides. */
class OpenSets {
  readonly of: (readonly number[])[]
  private readonly numbers = new Map<string, number>()

  constructor(always: readonly number[]) {
    this.of = [always]
  }

  /** These and those that no subject decides. */
  with(rules: readonly number[]): readonly number[] {
    const [always = []] = this.of
    return always.length === 0 ? rules : [...rules, ...always].sort((a, b) => a - b)
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
  const tests = found.map((test) => {
    const code = codeOf(writer, test)
    const hit = hitOf(String(test.index), mode)
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
function countReads(found: readonly Test[], hasGate: boolean, { operands }: Suspects): Map<string, number> {
  const reads = new Map(operands.map((check) => [keyOf(check), 1]))
  const seen = new Set<GraphNode>()
  const visit = (node: GraphNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.check !== undefined) {
      const key = keyOf(node.check)
      reads.set(key, (reads.get(key) ?? 0) + node.uses)
    }
    for (const item of node.items) visit(item)
  }
  for (const { root, gate } of found) {
    if (root !== true) visit(root)
    if (hasGate && gate !== undefined) visit(gate)
  }
  return reads
}
