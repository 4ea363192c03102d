import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Texts } from '../../src/state/texts.ts'

test('a line is the pieces with blanks between', () => {
  const text = fc.array(fc.constantFrom('a', 'b c', '\0', '\0\0', ''), { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (text) => expect(new Texts(text).line).toBe(new Texts(text).pieces.join(' '))))
})
