import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeRecord } from '../../src/event/encode.ts'
import { Event } from '../../src/event/event.ts'
import { codeOf } from '../../src/schema/event.ts'
import { openedFile } from '../../src/state/fd.ts'
import { OpenCache } from '../../src/state/open_cache.ts'

const name = 2
const last = 6
const openat = codeOf('SYSCALL_OPENAT_2_X')

interface Call {
  readonly name: string
  readonly flags: number
  readonly ino: number
}

function eventOf({ name, flags, ino }: Call): Event {
  const params = [3, -100, name, flags, 0, 2049, ino]
  const bytes = encodeRecord({ code: openat, ts: 1n, tid: 1, params })
  const event = new Event()
  event.moveTo(event.attach({ bytes, length: bytes.length }))
  return event
}

/** What the cache holds for the call; what it does not hold, it is given. */
function ask(cache: OpenCache, call: Call): string | undefined {
  const event = eventOf(call)
  const end = event.offsetOf(last) + event.lengthOf(last)
  const known = cache.find(event, event.offsetOf(name), end, 0)
  if (known === undefined) cache.keep(event, openedFile('file', '', call.name, call.flags, 0, call.ino))
  return known && `${known.name} ${known.flags} ${known.ino}`
}

const textOf = ({ name, flags, ino }: Call) => `${name} ${flags} ${ino}`

test('what comes for the second time right away is known, whatever the other calls are', () => {
  const call = fc.record({
    name: fc.integer({ min: 0, max: 40 }).map((n) => `/usr/lib/some/where/library-${n}.so.6`),
    flags: fc.constantFrom(1, 4097),
    ino: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 60 }), (calls) => {
      const cache = new OpenCache()
      for (const call of calls) expect([undefined, textOf(call)]).toContain(ask(cache, call))
      const [first] = calls as [Call]
      ask(cache, first)
      ask(cache, first)
      expect(ask(cache, first)).toBe(textOf(first))
    }),
    { numRuns: 200 },
  )
})

// Names of a build differ in a few letters, some of which are the high byte of a word.
test('nearly all of two thousand names that are much alike are kept beside each other', () => {
  const cache = new OpenCache()
  const calls = Array.from({ length: 2000 }, (_, n) => ({
    name: `/usr/lib/x86_64-linux-gnu/library-${n}.so.6`,
    flags: 4097,
    ino: 5_000_000 + (n % 12),
  }))
  for (let round = 0; round < 3; round++) for (const call of calls) ask(cache, call)
  const known = calls.filter((call) => ask(cache, call) !== undefined)
  expect(known.length).toBeGreaterThan(1850)
})

test('one name under two directories is remembered for both', () => {
  const cache = new OpenCache()
  const event = eventOf({ name: 'Makefile', flags: 1, ino: 7 })
  const from = event.offsetOf(name)
  const end = event.offsetOf(last) + event.lengthOf(last)
  const files = ['/one', '/other'].map((dir) => openedFile('file', dir, 'Makefile', 1, 0, 7))
  const askIn = (dir: string) => {
    const known = cache.find(event, from, end, 0)
    return known === undefined || known.dir === dir ? known : cache.findOther(event)
  }
  for (const file of files) {
    if (askIn(file.dir)?.dir !== file.dir) cache.keep(event, file)
  }
  for (const file of [...files, ...files]) expect(askIn(file.dir)).toBe(file)
})

test('long paths, as of packages in packages, are remembered, too', () => {
  const cache = new OpenCache()
  const call = (length: number) => ({ name: `/srv/${'node_modules/a-package/'.repeat(20)}`.slice(0, length), flags: 1, ino: 7 })
  for (const length of [150, 200, 260]) {
    ask(cache, call(length))
    expect(ask(cache, call(length))).toBe(textOf(call(length)))
  }
  ask(cache, call(320))
  expect(ask(cache, call(320))).toBeUndefined()
})
