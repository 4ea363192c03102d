import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Event } from '../../src/event/event.ts'
import { ipv4At } from '../../src/state/addresses.ts'

test('an address is its four bytes, whatever came before', () => {
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 })
  // Few enough to meet each other in a slot, and to come again.
  const near = fc.tuple(fc.constantFrom(0, 10, 127, 192), fc.constantFrom(0, 255), fc.nat({ max: 255 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          address,
          near.map((bytes) => Uint8Array.from(bytes)),
        ),
        { maxLength: 400 },
      ),
      (list) => {
        const bytes = Buffer.concat([Buffer.alloc(64), ...list])
        const event = new Event()
        event.attach({ bytes, length: bytes.length })
        list.forEach((each, i) => {
          expect(ipv4At(event, 64 + 4 * i)).toBe(String.fromCharCode(...each))
        })
      },
    ),
    { numRuns: 100 },
  )
})
