import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeRecord } from '../../src/event/encode.ts'
import { Event } from '../../src/event/event.ts'
import { codeOf } from '../../src/schema/event.ts'
import { BytesCache } from '../../src/state/bytes_cache.ts'

const chdir = codeOf('SYSCALL_CHDIR_X')

interface Made {
  readonly text: string
}

const newCache = () => new BytesCache<Made>(4, 12, (event, from, to) => ({ text: event.bytes.latin1Slice(from, to) }))

function ask(cache: BytesCache<Made>, text: string): Made {
  const bytes = encodeRecord({ code: chdir, ts: 1n, tid: 1, params: [0, text] })
  const event = new Event()
  event.moveTo(event.attach({ bytes, length: bytes.length }))
  const from = event.offsetOf(1)
  return cache.get(event, from, from + event.lengthOf(1) - 1)
}

test('whatever was asked before, what is given is made of the very bytes', () => {
  // Few letters, one of them a zero to the eye of a careless comparison, and lengths around four and the longest that is remembered.
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\x80', '\xff'), maxLength: 16 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
      const cache = newCache()
      for (const each of texts) expect(ask(cache, each).text).toBe(each)
    }),
    { numRuns: 500 },
  )
})

test('what is asked again is not made again, unless it is long', () => {
  const cache = newCache()
  expect(ask(cache, 'sh')).toBe(ask(cache, 'sh'))
  expect(ask(cache, '123456789012')).toBe(ask(cache, '123456789012'))
  expect(ask(cache, '1234567890123')).not.toBe(ask(cache, '1234567890123'))
})
