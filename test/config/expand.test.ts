import { expect, test } from 'bun:test'
import { expand } from '../../src/config/expand.ts'

const env = { NAME: 'value', EMBEDDED: '${NAME}', EMPTY: '' }

test.each([
  ['plain', 'plain'],
  ['$NAME', '$NAME'],
  ['${NAME}', 'value'],
  ['$${NAME}', '${NAME}'],
  ['$$NAME', '$$NAME'],
  ['$${${NAME}}', '${value}'],
  ['$${NAME}${NAME}', '${NAME}value'],
  ['${NAME}$${NAME}', 'value${NAME}'],
  ['/${NAME}/${NAME}${NAME}/foo', '/value/valuevalue/foo'],
  ['${EMBEDDED}/foo', '${NAME}/foo'],
  ['a${EMPTY}b${UNSET}c', 'abc'],
  ['open ${NAME', 'open ${NAME'],
  [' ${NAME} ', ' value '],
])('%j becomes %j', (text, expected) => {
  expect(expand(text, env)).toBe(expected)
})
