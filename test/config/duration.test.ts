import { expect, test } from 'bun:test'
import { durationMs } from '../../src/config/duration.ts'

test.each([
  ['100ms', 100],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['2h 5m', 7_500_000],
  ['5m200ms', 300_200],
  ['1y1w1d1h1m1s1ms', 365 * 86_400_000 + 7 * 86_400_000 + 86_400_000 + 3_600_000 + 60_000 + 1001],
  ['200', undefined],
  ['1t', undefined],
  ['', undefined],
  ['5s1h', undefined],
  ['-1s', undefined],
])('%j is %j ms', (text, expected) => {
  expect(durationMs(text)).toBe(expected)
})
