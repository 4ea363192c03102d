import { optimizeLittle } from '../base/jit.ts'
import type { Checked } from './checked.ts'
import { evaluateCheck } from './evaluate.ts'
import type { Subjects } from './field.ts'
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
 * `first`: stops at the first rule that holds; `all`: finds every one. With `subjects`, rules that an event's subject decides on are
 * tested once a subject, as long as none can hold. Text of users never becomes code: literals are printed by JSON.stringify,
 * everything else is bound by index.
 */
export function compileKind<E>(
  rules: readonly { readonly condition: Checked<E> }[],
  kind: number,
  mode: 'first' | 'all',
  subjects?: Subjects<E>,
): KindMatcher<E> {
  const conditions = rules.map((rule) => rule.condition)
  const { roots, gate, isGated } = optimize(conditions, kind)
  const hasGate = subjects !== undefined && gate !== undefined
  const writer = new Writer(countReads(hasGate ? [...roots, gate] : roots))
  const found: number[] = []
  const tests: string[] = []
  for (const [index, root] of roots.entries()) {
    if (root === false) continue
    const hit = mode === 'first' ? `{ hits[0] = ${index}; return 1 }` : `hits[n++] = ${index}`
    found.push(index)
    tests.push(root === true ? hit : `if (${writer.apart(writer.expression(root))}) ${hit}`)
    if (root === true && mode === 'first') break
  }
  if (found.length === 0) return { match: nothing, rules: [], source: '' }
  const others = tests.filter((_, at) => !isGated[found[at] as number])
  const entry = hasGate ? gated(writer, gate, tests, others) : [matcher(writer, 'match', tests)]
  const source = assemble(writer, entry)
  // The source holds only the operators' own code, JSON literals, and names made of a letter and a number.
  const make = new Function('bound', 'unread', 'evaluateCheck', 'subjects', 'token', source)
  const { match, others: seldom } = make(writer.bound, unread, evaluateCheck, subjects, ++tokens)
  optimizeLittle(seldom)
  return { match, rules: found, source }
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

// All but the way of events whose subject was dismissed, and of those that few rules can hold on.
function namesOf(functions: readonly string[]): string[] {
  return functions.flatMap((code) => {
    const name = /^function (\w+)/.exec(code)?.[1] ?? ''
    return name === 'look' || (name === 'match' && code.length < longMatch) ? [] : [name]
  })
}

/**
 * The way of events that have a subject: nearly always it was dismissed before, or is now.
 *
 * These functions are small, so that they are optimized soon; the one for all the rules is seldom run.
 */
function gated(writer: Writer, gate: GraphNode, tests: readonly string[], others: readonly string[]): string[] {
  const rest = others.length === 0 ? '0' : 'some(current, hits)'
  // First, as it may take further variables.
  const isOpen = writer.expression(gate)
  return [
    ...(others.length === 0 ? [] : [matcher(writer, 'some', others)]),
    matcher(writer, 'every', tests),
    `function isOpen(current) { ${begin(writer).join('; ')}; return ${isOpen} }`,
    `function look(current, hits) {
  if (isOpen(current)) return every(current, hits)
  subjects.dismiss(current, token)
  return ${rest}
}`,
    `function match(current, hits) { return subjects.isDismissed(current, token) ? ${rest} : look(current, hits) }`,
  ]
}

function matcher(writer: Writer, name: string, tests: readonly string[]): string {
  const lines = [...begin(writer), 'let n = 0', ...tests, 'return n']
  return [`function ${name}(current, hits) {`, ...lines.map((line) => `  ${line}`), '}'].join('\n')
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
