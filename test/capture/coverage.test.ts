import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { coveragePage } from '../../ffi/coverage.ts'

test('docs/coverage.md is what the tables say; else: bun ffi/coverage.ts', () => {
  expect(readFileSync(join(import.meta.dir, '../../docs/coverage.md'), 'utf8')).toBe(coveragePage())
})
