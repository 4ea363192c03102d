import { expect, test } from 'bun:test'
import { closest } from '../../src/base/suggest.ts'

const words = ['json_output', 'log_level', 'engine', 'rules', 'rule']

test.each([
  ['json_outptu', 'json_output'],
  ['engin', 'engine'],
  ['log-level', 'log_level'],
  ['rulees', 'rules'],
  ['rule', 'rule'],
  ['webserver', undefined],
  ['x', undefined],
  ['', undefined],
])('%j is nearest to %j', (word, expected) => {
  expect(closest(word, words)).toBe(expected)
})

test('what is cut short is nearest to its whole, in any order', () => {
  expect(closest('fd.nam', ['fd.num', 'fd.name'])).toBe('fd.name')
  expect(closest('fd.nam', ['fd.name', 'fd.num'])).toBe('fd.name')
})
