import type { Argument, Call, Compare, Exists, Expr, FieldRef, Literal, Operand, Span } from './ast.ts'
import { bindField, boundField } from './bind.ts'
import type { Bound, Checked, CheckNode, Node, Right } from './checked.ts'
import { ConditionFault, type ConditionFaultCode, type ConditionWarning } from './fault.ts'
import type { Catalogue, Value } from './field.ts'
import { kindOfType } from './kind.ts'
import { parseLiteral } from './literals.ts'
import { type Operator, operators } from './operators.ts'
import { printOperand } from './print.ts'
import { type ArgumentType, refusal, type Transformer, transformers } from './transformers.ts'
import { warningsOf } from './warnings.ts'

export interface CheckResult<E = unknown> {
  /** Absent where there are faults. */
  readonly condition?: Checked<E>
  /** All of them, in the order of the text; those of a macro where it is first referred to. */
  readonly faults: readonly ConditionFault[]
  readonly warnings: readonly ConditionWarning[]
}

/**
 * Binds a condition to the fields of a catalogue: literals become values of their field's type, once.
 *
 * Macros must be expanded. `cache` may be shared by all conditions of one catalogue: macros are then checked once.
 */
export function checkCondition<E>(expr: Expr, catalogue: Catalogue<E>, cache: CheckCache<E> = new CheckCache()): CheckResult<E> {
  const checker = new Checker(catalogue, cache)
  const root = checker.node(expr)
  const { faults, warnings } = checker
  return root === undefined || faults.length > 0 ? { faults, warnings } : { condition: { expr, root }, faults, warnings }
}

/** Operators beside which `Field.accepts` has a say. */
const comparesNames: ReadonlySet<string> = new Set(['=', '==', '!=', 'in', 'intersects'])

/** What conditions of one catalogue share: the results for bodies of macros, and what fields and literals were bound to. */
export class CheckCache<E = unknown> {
  readonly bodies = new Map<Expr, MacroResult<E>>()
  readonly fields = new Map<string, Bound<E>>()
  readonly prepared = new Map<string, Right>()
  /** Rough time that the preparing of literals has taken, in microseconds. */
  preparingUs = 0
}

// Of one condition, further mistakes are not looked for.
const maxFaults = 100
const maxWarnings = 200
// Time goes into regular expressions, of which real rules have a few dozen.
const maxPreparingUs = 400_000

export interface MacroResult<E = unknown> {
  readonly node: Node<E> | undefined
  readonly faults: readonly ConditionFault[]
  readonly warnings: readonly ConditionWarning[]
}

class Checker<E> {
  readonly faults: ConditionFault[] = []
  readonly warnings: ConditionWarning[] = []
  private readonly catalogue: Catalogue<E>
  private readonly cache: CheckCache<E>
  private readonly macro: string | undefined
  private readonly reported = new Set<Expr>()

  constructor(catalogue: Catalogue<E>, cache: CheckCache<E>, macro?: string) {
    this.catalogue = catalogue
    this.cache = cache
    this.macro = macro
  }

  node(expr: Expr): Node<E> | undefined {
    switch (expr.kind) {
      case 'and':
      case 'or': {
        const items = expr.items.map((item) => this.node(item))
        return items.includes(undefined) ? undefined : { kind: expr.kind, items: items as Node<E>[] }
      }
      case 'not': {
        const item = this.node(expr.item)
        return item && { kind: 'not', item }
      }
      case 'macro':
        return this.macroBody(expr.name, expr.body, expr)
      default:
        return this.check(expr)
    }
  }

  private macroBody(name: string, body: Expr | undefined, at: Span): Node<E> | undefined {
    if (body === undefined) {
      this.faults.push(new ConditionFault('unknown-macro', `Undefined macro '${name}' used in filter.`, { ...at, macro: this.macro }))
      return undefined
    }
    let result = this.cache.bodies.get(body)
    if (result === undefined) {
      const checker = new Checker(this.catalogue, this.cache, name)
      const node = checker.node(body)
      result = { node, faults: checker.faults, warnings: checker.warnings }
      this.cache.bodies.set(body, result)
    }
    if (!this.reported.has(body)) {
      this.reported.add(body)
      for (const fault of result.faults) if (!this.faults.includes(fault)) this.faults.push(fault)
      for (const warning of result.warnings) if (!this.warnings.includes(warning)) this.warnings.push(warning)
    }
    return result.node
  }

  private check(expr: Exists | Compare): CheckNode<E> | undefined {
    if (this.faults.length >= maxFaults) return undefined
    try {
      const left = this.operand(expr.left, expr.left)
      const node = expr.kind === 'exists' ? existsNode(expr, left) : this.compare(expr, left)
      if (this.warnings.length >= maxWarnings) return node
      for (const warning of warningsOf(node, this.catalogue)) this.warnings.push(this.macro ? { ...warning, macro: this.macro } : warning)
      return node
    } catch (error) {
      if (!(error instanceof ConditionFault)) throw error
      this.faults.push(this.macro === undefined || error.macro !== undefined ? error : inMacro(error, this.macro))
      return undefined
    }
  }

  private compare(expr: Compare, left: Bound<E>): CheckNode<E> {
    const operator = operators.get(expr.operator)
    if (operator === undefined) throw new Error(`no operator ${expr.operator}`)
    checkOperator(expr, left, operator)
    const { right } = expr
    const key = `${left.key} ${expr.operator}${expr.modifier === undefined ? '' : ` ${expr.modifier}`}`
    const base = { kind: 'check', expr, left, operator, ...(expr.modifier && { modifier: expr.modifier }) } as const
    if (right.kind === 'field' || right.kind === 'call') {
      const operand = this.rightOperand(expr, left, right, operator)
      return { ...base, key: `${key} ${operand.key}`, rights: [], operand }
    }
    const literals = right.kind === 'list' ? right.items : [right]
    const rights = literals.map((literal) => rightOf(literal, left, operator, this.cache))
    const texts = literals.map((literal) => literal.text)
    return { ...base, key: `${key} ${JSON.stringify(texts)}`, rights }
  }

  private rightOperand(expr: Compare, left: Bound<E>, right: Operand, operator: Operator): Bound<E> {
    if (operator.literalOnly) throw fault('bad-operator', `'${operator.name}' does not compare with another field`, right)
    if (left.field?.flags?.includes('no_rhs')) {
      throw fault('bad-operator', `field '${left.name}' doesn't support right-hand side fields`, expr.left)
    }
    if (isEventType(left)) throw fault('bad-operator', `'${left.name}' can be compared with names of events only`, right)
    const operand = this.operand(right, right)
    if (operand.field?.flags?.includes('no_rhs') || operand.shape === 'either' || operand.shape === 'any') {
      throw fault('bad-operator', `field '${operand.name}' cannot stand on the right-hand side`, right)
    }
    const isNumeric = (bound: Bound<E>) => bound.kind === 'integer' || bound.kind === 'double' || bound.kind === 'port'
    const isSame = operand.kind === left.kind || (isNumeric(operand) && isNumeric(left))
    if (!isSame || (operand.shape === 'list' && !operator.isList)) {
      const list = operand.shape === 'list' ? 'list of ' : ''
      throw fault(
        'bad-operator',
        `'${printOperand(expr.left)}' (${left.type}) cannot be compared with '${printOperand(right)}' (${list}${operand.type})`,
        right,
      )
    }
    return operand
  }

  /** `top` is the operand of the check that `argument` is part of. */
  private operand(argument: Argument, top: Operand): Bound<E> {
    switch (argument.kind) {
      case 'field': {
        const bound = this.field(argument)
        if (bound.field?.flags?.includes('print_only')) throw fault('bad-operator', `field '${bound.name}' is for outputs only`, argument)
        return bound
      }
      case 'call':
        return this.call(argument, top)
      case 'literal':
        return constant(argument)
      case 'arguments':
        return listOf(argument.items.map((item) => this.operand(item, top)))
    }
  }

  private field(ref: FieldRef): Bound<E> {
    const key = ref.arg === undefined ? ref.name : `${ref.name} ${ref.arg}`
    const known = this.cache.fields.get(key)
    if (known !== undefined) return known
    const bound = boundField(bindField(this.catalogue, ref.name, ref.arg, ref))
    this.cache.fields.set(key, bound)
    return bound
  }

  private call(call: Call, top: Operand): Bound<E> {
    const transformer = transformers.get(call.name)
    if (transformer === undefined) throw new Error(`no transformer ${call.name}`)
    if (call.arg !== undefined && !transformer.allowsArg) {
      throw fault('bad-transformer', `filter error: transformer '${call.name}' does not support field arguments`, call)
    }
    const [least, most] = transformer.arity
    if (call.args.length < least || call.args.length > most) {
      const count = least === most ? `${least}` : `${least} or more`
      throw fault('bad-transformer', `${call.name}() takes ${count} argument${count === '1' ? '' : 's'}, not ${call.args.length}`, call)
    }
    const args = call.args.map((arg) => this.operand(arg, top))
    for (const [i, arg] of args.entries()) checkArgument(transformer, i, arg, call.args[i] ?? call)
    return apply(transformer, args, call)
  }
}

function checkArgument(transformer: Transformer, index: number, arg: Bound<never>, at: Span): void {
  const isTransformed = transformer.name !== 'val'
  if (isTransformed && (arg.field?.flags?.includes('no_transformer') || arg.shape === 'either' || arg.shape === 'any')) {
    throw fault('bad-transformer', `can't add field transformer: field '${arg.name}' does not support transformers`, at)
  }
  if (isTransformed && isEventType(arg)) throw fault('bad-transformer', `field '${arg.name}' does not support transformers`, at)
  const reason = refusal(transformer, index, { type: arg.type, isList: arg.shape === 'list' }, arg.name)
  if (reason !== undefined) throw fault('bad-transformer', reason, at)
}

/** Fields by which rules are indexed: what they are compared with must be known at load. */
function isEventType(bound: Bound<never>): boolean {
  return bound.field?.ofKind !== undefined && bound.field.accepts !== undefined
}

function apply<E>(transformer: Transformer, args: readonly Bound<E>[], call: Call): Bound<E> {
  const [first] = args
  if (transformer.name === 'val' && first !== undefined) return first
  const types: ArgumentType[] = args.map((arg) => ({ type: arg.type, isList: arg.shape === 'list' }))
  const { type, isList } = transformer.result(types, call.arg)
  const suffix = call.arg === undefined ? '' : `[${JSON.stringify(call.arg)}]`
  const read = (event: E): Value => {
    const values: Exclude<Value, undefined>[] = []
    for (const arg of args) {
      const value = arg.read(event)
      if (value === undefined) return undefined
      values.push(value)
    }
    return transformer.apply(values, call.arg)
  }
  return {
    key: `${call.name}(${args.map((arg) => arg.key).join(',')})${suffix}`,
    name: args.find((arg) => arg.name !== '')?.name ?? call.name,
    type,
    kind: kindOfType(type),
    shape: isList ? 'list' : 'one',
    read,
    ofSubject: (kind) => args.every((arg) => arg.ofSubject?.(kind) === true),
    cost: args.reduce((sum, arg) => sum + arg.cost, 40),
  }
}

function constant<E>(literal: Literal): Bound<E> {
  const value = parsed(literal, 'CHARBUF')
  return {
    key: JSON.stringify(value),
    name: '',
    type: 'CHARBUF',
    kind: 'text',
    shape: 'one',
    read: () => value as string,
    ofSubject: () => true,
    cost: 0,
  }
}

function listOf<E>(items: readonly Bound<E>[]): Bound<E> {
  const odd = items.find((item) => item.kind !== 'text' || item.shape !== 'one')
  const first = odd ?? items[0]
  return {
    key: `(${items.map((item) => item.key).join(',')})`,
    name: first?.name ?? '',
    type: first?.type ?? 'CHARBUF',
    kind: first?.kind ?? 'text',
    shape: 'list',
    read: (event) => {
      const values = items.map((item) => item.read(event))
      return values.includes(undefined) ? undefined : (values.flat() as string[])
    },
    ofSubject: (kind) => items.every((item) => item.ofSubject?.(kind) === true),
    cost: items.reduce((sum, item) => sum + item.cost, 10),
  }
}

function existsNode<E>(expr: Exists, left: Bound<E>): CheckNode<E> {
  return { kind: 'check', key: `${left.key} exists`, expr, left, rights: [] }
}

function checkOperator(expr: Compare, left: Bound<never>, operator: Operator): void {
  const written = printOperand(expr.left)
  if (left.shape === 'list' && (!operator.isList || expr.modifier !== undefined)) {
    throw fault('bad-operator', `'${operator.name}' does not take the list ${written}`, expr, 'use in, intersects or exists')
  }
  if (operator.takes.has(left.kind)) return
  const usable = [...operators.values()].filter((one) => one.takes.has(left.kind)).map((one) => one.name)
  throw fault(
    'bad-operator',
    `'${operator.name}' does not take ${written}, which is of type ${left.type}`,
    expr,
    `use ${usable.join(' ')} or exists`,
  )
}

function rightOf(literal: { readonly text: string } & Span, left: Bound<never>, operator: Operator, cache: CheckCache<never>): Right {
  const value = parsed(literal, operator.prepare !== undefined && left.kind === 'bytes' ? 'CHARBUF' : left.type)
  if (comparesNames.has(operator.name) && left.field?.accepts?.(literal.text) === false) {
    throw fault('unknown-event-type', `unknown event type ${literal.text}`, literal)
  }
  left.field?.comparedWith?.(literal.text)
  if (operator.prepare === undefined || typeof value === 'object') return value
  const key = `${operator.name} ${value}`
  const known = cache.prepared.get(key)
  if (known !== undefined) return known
  cache.preparingUs += operator.prepareUs?.(String(value)) ?? 0
  if (cache.preparingUs > maxPreparingUs) {
    throw fault('bad-value', `there are too many or too long patterns for '${operator.name}' in all rules together`, literal)
  }
  try {
    const right = operator.prepare(value)
    cache.prepared.set(key, right)
    return right
  } catch (error) {
    throw badValue(error, literal)
  }
}

function parsed(literal: { readonly text: string } & Span, type: Bound['type']): ReturnType<typeof parseLiteral> {
  try {
    return parseLiteral(literal.text, type)
  } catch (error) {
    throw badValue(error, literal)
  }
}

function badValue(error: unknown, at: Span): ConditionFault {
  return fault('bad-value', error instanceof Error ? error.message : String(error), at)
}

function fault(code: ConditionFaultCode, message: string, at: Span, hint?: string): ConditionFault {
  return new ConditionFault(code, message, { start: at.start, end: at.end, hint })
}

function inMacro(error: ConditionFault, macro: string): ConditionFault {
  const { start, end, hint, cause } = error
  return new ConditionFault(error.code, error.message, { start, end, hint, cause, macro })
}
