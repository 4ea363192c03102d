import type { Checked, CheckNode, Node } from '../../../condition/checked.ts'
import { testCheck } from '../../../condition/evaluate.ts'

/**
 * What is known of a value: what it is; that there is none; how it begins; or that it is none of those that rules name.
 */
export type Fact = { readonly is: string | undefined } | { readonly startsWith: string } | 'other'

/** What is known of a request, by field. */
export type Facts = Readonly<Record<string, Fact>>

// Other ways to write the same fields.
const aliases: Readonly<Record<string, string>> = {
  '/auditID': 'ka.auditid',
  '/stage': 'ka.stage',
  '/verb': 'ka.verb',
  '/requestURI': 'ka.uri',
  '/user/username': 'ka.user.name',
  '/objectRef/resource': 'ka.target.resource',
  '/objectRef/subresource': 'ka.target.subresource',
}

// What every event has.
const given: Facts = {
  'ka.auditid': { startsWith: '' },
  'jevt.rawtime': { is: '1' },
  'json.rawtime': { is: '1' },
  'jevt.obj': { startsWith: '{' },
  'json.obj': { startsWith: '{' },
}

/** The name of the field that a check reads, where it can be a fact: `ka.verb` for `jevt.value[/verb]`, too. */
export function fieldOf({ left }: CheckNode<never>): string {
  const pointer = /^j(?:evt|son)\.value\["(.*)"\]$/.exec(left.key)?.[1]
  return pointer === undefined ? left.key : (aliases[`/${pointer.replace(/^\//, '')}`] ?? left.key)
}

/**
 * The fields that a condition still asks for when the facts are known; undefined where it cannot hold.
 */
export function openFields(condition: Checked<never>, facts: Facts): ReadonlySet<string> | undefined {
  const found = new Set<string>()
  return explore(condition.root, facts, found) === false ? undefined : found
}

/** Literals that conditions compare a field with. */
export function literalsOf(condition: Checked<never>, field: string): string[] {
  const found: string[] = []
  visit(condition.root, (check) => {
    if (fieldOf(check) === field) found.push(...check.rights.filter((right) => typeof right === 'string'))
  })
  return found
}

type Truth = boolean | undefined

// Adds the fields of what is not decided.
function explore(node: Node<never>, facts: Facts, found: Set<string>): Truth {
  switch (node.kind) {
    case 'not': {
      const truth = explore(node.item, facts, found)
      return truth === undefined ? undefined : !truth
    }
    case 'check': {
      const truth = decide(node, facts)
      if (truth === undefined) found.add(node.left.key)
      return truth
    }
    default:
      return exploreAll(node.items, node.kind === 'or', facts, found)
  }
}

// One item that is `decisive` decides for all; then the fields of the others do not matter.
function exploreAll(items: readonly Node<never>[], decisive: boolean, facts: Facts, found: Set<string>): Truth {
  const inner = new Set<string>()
  const truths = items.map((item) => explore(item, facts, inner))
  if (truths.includes(decisive)) return decisive
  if (truths.every((truth) => truth !== undefined)) return !decisive
  for (const field of inner) found.add(field)
  return undefined
}

function decide(check: CheckNode<never>, facts: Facts): Truth {
  const name = fieldOf(check)
  const fact = facts[name] ?? given[name]
  if (fact === undefined || check.operand !== undefined) return undefined
  if (typeof fact === 'object' && 'is' in fact) return testCheck(check, fact.is, undefined)
  const { operator, rights, modifier } = check
  if (operator === undefined) return true
  if (modifier !== undefined) return undefined
  const literals = rights.filter((right) => typeof right === 'string')
  if (literals.length !== rights.length) return undefined
  return fact === 'other' ? decideOther(operator.name, false) : decideStart(operator.name, literals, fact.startsWith)
}

function decideOther(operator: string, isEqual: boolean): Truth {
  if (operator === '=' || operator === '==' || operator === 'in' || operator === 'intersects') return isEqual
  return operator === '!=' ? !isEqual : undefined
}

function decideStart(operator: string, literals: readonly string[], start: string): Truth {
  if (operator === 'startswith') {
    if (literals.some((literal) => start.startsWith(literal))) return true
    return literals.some((literal) => literal.startsWith(start)) ? undefined : false
  }
  return literals.some((literal) => literal.startsWith(start)) ? undefined : decideOther(operator, false)
}

function visit(node: Node<never>, see: (check: CheckNode<never>) => void): void {
  if (node.kind === 'check') see(node)
  else if (node.kind === 'not') visit(node.item, see)
  else for (const item of node.items) visit(item, see)
}
