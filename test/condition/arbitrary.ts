import fc from 'fast-check'
import type { OperatorName } from '../../src/condition/ast.ts'
import { shapeOf } from '../../src/condition/bind.ts'
import type { Field } from '../../src/condition/field.ts'
import { kindOfType, type ValueKind } from '../../src/condition/kind.ts'
import { operators } from '../../src/condition/operators.ts'
import { fields, kindNames, type ToyEvent } from './toy.ts'

// Few values, so that random conditions and random events often meet.
const texts = ['a', 'ab', 'B', '/etc/passwd', '/etc', '/tmp/x y', 'YWI=', '']
const addresses = ['10.0.0.1', '10.1.2.3', '::1', '2001:db8::1']
const bytes = ['\x0a\x00\x00\x01', '\x0a\x01\x02\x03', `${'\0'.repeat(15)}\x01`, `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01`]

const literals: Record<ValueKind, readonly string[]> = {
  text: texts,
  bytes: [...texts, '6162'],
  integer: ['0', '1', '-1', '7', '9007199254740993'],
  double: ['0', '1', '2'],
  port: ['80', '443', 'ssh', 'https'],
  bool: ['true', 'false'],
  ip: addresses,
  net: ['10.0.0.0/8', '10.1.0.0/16', '10.0.0.1/32', '2001:db8::/33', '::1/128'],
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 })
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const listOf = <T>(values: readonly T[]) => fc.array(oneOf(values), { maxLength: 3 })
const numbers: readonly (number | bigint)[] = [0, 1, -1, 7, 4294967295, 9007199254740993n]

export const event: fc.Arbitrary<ToyEvent> = fc
  .record({
    kind: fc.integer({ min: 0, max: kindNames.length - 1 }),
    name: optional(oneOf(texts)),
    parent: optional(oneOf(texts)),
    path: optional(oneOf(texts)),
    size: optional(oneOf(numbers.filter((number) => number >= 0))),
    result: optional(oneOf(numbers)),
    ok: optional(fc.boolean()),
    data: optional(oneOf(texts)),
    address: optional(oneOf(bytes)),
    addresses: optional(listOf(bytes)),
    port: optional(oneOf([22, 80, 443])),
    ports: optional(listOf([22, 80, 443])),
    tags: optional(listOf(texts)),
    ancestors: optional(listOf(texts)),
    load: optional(oneOf([0, 1, 1.5])),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as unknown as ToyEvent)

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
const pattern: Partial<Record<OperatorName, readonly string[]>> = {
  glob: ['*', 'a*', '/etc/*', '[ab]', '?', '/*/*'],
  iglob: ['*B', 'A?', '/ETC/*'],
  regex: ['a+', '/etc/.+', '(?i)b', '[^/]*'],
  bcontains: ['61', '2f65', ''],
  bstartswith: ['61', '2f', '6162'],
  pmatch: ['/etc', '/', '/tmp/*', 'a', '/e?c'],
}
const modifiers = ['oneof', 'anyof', 'allof']

function comparison(field: Field<ToyEvent>): fc.Arbitrary<string> {
  const kind = kindOfType(field.type)
  const usable = [...operators.values()].filter((one) => one.takes.has(kind) && (shapeOf(field) !== 'list' || one.isList))
  const left = field.name === 'toy.above' ? oneOf(['toy.above', 'toy.above[0]', 'toy.above[1]']) : fc.constant(field.name)
  const isOrder = (name: string) => name.startsWith('<') || name.startsWith('>')
  return fc.tuple(left, oneOf(usable)).chain(([name, operator]) => {
    const pool = pattern[operator.name] ?? (field.accepts ? kindNames : literals[kind])
    const usableLiterals = isOrder(operator.name) ? ['0', '1', '7', '-1'] : pool
    const literal = oneOf(usableLiterals).map((text) => (isOrder(operator.name) ? text : quoted(text)))
    const list = fc.array(literal, { maxLength: 7 }).map((items) => `(${items.join(', ')})`)
    if (operator.isList) return list.map((items) => `${name} ${operator.name} ${items}`)
    const single = literal.map((text) => `${name} ${operator.name} ${text}`)
    if (!operator.allowsModifier) return single
    return fc.oneof(
      single,
      fc.tuple(oneOf(modifiers), list).map(([modifier, items]) => `${name} ${operator.name} ${modifier} ${items}`),
    )
  })
}

const usableFields = fields.filter((field) => field.arg?.required !== true && !field.flags?.includes('print_only'))

const transformed = [
  'tolower(toy.name) = b',
  'toupper(toy.path) startswith /E',
  'b64(toy.name) = ab',
  'basename(toy.path) in (passwd, x)',
  'len(toy.tags) > 1',
  'len(toy.name) = val(toy.size)',
  'join("", toy.tags) contains a',
  'concat(toy.name, "/", toy.parent) contains a',
  'toupper(toy.tags) intersects (B, AB)',
  'toy.name = val(toy.parent)',
  'toy.name != toupper(toy.parent)',
  'toy.name in val(toy.tags)',
  'toy.tags intersects val(toy.tags)',
  'toy.size < val(toy.result)',
  'toy.parent glob val(toy.name)',
]

const check = fc.oneof(
  { weight: 6, arbitrary: oneOf(usableFields).chain(comparison) },
  { weight: 1, arbitrary: oneOf(usableFields).map((field) => `${field.name} exists`) },
  { weight: 1, arbitrary: oneOf(transformed) },
)

/** The text of a condition, in which the macros `m0`, `m1` ... below `macros` may be named. */
export function condition(macros: number): fc.Arbitrary<string> {
  const leaf =
    macros === 0 ? check : fc.oneof({ weight: 3, arbitrary: check }, { weight: 2, arbitrary: fc.nat(macros - 1).map((i) => `m${i}`) })
  return fc.letrec<{ node: string; leaf: string; logic: string; not: string }>((tie) => ({
    node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('logic'), tie('not')),
    leaf,
    logic: fc
      .tuple(oneOf([' and ', ' or ']), fc.array(tie('node'), { minLength: 2, maxLength: 4 }))
      .map(([word, items]) => `(${items.join(word)})`),
    not: tie('node').map((item) => `not ${item}`),
  })).node
}
