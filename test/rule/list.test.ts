import { expect, test } from 'bun:test'
import { joinItems, substituteLists, tokensWith } from '../../src/rule/list.ts'

const lists = new Map([
  ['shells', ['sh', 'bash']],
  ['odd', ['a b', '"c d"', 'e=f', '', "g'"]],
  ['none', []],
  ['my list', ['x']],
])
const lookup = (name: string) => {
  const items = lists.get(name)
  return items && joinItems(items)
}

test.each([
  ['proc.name in (shells)', 'proc.name in (sh, bash)'],
  ['proc.name in (shells, shells)', 'proc.name in (sh, bash, sh, bash)'],
  ['proc.name=shells', 'proc.name=sh, bash'],
  ['proc.name in (my_shells, shells2, shells)', 'proc.name in (my_shells, shells2, sh, bash)'],
  ['proc.name = "shells"', 'proc.name = "shells"'],
  ['proc.name = "in shells \'shells\' shells\\""', 'proc.name = "in sh, bash \'shells\' shells\\""'],
  ['proc.name in (odd)', `proc.name in ("a b", "c d", "e=f", "", g')`],
  ['proc.name in (none)', 'proc.name in ()'],
  ['proc.name in (none, x)', 'proc.name in ( x)'],
  ['proc.name in (x, none)', 'proc.name in (x)'],
  ['proc.name in (x, none, y)', 'proc.name in (x, y)'],
  ['proc.name in (my list)', 'proc.name in (x)'],
])('%s becomes %s', (text, expected) => {
  expect(substituteLists(text, lookup, tokensWith(lists.keys())).text).toBe(expected)
})

test('offsets lead back to the text as written', () => {
  const text = 'a in (shells) and b in (shells) or c'
  const { text: result, origin } = substituteLists(text, lookup)
  for (const word of ['a in', 'and', 'b in', 'or c']) expect(origin(result.indexOf(word))).toBe(text.indexOf(word))
  expect(origin(result.indexOf('bash'))).toBe(text.indexOf('shells'))
})

test('a text that grows without bounds is given up', () => {
  expect(substituteLists('big '.repeat(100), () => 'x'.repeat(1_000_000)).isTooLong).toBe(true)
})
