import { Net } from './address.ts'
import type { Modifier, OperatorName } from './ast.ts'
import type { Right, Shape } from './checked.ts'
import type { Scalar, Value } from './field.ts'
import { Glob } from './glob.ts'
import type { ValueKind } from './kind.ts'
import { PathTree } from './paths.ts'
import { Regex } from './regex.ts'
import { FoldedSearch, lowerAscii, rarestOf } from './text.ts'

/** Several literals prepared for one look-up. */
export interface Lookup {
  has(value: never): boolean
}

/** One row of the table: everything that an operator is. */
export interface Operator {
  readonly name: OperatorName
  /** Kinds of values that it compares. */
  readonly takes: ReadonlySet<ValueKind>
  /** Whether its right side is a list. */
  readonly isList?: true
  readonly allowsModifier?: true
  /** Whether its right side may only be a literal, as it has to be prepared. */
  readonly literalOnly?: true
  /** Rough time of one comparison, in comparisons of two numbers. */
  readonly cost: number
  /** Prepares a literal; throws an Error with a message for the user where it cannot be. */
  readonly prepare?: (literal: Scalar) => Right
  /** Rough time that `prepare` takes, in microseconds, where it is more than reading the literal. */
  readonly prepareUs?: (literal: string) => number
  /** Prepares all literals of a list for `emit`. */
  readonly prepareList?: (rights: readonly Right[]) => Lookup
  /** Compares a value with one literal (list operators: with one of the list), or with the other field's value. */
  readonly test: (value: Scalar, right: Right) => boolean
  /** What `emit` has bound as `right` in place of the literal. */
  readonly bound?: (right: Right) => Lookup
  /** Whether it looks for its literal anywhere in the value. */
  readonly isSearch?: true
  /** JavaScript for `test`; both are expressions without side effects, `right` an inlined literal or a bound name. */
  readonly emit: (value: string, right: string, kind: ValueKind) => string
  /** Whether the emitted code is false for undefined by itself; for networks it never is. */
  readonly skipsMissing?: true
}

const text = ['text'] as const
const bytes = ['text', 'bytes'] as const
const ordered = ['text', 'integer', 'double', 'port'] as const
const all = ['text', 'bytes', 'integer', 'double', 'port', 'bool', 'ip', 'net'] as const
const kinds = (names: readonly ValueKind[]): ReadonlySet<ValueKind> => new Set(names)

export const isNumber = (kind: ValueKind) => kind === 'integer' || kind === 'double' || kind === 'port'

// biome-ignore lint/suspicious/noDoubleEquals: a number may be bigint on one side only, and `===` would tell 1n from 1.
const isEqual = (value: Scalar, right: Right): boolean => (right instanceof Net ? right.has(value as string) : value == right)

const equal = {
  takes: kinds(all),
  allowsModifier: true,
  cost: 1,
  test: isEqual,
  emit: (value: string, right: string, kind: ValueKind) =>
    kind === 'net' ? `${right}.has(${value})` : `${value} ${isNumber(kind) ? '==' : '==='} ${right}`,
  skipsMissing: true,
} as const

const order = (sign: '<' | '<=' | '>' | '>=', test: Operator['test']) =>
  ({
    takes: kinds(ordered),
    cost: 1,
    test,
    emit: (value: string, right: string) => `${value} ${sign} ${right}`,
    skipsMissing: true,
  }) as const

const among = {
  takes: kinds(all),
  isList: true,
  cost: 3,
  test: isEqual,
  prepareList: (rights: readonly Right[]): Lookup => (rights[0] instanceof Net ? new Nets(rights as readonly Net[]) : new Set(rights)),
  emit: (value: string, right: string) => `${right}.has(${value})`,
  skipsMissing: true,
} as const

const search = (takes: readonly ValueKind[], method: 'includes' | 'startsWith' | 'endsWith', cost: number) =>
  ({
    takes: kinds(takes),
    allowsModifier: true,
    cost,
    test: (value: Scalar, right: Right) => String(value)[method](String(right)),
    emit: (value: string, right: string) => `${value}.${method}(${right})`,
  }) as const

const part = (takes: readonly ValueKind[]) =>
  ({
    ...search(takes, 'includes', 12),
    emit: (value: string, right: string) => {
      const rare = rarestOf(JSON.parse(right))
      return rare === '' ? `${value}.includes(${right})` : `(${value}.includes(${JSON.stringify(rare)}) && ${value}.includes(${right}))`
    },
  }) as const

const globbing = (ignoreCase: boolean) =>
  ({
    takes: kinds(text),
    allowsModifier: true,
    cost: 40,
    prepare: (literal: Scalar) => new Glob(String(literal), ignoreCase),
    prepareUs: (literal: string) => 1 + literal.length / 5,
    test: (value: Scalar, right: Right) => (right instanceof Glob ? right : new Glob(String(right), ignoreCase)).test(String(value)),
    emit: (value: string, right: string) => `${right}.test(${value})`,
  }) as const

const rows = [
  { name: '=', ...equal },
  { name: '==', ...equal },
  {
    name: '!=',
    takes: kinds(all),
    allowsModifier: true,
    cost: 1,
    test: (value, right) => !isEqual(value, right),
    emit: (value, right, kind) => (kind === 'net' ? `!${right}.has(${value})` : `${value} ${isNumber(kind) ? '!=' : '!=='} ${right}`),
  },
  { name: '<', ...order('<', (value, right) => value < (right as Scalar)) },
  { name: '<=', ...order('<=', (value, right) => value <= (right as Scalar)) },
  { name: '>', ...order('>', (value, right) => value > (right as Scalar)) },
  { name: '>=', ...order('>=', (value, right) => value >= (right as Scalar)) },
  { name: 'contains', ...part(bytes), isSearch: true },
  {
    name: 'icontains',
    takes: kinds(text),
    allowsModifier: true,
    cost: 25,
    prepare: (literal) => lowerAscii(String(literal)),
    test: (value, right) => lowerAscii(String(value)).includes(lowerAscii(String(right))),
    bound: (right) => new FoldedSearch(String(right)),
    isSearch: true,
    emit: (value, right) => `${right}.has(${value})`,
  },
  { name: 'bcontains', ...part(bytes), prepare: parseHex },
  { name: 'startswith', ...search(bytes, 'startsWith', 4) },
  { name: 'bstartswith', ...search(bytes, 'startsWith', 4), prepare: parseHex },
  { name: 'endswith', ...search(bytes, 'endsWith', 4) },
  { name: 'glob', ...globbing(false) },
  { name: 'iglob', ...globbing(true) },
  {
    name: 'regex',
    takes: kinds(text),
    allowsModifier: true,
    literalOnly: true,
    cost: 400,
    prepare: (literal) => new Regex(String(literal)),
    // A repetition is written out.
    prepareUs: (literal) => 100 + literal.length * 4 + (literal.split('{').length - 1) * 500,
    test: (value, right) => (right as Regex).test(String(value)),
    emit: (value, right) => `${right}.test(${value})`,
  },
  { name: 'in', ...among },
  { name: 'intersects', ...among },
  {
    name: 'pmatch',
    takes: kinds(text),
    isList: true,
    cost: 25,
    prepareList: (rights) => new PathTree(rights.map(String)),
    test: (value, right) => new PathTree([String(right)]).has(String(value)),
    emit: (value, right) => `${right}.has(${value})`,
  },
] as const satisfies readonly Operator[]

export const operators: ReadonlyMap<OperatorName, Operator> = new Map(rows.map((row) => [row.name, row]))

/** Whether a check on several values, or on one, holds against one literal. */
export function testShape(operator: Operator, shape: Shape, value: Value, right: Right): boolean {
  if (value === undefined) return false
  if (shape === 'one') return operator.test(value as Scalar, right)
  const values = value as readonly Scalar[]
  if (shape === 'either' && operator.name === '!=') return values.length > 0 && values.every((one) => operator.test(one, right))
  return values.some((one) => operator.test(one, right))
}

/** Whether `holds` is true of as many of the literals as the modifier wants; never of none. */
export function testModified(modifier: Modifier, count: number, holds: (index: number) => boolean): boolean {
  let hits = 0
  for (let i = 0; i < count; i++) if (holds(i)) hits++
  if (modifier === 'oneof') return hits === 1
  return modifier === 'anyof' ? hits > 0 : hits > 0 && hits === count
}

class Nets implements Lookup {
  private readonly nets: readonly Net[]

  constructor(nets: readonly Net[]) {
    this.nets = nets
  }

  has(address: string): boolean {
    for (const net of this.nets) if (net.has(address)) return true
    return false
  }
}

function parseHex(literal: Scalar): string {
  const hex = String(literal)
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(hex)) throw new Error(`'${hex}' is not a hex string: an even number of digits 0 to 9 and a to f`)
  return Buffer.from(hex, 'hex').latin1Slice()
}
