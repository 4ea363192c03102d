import { describe, expect, test } from 'bun:test'
import { addressText } from '../../src/base/address.ts'
import { numberText, printable, toBase64 } from '../../src/base/bytes.ts'
import { errnoName } from '../../src/base/errno.ts'
import { signalName } from '../../src/base/signal.ts'
import { isoTime, isoTimeZ, nanosOf, secondsOf } from '../../src/base/timestamp.ts'

const bytes = (hex: string) => Buffer.from(hex, 'hex').latin1Slice()

describe('addresses', () => {
  test.each([
    ['7f000001', '127.0.0.1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000003', '2001:db8::3'],
    ['20010db8000100000000000100000001', '2001:db8:1::1:0:1'],
    ['20010db8000100010001000100000001', '2001:db8:1:1:1:1:0:1'],
    ['20010000000100000000000000010001', '2001:0:1::1:1'],
    ['00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
    ['00000000000000000000ffff0a000001', '::ffff:10.0.0.1'],
    ['0000000000000000000000000a000001', '::10.0.0.1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['', ''],
  ])('%s is %s', (hex, text) => {
    expect(addressText(bytes(hex))).toBe(text)
  })
})

describe('numbers, bytes and names', () => {
  test.each([
    [255, 'HEX', 'FF'],
    [0o644, 'OCT', '0644'],
    [0, 'OCT', '0'],
    [54635, '10_PADDED_DEC', '000054635'],
    [-22, 'DEC', '-22'],
    [2n ** 63n, undefined, '9223372036854775808'],
  ] as const)('%p in %p is %p', (value, format, text) => {
    expect(numberText(value, format)).toBe(text)
  })

  test('bytes', () => {
    expect(printable('a\x00\x7f\xffz ~')).toBe('a...z ~')
    expect(toBase64('\xff\x00')).toBe('/wA=')
  })

  test('errors and signals', () => {
    expect([errnoName(2), errnoName(115), errnoName(514), errnoName(99_999)]).toEqual([
      'ENOENT',
      'EINPROGRESS',
      'ERESTARTNOHAND',
      undefined,
    ])
    expect([signalName(15), signalName(0), signalName(64)]).toEqual(['SIGTERM', undefined, undefined])
  })

  test('times', () => {
    const ns = 1_470_327_477_881_785_348n
    expect(isoTime(ns)).toBe('2016-08-04T16:17:57.881785348+0000')
    expect(isoTimeZ(ns)).toBe('2016-08-04T16:17:57.881785348Z')
    expect([secondsOf(ns), nanosOf(ns)]).toEqual([1_470_327_477, 881_785_348])
  })
})
