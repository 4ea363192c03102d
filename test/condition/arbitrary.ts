import fc from 'fast-check'
import { toByteString } from '../../src/base/text.ts'
import type { OperatorName } from '../../src/condition/ast.ts'
import { shapeOf } from '../../src/condition/bind.ts'
import type { Field } from '../../src/condition/field.ts'
import { kindOfType, type ValueKind } from '../../src/condition/kind.ts'
import { modifierNames } from '../../src/condition/lexer.ts'
import { operators } from '../../src/condition/operators.ts'
import { fields, kindNames, type ToyEvent } from './toy.ts'

// Few values, so that random conditions and random events often meet.
const texts = ['a', 'ab', 'B', '/etc/passwd', '/etc', '/tmp/x y', 'YWI=', 'é\u2028', '\'"\\', '']
const addresses = ['10.0.0.1', '10.1.2.3', '::1', '2001:db8::1']
const bytes = ['\x0a\x00\x00\x01', '\x0a\x01\x02\x03', `${'\0'.repeat(15)}\x01`, `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01`]

export const literals: Record<ValueKind, readonly string[]> = {
  text: texts,
  bytes: [...texts, '6162'],
  integer: ['0', '1', '-1', '7', '0x7', '9007199254740991', '9007199254740993'],
  double: ['0', '1', '2'],
  port: ['80', '443', 'ssh', 'https'],
  bool: ['true', 'false'],
  ip: addresses,
  net: ['10.0.0.0/8', '10.1.0.0/16', '10.0.0.1/32', '2001:db8::/33', '::1/128'],
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 })
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const listOf = <T>(values: readonly T[]) => fc.array(oneOf(values), { maxLength: 3 })
const numbers: readonly (number | bigint)[] = [0, 1, -1, 7, 4294967295, 9007199254740991, 9007199254740993n, -9007199254740993n]
const sizes: readonly (number | bigint)[] = [0, 1, 7, 4294967295, 18446744073709551615n]
const words = texts.map(toByteString)

export const event: fc.Arbitrary<ToyEvent> = fc
  .record({
    kind: fc.integer({ min: 0, max: kindNames.length - 1 }),
    name: optional(oneOf(words)),
    parent: optional(oneOf(words)),
    path: optional(oneOf(words)),
    size: optional(oneOf(sizes)),
    result: optional(oneOf(numbers)),
    ok: optional(fc.boolean()),
    data: optional(oneOf([...words, 'a\0b\xff'])),
    address: optional(oneOf(bytes)),
    addresses: optional(listOf(bytes)),
    port: optional(oneOf([22, 80, 443])),
    ports: optional(listOf([22, 80, 443])),
    tags: optional(listOf(words)),
    ancestors: optional(listOf(words)),
    load: optional(oneOf([0, 1, 1.5])),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as unknown as ToyEvent)

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
const patterns: Partial<Record<OperatorName, readonly string[]>> = {
  glob: ['*', 'a*', '/etc/*', '[ab]', '?', '/*/*', '*s*w*', '[!a]*', '\\*', '??*'],
  iglob: ['*B', 'A?', '/ETC/*'],
  regex: ['a+', '/etc/.+', '(?i)b', '[^/]*', '(a|ab|)', '.', '\\W+', '[a-z/]{3,}'],
  bcontains: ['61', '2f65', '', '00'],
  bstartswith: ['61', '2f', '6162'],
  pmatch: ['/etc', '/', '/tmp/*', 'a', '/e?c', ''],
}
const orderedNumbers = ['0', '1', '7', '-1', '0x7', '9007199254740992', '9007199254740993']

/** What a field is compared with in random conditions: a text for each of its kind, and for what operators read on their own. */
export type Pool = (field: Field<never>, operator: OperatorName) => readonly string[]

/** A check on the field with any operator that takes it; `written` is the field with its argument. */
export function comparison(field: Field<never>, written: string, pool: Pool): fc.Arbitrary<string> {
  const kind = kindOfType(field.type)
  const isList = shapeOf(field) === 'list'
  const usable = [...operators.values()].filter((one) => one.takes.has(kind) && (!isList || one.isList))
  // What can be merged with its likes comes more often.
  const isMerged = ({ name }: { readonly name: string }) => name === '=' || name === 'in' || name === 'intersects'
  return fc.oneof(oneOf(usable), oneOf(usable.filter(isMerged))).chain((operator) => {
    const isOrder = operator.name.startsWith('<') || operator.name.startsWith('>')
    const texts = isOrder ? orderedNumbers : (patterns[operator.name] ?? pool(field, operator.name))
    const literal = oneOf(texts).map((text) => (isOrder ? text : quoted(text)))
    const list = fc.array(literal, { maxLength: 7 }).map((items) => `(${items.join(', ')})`)
    if (operator.isList) return list.map((items) => `${written} ${operator.name} ${items}`)
    const single = literal.map((text) => `${written} ${operator.name} ${text}`)
    if (!operator.allowsModifier || isList) return single
    const modified = fc.tuple(oneOf(modifierNames), list).map(([modifier, items]) => `${written} ${operator.name} ${modifier} ${items}`)
    return fc.oneof(single, modified)
  })
}

const usableFields = fields.filter((field) => field.arg?.required !== true && !field.flags?.includes('print_only'))
const written = (field: Field<never>) =>
  field.name === 'toy.above' ? oneOf(['toy.above', 'toy.above[0]', 'toy.above[1]']) : oneOf([field.name])
const toyPool: Pool = (field) => {
  if (field.accepts) return kindNames
  return field.name === 'toy.size' ? [...literals.integer, '18446744073709551615'] : literals[kindOfType(field.type)]
}

// Operands inside transformers, by what they give.
const operands = fc.letrec<{ text: string; list: string; number: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oneOf(['toy.name', 'toy.parent', 'toy.path', 'toy.arg[name]']),
    fc.tuple(oneOf(['tolower', 'toupper', 'b64', 'basename']), tie('text')).map(([name, of]) => `${name}(${of})`),
    fc.tuple(tie('text'), oneOf(texts).map(quoted), tie('text')).map((items) => `concat(${items.join(', ')})`),
    fc.tuple(oneOf(texts).map(quoted), tie('list')).map((items) => `join(${items.join(', ')})`),
    tie('list').map((list) => `getopt(${list}, "ab:")[a]`),
  ),
  list: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oneOf(['toy.tags', '(toy.name, "-ab", "-b", toy.parent)', '()']),
    fc.tuple(oneOf(['tolower', 'toupper', 'basename']), oneOf(['toy.tags'])).map(([name, of]) => `${name}(${of})`),
  ),
  number: fc.oneof(
    oneOf(['toy.size', 'toy.result']),
    fc.oneof(tie('text'), oneOf(['toy.tags', 'toy.data'])).map((of) => `len(${of})`),
  ),
}))

const textOperators = ['=', '!=', 'contains', 'icontains', 'startswith', 'endswith', 'glob', 'iglob', '<', '>=']
const onRight = (operand: string) => (operand.includes('(') ? operand : `val(${operand})`)
const joined = (parts: readonly string[]) => parts.join(' ')
const literalList = fc.array(oneOf(texts).map(quoted), { maxLength: 4 }).map((items) => `(${items.join(', ')})`)

const transformed = fc.oneof(
  fc.tuple(operands.text, oneOf(['=', '!=', 'contains', 'startswith', 'endswith']), oneOf(texts).map(quoted)).map(joined),
  fc.tuple(operands.text, oneOf(['in', 'intersects', 'pmatch', '= oneof', 'contains anyof']), literalList).map(joined),
  fc.tuple(operands.text, oneOf(textOperators), operands.text.map(onRight)).map(joined),
  fc.tuple(operands.number, oneOf(['=', '!=', '<', '<=', '>', '>=']), operands.number.map(onRight)).map(joined),
  fc.tuple(operands.number, oneOf(['=', '<=']), oneOf(['0', '1', '2', '7'])).map(joined),
  fc.tuple(fc.oneof(operands.text, oneOf(['toy.tags'])), oneOf(['in', 'intersects', 'pmatch']), oneOf(['val(toy.tags)'])).map(joined),
  fc
    .tuple(oneOf(['toy.ip = val(toy.ip)', 'toy.data contains val(toy.data)', 'toy.ok != val(toy.is_file)', 'toy.port < val(toy.size)']))
    .map(joined),
  operands.text.map((operand) => `${operand} exists`),
)

const checkOf = (among: readonly Field<never>[]) =>
  fc.oneof(
    { weight: 6, arbitrary: oneOf(among).chain((field) => written(field).chain((text) => comparison(field, text, toyPool))) },
    { weight: 1, arbitrary: oneOf(among).map((field) => `${field.name} exists`) },
    { weight: 1, arbitrary: transformed },
  )

/** The text of a condition on toy events, in which the macros `m0`, `m1` ... below `macros` may be named. */
export function condition(macros: number): fc.Arbitrary<string> {
  return logic(checkOf(usableFields), macros)
}

export interface Conditions {
  readonly macros: { readonly m0: string; readonly m1: string }
  readonly texts: readonly string[]
}

/** Conditions on few fields, so that they have much in common. */
export function conditions(count: number): fc.Arbitrary<Conditions> {
  return fc.subarray([...usableFields], { minLength: 1, maxLength: 3 }).chain((among) => {
    const check = checkOf(among)
    return fc.record({
      macros: fc.record({ m0: logic(check, 0), m1: logic(check, 1) }),
      texts: fc.array(logic(check, 2), { minLength: count, maxLength: count }),
    })
  })
}

/** Checks combined by `and`, `or` and `not`, with macros among them. */
export function logic(checks: fc.Arbitrary<string>, macros: number): fc.Arbitrary<string> {
  const names = macros === 0 ? [] : [{ weight: 1, arbitrary: fc.nat(macros - 1).map((i) => `m${i}`) }]
  return fc.letrec<{ node: string; leaf: string; logic: string; not: string }>((tie) => ({
    node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('logic'), tie('not')),
    leaf: fc.oneof({ weight: 5, arbitrary: checks }, ...names),
    logic: fc
      .tuple(oneOf([' and ', ' or ']), fc.array(tie('node'), { minLength: 2, maxLength: 4 }))
      .map(([word, items]) => `(${items.join(word)})`),
    not: tie('node').map((item) => `not ${item}`),
  })).node
}
