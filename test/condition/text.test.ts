import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FoldedSearch, lowerAscii } from '../../src/condition/text.ts'

const letters = fc.constantFrom(
  'a',
  'A',
  'k',
  'K',
  's',
  'S',
  '[',
  ']',
  '.',
  '*',
  '\\',
  '-',
  ' ',
  '\0',
  '\n',
  '\xb5',
  '\xe0',
  '\xc0',
  '\xff',
)
const bytes = (maxLength: number) => fc.array(letters, { maxLength }).map((parts) => parts.join(''))

test('a folded search finds what is there in lower case', () => {
  const property = fc.property(bytes(30), bytes(3), (text, part) => {
    expect(new FoldedSearch(part).has(text)).toBe(lowerAscii(text).includes(lowerAscii(part)))
  })
  fc.assert(property, { numRuns: 3000 })
})
