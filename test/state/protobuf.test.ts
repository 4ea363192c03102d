import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeMessage, Message } from '../../src/state/runtime/protobuf.ts'

test('texts and flags come back', () => {
  const message = new Message(encodeMessage({ 1: 'a', 2: true, 17: 'é'.repeat(100) }))
  expect(message.text(1)).toBe('a')
  expect(message.number(2)).toBe(1n)
  expect(message.text(17)).toBe('\xc3\xa9'.repeat(100))
  expect([message.text(3), message.number(3), message.message(3)]).toEqual([undefined, 0n, undefined])
})

test('messages and maps', () => {
  // 1: { 1: "k" 2: "v" }, twice; 2: varint 300; 3: fixed64; 4: fixed32
  const bytes = Buffer.from('0a06 0a016b 120176 0a06 0a016c 120177 10ac02 19 0100000000000000 25 07000000'.replaceAll(' ', ''), 'hex')
  const message = new Message(bytes)
  expect([...message.map(1)]).toEqual([
    ['k', 'v'],
    ['l', 'w'],
  ])
  expect(message.number(2)).toBe(300n)
})

test('any bytes are a message, with what of them makes sense', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const message = new Message(Buffer.from(bytes))
      for (let number = 0; number < 20; number++) {
        message.text(number)
        message.number(number)
        message.map(number)
      }
    }),
  )
})
