import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Catalogue, Field } from '../../src/condition/field.ts'
import { FormatFault, parseFormat, render, renderFields, renderLine } from '../../src/engine/format.ts'
import { checkFormat, renderingOf } from '../../src/engine/rendering.ts'

interface Toy {
  readonly name?: string
  readonly ip?: string
  readonly count?: number | bigint
}

const fields: readonly Field<Toy>[] = [
  { name: 'toy.name', type: 'CHARBUF', help: '', get: (toy) => toy.name },
  { name: 'toy.named', type: 'CHARBUF', help: '', get: (toy) => `${toy.name}!` },
  { name: 'toy.count', type: 'UINT64', format: 'DEC', help: '', get: (toy) => toy.count },
  { name: 'toy.hex', type: 'UINT64', format: 'HEX', help: '', get: (toy) => toy.count },
  { name: 'toy.nanos', type: 'RELTIME', format: '10_PADDED_DEC', help: '', get: (toy) => toy.count },
  { name: 'toy.ratio', type: 'DOUBLE', help: '', get: (toy) => Number(toy.count) / 3 },
  { name: 'toy.ip', type: 'IPADDR', help: '', get: (toy) => toy.ip },
  { name: 'toy.either', type: 'IPADDR', help: '', flags: ['filter_only'], get: (toy) => toy.ip },
  { name: 'toy.is', type: 'BOOL', help: '', get: (toy) => toy.count === 7 },
  { name: 'toy.list', type: 'CHARBUF', flags: ['list'], help: '', get: () => ['a', 'b'] },
  { name: 'toy.bytes', type: 'BYTEBUF', help: '', get: () => 'a\x00b\n' },
  { name: 'toy.old', type: 'CHARBUF', flags: ['deprecated'], help: '', get: () => 'old' },
  {
    name: 'toy.at',
    type: 'CHARBUF',
    arg: { required: true, kind: 'either', dotted: new Set(['one', 'oneself']) },
    help: '',
    at: (arg) => () => `<${arg}>`,
  },
  { name: 'toy.shown', type: 'CHARBUF', help: '', get: () => 'compared', show: () => () => 'shown' },
]
const byName = new Map(fields.map((field) => [field.name, field]))
const catalogue: Catalogue<Toy> = { find: (name) => byName.get(name), names: [...byName.keys()] }
const toy: Toy = { name: 'bear', ip: '\x7f\x00\x00\x01', count: 7 }

function show(text: string, event: Toy = toy): string | undefined {
  return render(parseFormat(text, catalogue), event)
}

describe('filling in a line', () => {
  test.each([
    ['a line\nof two %toy.name', 'bear', 'a line\nof two bear'],
    ['%toy.name!', 'two\nlines\r', 'two\xef\xbf\xbdlines\xef\xbf\xbd!'],
    ['%toy.name', 'tab\there, \xc3\xa9 and \xc2\xa9', 'tab\there, \xc3\xa9 and \xc2\xa9'],
    ['%toy.name', '\x1b[2J \x7f \xc2\x9b2J', '\xef\xbf\xbd[2J \xef\xbf\xbd \xef\xbf\xbd2J'],
    ['a\n%toy.name', 'b\n', 'a\nb\xef\xbf\xbd'],
    ['%3toy.name|', 'a\n', 'a\xef\xbf\xbd |'],
  ])('%j with %j is %j', (text, name, line) => {
    expect(renderLine(parseFormat(text, catalogue), { name })).toBe(line)
  })

  test('a rule does so where its alerts are lines', () => {
    const rule = { format: '%toy.name', extraFields: [] }
    expect(renderingOf(rule, catalogue, true).render({ name: 'a\nb' })).toBe('a\xef\xbf\xbdb')
    expect(renderingOf(rule, catalogue).render({ name: 'a\nb' })).toBe('a\nb')
  })
})

describe('filling in an output', () => {
  test.each([
    ['no fields', 'no fields'],
    ['', ''],
    ['a %toy.name b', 'a bear b'],
    ['start%toy.nameand%toy.countend', 'startbearand7end'],
    ['%toy.named', 'bear!'],
    ['%toy.name[1]', 'bear[1]'],
    ['[%toy.name]', '[bear]'],
    ['%10toy.name|', 'bear      |'],
    ['%2toy.name|', 'be|'],
    ['%toy.at[x y] %toy.at["a]b"] %toy.at.one %toy.at.oneself %toy.at.ones', '<x y> <a]b> <one> <oneself> <one>s'],
    ['%toy.count %toy.hex %toy.nanos %toy.ratio', '7 7 000000007 2.3'],
    ['%toy.ip', '127.0.0.1'],
    ['%toy.is %toy.list %toy.bytes', 'true (a,b) a.b.'],
    ['%toy.shown', 'shown'],
    ['*%toy.either', '<NA>'],
    ['%toupper(toy.name) %tolower( toupper( toy.name ) )', 'BEAR bear'],
    ['%concat(toy.name,toy.named)%join("-", (toy.name, toy.at.one))', 'bearbear!bear-<one>'],
    ['%8toupper(toy.name)|', 'BEAR    |'],
    ['*%len(toy.name)', '<NA>'],
    ['Grüße %toy.name', 'Gr\xc3\xbc\xc3\x9fe bear'],
  ])('%j gives %j', (text, shown) => {
    expect(show(text)).toBe(shown)
  })

  test('a field without a value drops the output, unless it is lenient', () => {
    expect(show('x %toy.name', {})).toBeUndefined()
    expect(show('*x %toy.name', {})).toBe('x <NA>')
    expect(render(parseFormat('x %toy.name', catalogue, true), {})).toBe('x <NA>')
    expect(show('*%6toy.name|', {})).toBe('<NA>  |')
  })

  test.each([
    [
      '%toy.name %toy.count %2toy.name',
      [
        ['toy.name', 'bear'],
        ['toy.count', 7],
      ],
    ],
    [
      '%toupper(toy.name) %join("-", (toy.named, toy.at.one))',
      [
        ['toy.name', 'bear'],
        ['toy.named', 'bear!'],
        ['toy.at.one', '<one>'],
      ],
    ],
    ['%toy.at[x]', [['toy.at[x]', '<x>']]],
    [
      '%toy.hex %toy.nanos %toy.is %toy.list %toy.ip',
      [
        ['toy.hex', '7'],
        ['toy.nanos', 7],
        ['toy.is', true],
        ['toy.list', ['a', 'b']],
        ['toy.ip', '127.0.0.1'],
      ],
    ],
    ['%toy.either', [['toy.either', null]]],
    ['text', []],
  ] as const)('the values of %j', (text, values) => {
    expect(renderFields(parseFormat(text, catalogue), toy)).toEqual(values as never)
  })

  test('numbers of 64 bits are exact', () => {
    const event = { count: 18_446_744_073_709_551_615n }
    expect(show('%toy.count %toy.hex', event)).toBe('18446744073709551615 FFFFFFFFFFFFFFFF')
    expect(renderFields(parseFormat('%toy.count', catalogue), event)).toEqual([['toy.count', 18_446_744_073_709_551_615n]])
  })
})

describe('outputs that cannot be', () => {
  test.each([
    ['start %some.field end', 6, 'invalid formatting token some.field'],
    ['start %a end', 6, 'invalid formatting token a'],
    ['100%% done', 3, 'invalid formatting token %%'],
    ['%', 0, 'invalid formatting token %'],
    ['%-10toy.name', 0, 'invalid formatting token %-'],
    ['%toy.at', 0, 'invalid formatting token toy.at'],
    ['%toy.nam[1]', 0, 'invalid formatting token toy.nam[1]'],
    ['x %(', 2, 'invalid formatting token %('],
    ['%touper(', 0, 'invalid formatting token touper'],
    ['%toupper (toy.name)', 0, 'invalid formatting token toupper'],
    ['%toupper(toy.name', 1, "expected a ')' token"],
    ['%toy.at[x', 7, "expected a ']' after the argument of a field"],
    ['%toy.at[]', 7, 'the argument of a field is empty'],
    [
      'x %toupper(toy.count)',
      11,
      "can't add field transformer: type 'UINT64' is not supported by 'toupper' transformer applied on field 'toy.count'",
    ],
    ['%toupper(toy.nosuch)', 9, 'filter_check called with nonexistent field toy.nosuch'],
  ])('%j', (text, start, message) => {
    const error = faultOf(() => parseFormat(text, catalogue))
    expect({ start: error?.start, message: error?.message }).toEqual({ start, message })
  })

  test('any text is read or refused', () => {
    const token = fc.constantFrom(
      '%',
      '%toy.name',
      '%toy.at',
      '[',
      ']',
      '(',
      ')',
      'toupper(',
      '%join("-",(',
      '"',
      '12',
      'toy.',
      ',',
      '*',
      'é',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fc.string())), (pieces) => {
        const error = faultOf(() => expect(typeof render(parseFormat(pieces.join(''), catalogue, true), {})).toBe('string'))
        return error === undefined || error.start <= pieces.join('').length
      }),
    )
  })
})

describe('the output of a rule', () => {
  test('extra fields are text, or a value of their own', () => {
    const extraFields = [
      { name: 'who', format: 'p=%toy.name', isRaw: false },
      { name: 'toy.count', format: 'toy.count', isRaw: true },
    ]
    const rendering = renderingOf({ format: 'hi %toy.name', extraFields }, catalogue)
    expect(rendering.render({})).toBe('hi <NA>')
    expect(rendering.renderFields(toy)).toEqual([
      ['toy.name', 'bear'],
      ['who', 'p=bear'],
      ['toy.count', 7],
    ])
  })

  test('checking tells the first mistake with its place', () => {
    expect(checkFormat('a %toy.nosuch', catalogue as Catalogue<never>)).toEqual({
      problems: [
        {
          code: 'LOAD_ERR_COMPILE_OUTPUT',
          message: 'invalid formatting token toy.nosuch',
          start: 2,
          isUnknownField: true,
          hint: 'eyas --list shows all fields',
        },
      ],
      fields: [],
    })
  })

  test('checking warns of deprecated fields, and tells all fields', () => {
    expect(checkFormat('%toy.name %toy.old', catalogue as Catalogue<never>)).toEqual({
      problems: [
        {
          code: 'LOAD_DEPRECATED_ITEM',
          message: "usage of deprecated field 'toy.old' has been detected in the rule output",
          start: 11,
          hint: 'take it out of the output',
        },
      ],
      fields: ['toy.name', 'toy.old'],
    })
  })
})

function faultOf(work: () => unknown): FormatFault | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof FormatFault) return error
    throw error
  }
  return undefined
}
