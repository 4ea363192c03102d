import { expect, test } from 'bun:test'
import { grouped } from '../../src/base/grouped.ts'

test.each([
  [0, '0'],
  [7, '7'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
  [100_000_000, '100,000,000'],
])('%p is written %p', (count, text) => {
  expect(grouped(count)).toBe(text)
})
