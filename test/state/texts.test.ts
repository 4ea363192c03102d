import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeRecord } from '../../src/event/encode.ts'
import { Event } from '../../src/event/event.ts'
import { codeOf } from '../../src/schema/event.ts'
import { areCgroups } from '../../src/state/apply/change.ts'
import { Cgroups, Texts } from '../../src/state/texts.ts'

test('a line is the pieces with blanks between', () => {
  const text = fc.array(fc.constantFrom('a', 'b c', '\0', '\0\0', ''), { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (text) => expect(new Texts(text).line).toBe(new Texts(text).pieces.join(' '))))
})

const chdir = codeOf('SYSCALL_CHDIR_X')

function areSame(known: string, given: string): boolean {
  const bytes = encodeRecord({ code: chdir, ts: 1n, tid: 1, params: [0, Buffer.from(given, 'latin1')] })
  const event = new Event()
  event.moveTo(event.attach({ bytes, length: bytes.length }))
  return areCgroups(event, 1, new Cgroups(known))
}

test('control groups are the same where all their bytes are, whatever number eight of these would be', () => {
  // Zero with and without a sign, no number, infinity, and plain letters.
  const eight = fc.constantFrom(
    '\0'.repeat(8),
    `${'\0'.repeat(7)}\x80`,
    '\xff'.repeat(8),
    `${'\0'.repeat(6)}\xf0\x7f`,
    'cpuset=/',
    'cpuset=\\',
  )
  const text = fc.tuple(fc.array(eight, { maxLength: 4 }), fc.string({ maxLength: 9 })).map(([parts, rest]) => `${parts.join('')}${rest}`)
  fc.assert(
    fc.property(text, text, (known, given) => {
      expect(areSame(known, known)).toBe(true)
      expect(areSame(known, given)).toBe(known === given)
    }),
    { numRuns: 2000 },
  )
})

test('a line holds any byte, and is as long as it is', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
  expect(new Texts(`${bytes}\0`).line).toBe(` ${bytes.slice(1)}`)
  for (const length of [4095, 4096, 4097, 70_000]) {
    const word = 'x'.repeat(length - 2)
    expect(new Texts(`${word}\0y\0`).line).toBe(`${word} y`)
  }
})
