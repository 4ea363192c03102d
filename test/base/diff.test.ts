import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { unifiedDiff } from '../../src/base/diff.ts'

const diff = (a: string, b: string) => unifiedDiff(a, b, 'a', 'b')

describe('a diff', () => {
  test.each([
    ['x\n', 'x\n', ''],
    ['', 'x\n', '@@ -0,0 +1 @@\n+x\n'],
    ['x\n', '', '@@ -1 +0,0 @@\n-x\n'],
    ['x\n', 'x', '@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n'],
    ['1\n2\n3\n4\n5\n6\n7\n8\n9\n', '1\n2\n3\n4\nfive\n6\n7\n8\n9\n', '@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n'],
  ])('%j to %j', (a, b, hunks) => expect(diff(a, b)).toBe(hunks === '' ? '' : `--- a\n+++ b\n${hunks}`))

  test('of changes far from each other has a hunk for each', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`)
    const changed = lines.map((line, i) => (i === 3 || i === 25 ? `new ${line}` : line))
    expect(diff(lines.join(''), changed.join('')).match(/^@@.*/gm)).toEqual(['@@ -1,7 +1,7 @@', '@@ -23,7 +23,7 @@'])
  })

  test('leads from one text to the other', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n'), { maxLength: 40 }).map((lines) => lines.join(''))
    fc.assert(fc.property(text, text, (a, b) => expect(patched(a, diff(a, b))).toBe(b)))
  })

  test('of texts that have little in common is short work', () => {
    const lines = (word: string) => Array.from({ length: 20_000 }, (_, i) => `${word} ${i}\n`).join('')
    expect(diff(lines('a'), lines('b')).match(/^[-+](?![-+])/gm)?.length).toBe(40_000)
  })
})

/** Does what a diff says. */
function patched(text: string, patch: string): string {
  const lines = text.split('\n').slice(0, -1)
  const result: string[] = []
  let at = 0
  for (const line of patch.split('\n').slice(2, -1)) {
    const start = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (start) {
      const from = Number(start[1]) - (start[2] === '0' ? 0 : 1)
      result.push(...lines.slice(at, from))
      at = from
    } else if (line.startsWith('+')) result.push(line.slice(1))
    else {
      expect(lines[at]).toBe(line.slice(1))
      if (line.startsWith(' ')) result.push(line.slice(1))
      at++
    }
  }
  return [...result, ...lines.slice(at)].map((line) => `${line}\n`).join('')
}
