import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { moduleInfo, problemOf } from '../../src/drivers/kmod/object.ts'
import { moduleBytes } from './module_file.ts'

const host = { arch: 'x86_64', release: '6.1.0-test' } as const

describe('what a module says of itself', () => {
  test('is read', () => {
    expect(moduleInfo(moduleBytes())).toEqual({
      name: 'falco',
      version: '10.1.0+driver',
      vermagic: '6.1.0-test SMP preempt mod_unload modversions ',
    })
    expect(problemOf(moduleBytes(), host)).toBeUndefined()
  })

  test.each([
    ['a page of HTML', Buffer.from('<html>not here</html>'.repeat(10)), 'it is no kernel module (not ELF)'],
    ['nothing', Buffer.alloc(0), 'it is no kernel module (not ELF)'],
    ['another processor', moduleBytes({ machine: 183 }), 'it is for another processor than x86_64'],
    ['another kernel', moduleBytes({ release: '5.4.0' }), 'it is for kernel 5.4.0, and this is 6.1.0-test'],
    ['half of it', moduleBytes({ padding: 4096 }).subarray(0, 2000), 'it is cut short, or damaged'],
  ])('%s is refused', (_name, bytes, problem) => {
    expect(problemOf(bytes, host)).toBe(problem)
  })

  test('wrong bytes never break the reader', () => {
    const whole = moduleBytes()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        problemOf(bytes.subarray(0, length), host)
      }),
      { numRuns: 2000 },
    )
  })
})
