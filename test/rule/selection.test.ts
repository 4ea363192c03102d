import { describe, expect, test } from 'bun:test'
import { type Selection, selectRules } from '../../src/rule/selection.ts'
import { load, rule } from './toy.ts'

const open = 'evt.type = open'
const { rules } = load(
  [
    rule('alpha one', open, 'tags: [t1]'),
    rule('alpha two', open, 'tags: [t2]'),
    rule('beta', open, 'tags: [t1, t2]').replace('INFO', 'ERROR'),
    rule('off', open, 'tags: [t3]', 'enabled: false'),
  ].join(''),
).ruleset

const names = (selections: readonly Selection[], minPriority = 7) => selectRules(rules, selections, minPriority).map(({ name }) => name)
const enable = (pattern: string): Selection => ({ operation: 'enable', rule: pattern })
const disable = (pattern: string): Selection => ({ operation: 'disable', rule: pattern })

test.each([
  [[], ['alpha one', 'alpha two', 'beta']],
  [[disable('beta')], ['alpha one', 'alpha two']],
  [[disable('BETA')], ['alpha one', 'alpha two', 'beta']],
  [[enable('off')], ['alpha one', 'alpha two', 'beta', 'off']],
  [[{ operation: 'disable', tag: 't1' }], ['alpha two']],
  [[{ operation: 'disable', tag: 't1', rule: 'alpha two' }], []],
  [[disable('*'), { operation: 'enable', tag: 't2' }, disable('beta')], ['alpha two']],
  [[enable('off'), disable('*')], []],
] satisfies [Selection[], string[]][])('%j leaves %j', (selections, expected) => {
  expect(names(selections)).toEqual(expected)
})

test('rules less severe than the least priority do not run', () => {
  expect(names([], 3)).toEqual(['beta'])
  expect(names([enable('*')], 6)).toEqual(['alpha one', 'alpha two', 'beta', 'off'])
})

describe('a pattern is the whole name, with * for anything', () => {
  test.each([
    ['*', true],
    ['**', true],
    ['alpha*one', true],
    ['*pha*one', true],
    ['*pha*****one', true],
    ['alpha one*', true],
    ['alpha*on', false],
    ['lpha one', false],
    ['alpha', false],
    ['alpha one*one', false],
    ['*a*a*a*', false],
  ])('%s', (pattern, isMatch) => {
    expect(!names([disable(pattern)]).includes('alpha one')).toBe(isMatch)
  })
})
