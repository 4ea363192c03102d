import { expect, test } from 'bun:test'
import { formatResult, formatSchema, resultsJson } from '../../src/rule/result.ts'
import { load, rule } from './toy.ts'

const open = 'evt.type = open'

const textOf = (texts: string | readonly string[], isVerbose = false) =>
  load(texts)
    .results.map((result) => formatResult(result, isVerbose))
    .join('\n')

test('a file without mistakes is a line', () => {
  expect(textOf(rule('r', open))).toBe('a.yaml: Ok')
  expect(textOf('- list: l\n  items: [a]\n')).toBe('a.yaml: Ok, with warnings')
})

test('an error shows the item, the place in the file and the way out', () => {
  expect(
    textOf(
      `${rule('one', open)}- rule: two\n  desc: d\n  condition: >\n    evt.type = open\n      and proc.nmae = x\n  output: o\n  priority: INFO\n`,
    ),
  ).toBe(
    `a.yaml: Invalid
1 Errors:
In rules content: (a.yaml:0:0)
    rule 'two': (a.yaml:5:2)
    condition expression: (a.yaml:9:10)
------
      and proc.nmae = x
          ^
------
LOAD_ERR_COMPILE_CONDITION (Error compiling condition): filter_check called with nonexistent field proc.nmae
  did you mean proc.name?`,
  )
})

test('an error in a macro shows the rule and the macro', () => {
  expect(textOf([`- macro: m\n  condition: evt.num = x\n`, rule('r', `${open} and m`)])).toContain(`In rules content: (b.yaml:0:0)
    rule 'r': (b.yaml:0:2)
    macro 'm': (a.yaml:0:2)
    condition expression: (a.yaml:1:23)
------
  condition: evt.num = x
                       ^
------
LOAD_ERR_COMPILE_CONDITION (Error compiling condition): x is not a valid number`)
})

test('an error that only arises from lists or exceptions shows the text that was made', () => {
  const text = rule('r', open, 'exceptions:', '  - {name: e, fields: [evt.num], values: [[x]]}')
  expect(textOf(text)).toContain(`    condition expression: (a.yaml:0:2)
------
(evt.type = open) and not ((evt.num = x))
                                      ^
------
`)
})

test('a mistake in YAML shows its place', () => {
  expect(textOf('- rule: a\n  desc: [\n')).toMatch(
    /^a\.yaml: Invalid\n1 Errors:\nIn rules content: \(a\.yaml:0:0\)\n {4}rules content: \(a\.yaml:\d+:\d+\)\n------\n/,
  )
})

test('warnings show where a rule refers to the macro that has them', () => {
  const text = `- macro: m\n  condition: evt.dir = <\n${rule('r', `${open} and m`)}${rule('s', `${open} and m`)}`
  expect(textOf(text, true)).toBe(`a.yaml: Ok, with warnings
1 Warnings:
In rules content: (a.yaml:0:0)
    rule 'r': (a.yaml:2:2)
    condition expression: (a.yaml:3:33)
------
  condition: evt.type = open and m
                                 ^
------
LOAD_DEPRECATED_ITEM (Used deprecated item): ${load(text).results[0]?.warnings[0]?.message}
  in the macro 'm': evt.dir = <`)
})

test('a long line is cut around the place', () => {
  const text = textOf(rule('r', `${'proc.name = aaaaaaaa or '.repeat(50)} proc.nmae = x or ${'proc.name = b or '.repeat(50)} ${open}`))
  const [, line = '', caret = ''] = /------\n(.*)\n(.*)\n------/.exec(text) ?? []
  expect(line).toHaveLength(160)
  expect(line.slice(caret.length - 1)).toStartWith('proc.nmae = x')
})

test('JSON has the first error as errors, and all of them', () => {
  const outcome = load(`${rule('r', 'nope')}${rule('s', 'evt.num = x')}- foo: bar\n`)
  const [result] = resultsJson(outcome.results).falco_load_results as readonly { [key: string]: unknown }[]
  const snippet = '------\n  condition: nope\n             ^\n------\n'
  const position = (line: number, column: number, offset: number) => ({ name: 'a.yaml', line, column, offset })
  expect(result).toMatchObject({
    name: 'a.yaml',
    successful: false,
    schema_valid: false,
    schema_warnings: ["<root>[2]: unknown key 'foo'"],
    errors: [
      {
        code: 'LOAD_ERR_VALIDATE',
        codedesc: 'Error validating rule/macro/list/exception objects',
        message: "Undefined macro 'nope' used in filter.",
        context: {
          locations: [
            { item_type: 'rules content', item_name: '', position: position(0, 0, 0) },
            { item_type: 'rule', item_name: 'r', position: position(0, 2, 2) },
            { item_type: 'condition expression', item_name: '', position: position(1, 13, 23) },
          ],
          snippet,
        },
      },
    ],
    more_errors: [{ message: 'x is not a valid number' }],
    warnings: [{ code: 'LOAD_UNKNOWN_ITEM', message: 'Unknown top level item' }],
  })
})

test.each([
  [rule('r', open), 'schema validation: ok'],
  [rule('r', open, 'colour: red'), "schema validation: failed for <root>[0]: unknown key 'colour'"],
  [rule('r', open, 'capture: "yes"'), 'schema validation: failed for <root>[0].capture: expected a boolean'],
  [rule('r', open, 'capture: yes'), 'schema validation: ok'],
  ['- list: l\n  items: [a]\n  priority: INFO\n', 'schema validation: ok'],
  ['- list: l\n  items: a\n', 'schema validation: failed for <root>[0].items: expected a list'],
  ['- rule: r\n  override: {priority: append}\n', 'schema validation: ok'],
  ['- rule: r\n  exceptions: [{name: e, value: x}]\n', "schema validation: failed for <root>[0].exceptions[0]: unknown key 'value'"],
])('%p: %s', (text, expected) => {
  expect(load(text).results.map(formatSchema)).toEqual([expected])
})
