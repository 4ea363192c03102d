import { describe, expect, test } from 'bun:test'
import { CheckCache } from '../../src/condition/check.ts'
import { kindsOf } from '../../src/condition/kinds.ts'
import { check, checked, type ToyEvent } from './toy.ts'

describe('checkCondition', () => {
  test.each([
    ['toy.nome = a', 'unknown-field', 'filter_check called with nonexistent field toy.nome', 'did you mean toy.name?'],
    ['fd.name = a', 'unknown-field', 'filter_check called with nonexistent field fd.name', 'list the fields with --list'],
    ['toy.name[1] = a', 'unknown-field', 'filter_check called with nonexistent field toy.name[1]', 'list the fields with --list'],
    ['toy.above[x] = a', 'unknown-field', 'filter_check called with nonexistent field toy.above[x]', 'list the fields with --list'],
    ['toy.arg = a', 'field-argument', 'filter syntax error: toy.arg', 'write toy.arg[...]'],
    ['toy.arg[x] = a', 'field-argument', 'x is not a valid number', undefined],
    ['toy.arg.x = a', 'field-argument', 'x is not a valid number', undefined],
    ['toy.type = opne', 'unknown-event-type', 'unknown event type opne', undefined],
    ['toy.type in (open, opne)', 'unknown-event-type', 'unknown event type opne', undefined],
    ['toy.size = 1.5', 'bad-value', '1.5 is not a valid number', undefined],
    ['toy.size = abc', 'bad-value', 'abc is not a valid number', undefined],
    ['toy.result = 9223372036854775808', 'bad-value', '9223372036854775808 is not a valid number', undefined],
    ['toy.load = 1.0', 'bad-value', '1.0 is not a valid number', undefined],
    ['toy.ok = True', 'bad-value', 'filter error: unrecognized boolean value True', undefined],
    ['toy.ip = abc', 'bad-value', 'unrecognized IPv6 address abc', undefined],
    ['toy.ip = 10.0.0.256', 'bad-value', 'unrecognized IPv4 address 10.0.0.256', undefined],
    ['toy.net = 10.0.0.1', 'bad-value', 'unrecognized IP network 10.0.0.1', undefined],
    ['toy.net = ::/0', 'bad-value', 'unrecognized IP network ::/0', undefined],
    ['toy.port = abc', 'bad-value', 'unrecognized protocol abc', undefined],
    ['toy.name startswith "\\x00"', 'bad-value', 'a text cannot hold a NUL byte', undefined],
    ['toy.data bcontains 123', 'bad-value', "'123' is not a hex string: an even number of digits 0 to 9 and a to f", undefined],
    ['toy.tags = a', 'bad-operator', "'=' does not take the list toy.tags", 'use in, intersects or exists'],
    ['toy.ok < 1', 'bad-operator', "'<' does not take toy.ok, which is of type BOOL", 'use = == != in intersects or exists'],
    ['toy.shown = a', 'bad-operator', "field 'toy.shown' is for outputs only", undefined],
    ['toy.ips = val(toy.ip)', 'bad-operator', "field 'toy.ips' doesn't support right-hand side fields", undefined],
    ['toy.ip = val(toy.ips)', 'bad-operator', "field 'toy.ips' cannot stand on the right-hand side", undefined],
    ['toy.name = val(toy.ok)', 'bad-operator', "'toy.name' (CHARBUF) cannot be compared with 'val(toy.ok)' (BOOL)", undefined],
    [
      'toy.name = val(toy.tags)',
      'bad-operator',
      "'toy.name' (CHARBUF) cannot be compared with 'val(toy.tags)' (list of CHARBUF)",
      undefined,
    ],
    ['toy.name regex val(toy.parent)', 'bad-operator', "'regex' does not compare with another field", undefined],
    ['toy.type = val(toy.name)', 'bad-operator', "'toy.type' can be compared with names of events only", undefined],
    ['tolower(toy.type) = open', 'bad-transformer', "field 'toy.type' does not support transformers", undefined],
    [
      'tolower(toy.result) = a',
      'bad-transformer',
      "can't add field transformer: type 'INT64' is not supported by 'tolower' transformer applied on field 'toy.result'",
      undefined,
    ],
    [
      'tolower(toy.above) = a',
      'bad-transformer',
      "can't add field transformer: field 'toy.above' does not support transformers",
      undefined,
    ],
    ['tolower(toy.name)[x] = a', 'bad-transformer', "filter error: transformer 'tolower' does not support field arguments", undefined],
    ['toy.name = val(toy.name)[x]', 'bad-transformer', "filter error: transformer 'val' does not support field arguments", undefined],
    ['concat(toy.name) = a', 'bad-transformer', 'concat() takes 2 or more arguments, not 1', undefined],
    ['len(toy.name, toy.path) = 1', 'bad-transformer', 'len() takes 1 argument, not 2', undefined],
    ['getopt(toy.name, "n") intersects (n)', 'bad-transformer', 'getopt() first argument must be a list', undefined],
    ['getopt(toy.tags, ("n")) intersects (n)', 'bad-transformer', 'getopt() second argument must not be a list', undefined],
  ])('refuses %p', (text, code, message, hint) => {
    const { condition, faults } = check(text)
    expect(condition).toBeUndefined()
    expect(faults.map((fault) => [String(fault.code), fault.message, fault.hint])).toEqual([[code, message, hint]])
  })

  test('refuses a regular expression that RE2 refuses', () => {
    expect(check('toy.name regex "(a"').faults[0]?.message).toStartWith("invalid regular expression '(a': ")
  })

  test('finds every mistake, with its place', () => {
    const text = 'toy.nome = a and (toy.size = x or toy.type = opne)'
    expect(check(text).faults.map((fault) => text.slice(fault.start, fault.end))).toEqual(['toy.nome', 'x', 'opne'])
  })

  test('tells of mistakes in a macro once, and where', () => {
    const macros = { inner: 'toy.nome = a', outer: 'inner or toy.size = x' }
    const { faults } = check('outer and not outer and inner', macros)
    expect(faults.map((fault) => [fault.macro, fault.start, fault.message])).toEqual([
      ['inner', 0, 'filter_check called with nonexistent field toy.nome'],
      ['outer', 20, 'x is not a valid number'],
    ])
  })

  test('checks a macro once for all conditions with one cache', () => {
    const cache = new CheckCache<ToyEvent>()
    check('m', { m: 'toy.name = a' }, cache)
    expect(cache.bodies.size).toBe(1)
  })

  test.each([
    ['toy.name = toy.parent', ['LOAD_COMPILE_CONDITION']],
    ['toy.name in (a, "toy.above[1]")', ['LOAD_COMPILE_CONDITION']],
    ['toy.name = "tolower(toy.parent)"', ['LOAD_COMPILE_CONDITION']],
    ['toy.name = other.field', []],
    ['toy.name = val(toy.parent)', []],
    ['toy.name regex ^a', ['LOAD_COMPILE_CONDITION']],
    ['toy.name regex "a$"', ['LOAD_COMPILE_CONDITION']],
    ['toy.name regex .*a', ['LOAD_COMPILE_CONDITION']],
    ['toy.name regex a.?', ['LOAD_COMPILE_CONDITION']],
    ['toy.name regex a\\.*', []],
    ['toy.name regex a.*b', []],
    ['ka.verb = <NA>', ['LOAD_UNSAFE_NA_CHECK']],
    ['ka.verb in (a, <NA>)', ['LOAD_UNSAFE_NA_CHECK']],
    ['ka.verb startswith <NA>', []],
    ['toy.name = <NA>', []],
    ['toy.old exists', ['LOAD_DEPRECATED_ITEM']],
    ['toy.name = val(toy.old)', ['LOAD_DEPRECATED_ITEM']],
  ])('warns of %p: %p', (text, codes) => {
    const { warnings, condition } = check(text)
    expect(condition).toBeDefined()
    expect(warnings.map((warning) => String(warning.code))).toEqual(codes)
  })
})

test.each([
  ['toy.type = open', [0]],
  ['toy.type in (open, exec) and toy.name = a', [0, 3]],
  ['not toy.type = open', [1, 2, 3]],
  ['toy.type != open and not toy.name = a', [1, 2, 3]],
  ['toy.type = open or toy.name = a', [0, 1, 2, 3]],
  ['toy.type = open and toy.type = close', []],
  ['toy.is_file = true and not (toy.type = open and toy.name = a)', [0, 1]],
  ['not (toy.type = open or toy.is_file = false)', [1]],
  ['toy.type exists', [0, 1, 2, 3]],
  ['not toy.type exists', []],
  ['toy.type startswith c', [1, 2]],
])('%p can hold on kinds %p', (text, kinds) => {
  expect(kindsOf(checked(text), [0, 1, 2, 3])).toEqual(kinds)
})
