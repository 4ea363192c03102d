import { expect, test } from 'bun:test'
import { printCondition } from '../../src/condition/print.ts'
import { errorsOf, load, rule, warningsOf } from './toy.ts'

const open = 'evt.type = open'
const withException = (...lines: readonly string[]) => rule('r', open, 'exceptions:', '  - name: e', ...lines.map((line) => `    ${line}`))
const appended = (...lines: readonly string[]) =>
  ['- rule: r', '  exceptions:', '    - name: e', ...lines.map((line) => `      ${line}`), '  override: {exceptions: append}', ''].join(
    '\n',
  )

test.each([
  [['fields: [proc.name]', 'values: [[a]]'], 'not proc.name = a'],
  [
    ['fields: [proc.name, fd.name]', 'values: [[a, /b], [c, /d]]'],
    'not ((proc.name = a and fd.name = /b) or (proc.name = c and fd.name = /d))',
  ],
  [
    ['fields: [proc.name, fd.name]', 'comps: [in, startswith]', 'values: [[[a, b], /c]]'],
    'not (proc.name in (a, b) and fd.name startswith /c)',
  ],
  [['fields: [proc.name]', 'comps: [in]', 'values: [[a]]'], 'not proc.name in (a)'],
  [['fields: [proc.name]', 'comps: [in]', 'values: [[(a, b)]]'.replace('(a, b)', '"(a, b)"')], 'not proc.name in (a, b)'],
  [['fields: [proc.name]', 'comps: ["  startswith   anyof "]', 'values: [[[a, b]]]'], 'not proc.name startswith anyof (a, b)'],
  [['fields: proc.name', 'values: [a, b c]'], 'not proc.name in (a, "b c")'],
  [['fields: fd.name', 'comps: pmatch', 'values: [/a, /b]'], 'not fd.name pmatch (/a, /b)'],
  [['fields: [proc.name]', 'values: [[toupper(proc.pname)]]'], 'not proc.name = toupper(proc.pname)'],
  [['fields: [proc.name]', `values: [['"a b"']]`], 'not proc.name = "a b"'],
  [['fields: [proc.name]', `values: [['a "b"']]`], String.raw`not proc.name = "a \"b\""`],
])('%p', (lines, expected) => {
  const outcome = load(withException(...lines))
  expect(errorsOf(outcome)).toEqual([])
  expect(outcome.ruleset.rules.map(({ checked }) => printCondition(checked.expr))).toEqual([`(${open} and ${expected})`])
})

test('an exception without values changes nothing, and can be given some', () => {
  const base = withException('fields: [proc.name]')
  const texts = [base, `${base}${appended('values: [[a], [b]]')}`].map((text) => load(text).ruleset.rules[0]?.checked.expr)
  expect(texts.map((expr) => expr && printCondition(expr))).toEqual([open, `(${open} and not (proc.name = a or proc.name = b))`])
})

test.each([
  [['values: [[a]]'], "Item has no mapping for key 'fields'"],
  [['fields: [proc.nmae]'], "'proc.nmae' is not a supported filter field"],
  [['fields: [proc.name]', 'comps: [almost]'], "'almost' is not a supported comparison operator"],
  [['fields: [proc.name]', 'comps: [in oneof]'], "'in oneof' is not a supported comparison operator"],
  [['fields: proc.name', 'comps: startswith'], "'startswith' is not a supported comparison operator"],
  [['fields: [proc.name, fd.name]', 'comps: [=]'], 'Fields and comps lists must have equal length'],
  [['fields: [proc.name, fd.name]', 'values: [[a]]'], 'Fields and values lists must have equal length'],
  [['fields: [proc.name]', 'values: a'], 'Rule exception must have values property with a list of values'],
])('%p is refused', (lines, message) => {
  expect(errorsOf(load(withException(...lines)))).toEqual([message])
})

test.each([
  [['fields: [fd.name]', 'values: [[b]]'], 'Can not append exception fields to existing exception, only values'],
  [['comps: [in]', 'values: [[b]]'], 'Can not append exception comps to existing exception, only values'],
])('%p cannot be added', (lines, message) => {
  expect(errorsOf(load(withException('fields: [proc.name]', 'values: [[a]]') + appended(...lines)))).toEqual([message])
})

test('adding no values, and names that come twice, are warned of', () => {
  const twice = rule('r', open, 'exceptions:', '  - {name: e, fields: [proc.name]}', '  - {name: e, fields: [fd.name]}')
  expect(warningsOf(load(twice))).toEqual(['LOAD_EXCEPTION_NAME_NOT_UNIQUE'])
  expect(warningsOf(load(withException('fields: [proc.name]', 'values: [[a]]') + appended('value: b')))).toEqual(['LOAD_APPEND_NO_VALUES'])
})
