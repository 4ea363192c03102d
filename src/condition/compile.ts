import type { Checked } from './checked.ts'
import { evaluateCheck } from './evaluate.ts'
import { type GraphNode, optimize } from './optimize.ts'
import { lowerAscii } from './text.ts'
import { Writer } from './writer.ts'

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

/**
 * Compiles the conditions of rules for one kind of event: all of them are tested in one go, and what is the same in
 * several is evaluated once an event.
 *
 * `first`: stops at the first rule that holds; `all`: finds every one. Text of users never becomes code: literals are
 * printed by JSON.stringify, everything else is bound by index.
 */
export function compileKind<E>(rules: readonly { readonly condition: Checked<E> }[], kind: number, mode: 'first' | 'all'): KindMatcher<E> {
  const conditions = rules.map((rule) => rule.condition)
  const { roots } = optimize(conditions, kind)
  const writer = new Writer(countReads(roots))
  const found: number[] = []
  const body: string[] = []
  for (const [index, root] of roots.entries()) {
    if (root === false) continue
    found.push(index)
    const hit = mode === 'first' ? `{ hits[0] = ${index}; return 1 }` : `hits[n++] = ${index}`
    body.push(root === true ? hit : `if (${writer.expression(root)}) ${hit}`)
    if (root === true && mode === 'first') break
  }
  if (body.length === 0) return { match: nothing, rules: [], source: '' }
  const source = assemble(writer, body)
  // The source holds only the operators' own code, JSON literals, and names made of a letter and a number.
  const make = new Function('bound', 'unread', 'lowerAscii', 'evaluateCheck', source)
  return { match: make(writer.bound, unread, lowerAscii, evaluateCheck), rules: found, source }
}

function nothing(): number {
  return 0
}

// What one event shares is kept in variables around the function, for the functions of shared nodes to see it too.
function assemble({ bound, functions, values, sharedValues, memos }: Writer, body: readonly string[]): string {
  const state = [...values, ...memos]
  return [
    '"use strict"',
    ...bound.map((_, i) => `const b${i} = bound[${i}]`),
    ...(state.length === 0 ? [] : [`var ${state.join(', ')}`]),
    'var event',
    ...functions,
    'return function match(current, hits) {',
    '  event = current',
    ...(sharedValues.length === 0 ? [] : [`  ${sharedValues.join(' = ')} = unread`]),
    ...(memos.length === 0 ? [] : [`  ${memos.join(' = ')} = 0`]),
    '  let n = 0',
    ...body.map((line) => `  ${line}`),
    '  return n',
    '}',
  ].join('\n')
}

/** How many times the code may read each operand. */
function countReads(roots: readonly (GraphNode | boolean)[]): Map<string, number> {
  const reads = new Map<string, number>()
  const seen = new Set<GraphNode>()
  const visit = (node: GraphNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.check !== undefined) reads.set(node.check.left.key, (reads.get(node.check.left.key) ?? 0) + node.uses)
    for (const item of node.items) visit(item)
  }
  for (const root of roots) if (typeof root !== 'boolean') visit(root)
  return reads
}
