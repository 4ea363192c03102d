import { afterAll, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { codeOf } from '../../src/schema/event.ts'
import { readAll } from './read_all.ts'
import { block, entry, event, eventWithFlags, machine, oldEvent, scratch, section, text, u8, u16, u32, u64 } from './scap_writer.ts'

// Whatever is done to a recording, it is read to its end or refused with a reason: no other error, no hang.

const dir = scratch()
afterAll(() => dir.clean())

const runs = Number(process.env.EYAS_FUZZ_RUNS ?? 400)

const openat = { code: codeOf('SYSCALL_OPENAT_2_X'), tid: 9, params: [3, -100, '/etc/passwd', 1, 0, 5, 6n] }
const thread = [u64(7), u64(7), u64(1), text('sh'), text('/bin/sh'), text('-c\0ls\0'), text('/'), u64(1024), u32(5), u32(0), u32(0)]

const recording = Buffer.concat([
  section(),
  machine(),
  block(0x205, u16(3), u16(2), u32(1), u32(2), u32(3), Buffer.from('lo')),
  block(0x219, entry([u16(3), u16(2), u32(1), u32(2), u32(3), Buffer.from('lo')], 0)),
  block(0x220, entry([u8(0), u32(0), u32(0), text('root'), text('/root'), text('/bin/sh')]), entry([u8(1), u32(0), text('root')])),
  block(0x202, ...thread, ...thread),
  block(0x218, u64(7), entry([u64(3), u64(4), u8(8), u64(1), u64(2), text('/run/x')]), entry([u64(4), u64(9), u8(1), text('/a')])),
  block(0x203, u64(7), u64(3), u64(4), u8(3), u32(1), u32(2), u16(3), u16(4), u8(2)),
  oldEvent({ code: codeOf('SYSCALL_OPENAT_E'), tid: 9, params: [-100, '/etc/shadow', 1, 0] }),
  oldEvent({ code: codeOf('SYSCALL_OPENAT_X'), tid: 9, params: [3] }),
  event(openat),
  eventWithFlags(openat, 1),
  event({ code: codeOf('CONTAINER_JSON_2_E'), tid: -1, params: ['{}'] }),
  event({ code: codeOf('SYSCALL_EXECVE_19_X'), tid: 9, params: [0, 'sh', ['-c'], 9, 9, 1, '/', 1024] }),
])

const interesting = fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 0x7f, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff)

const mutation = fc.oneof(
  fc.record({ at: fc.nat(recording.length - 1), bit: fc.nat(7) }).map(({ at, bit }) => (bytes: Buffer) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
    return bytes
  }),
  fc.record({ at: fc.nat(recording.length - 4), value: interesting }).map(({ at, value }) => (bytes: Buffer) => {
    if (at + 4 <= bytes.length) bytes.writeUInt32LE(value, at)
    return bytes
  }),
  fc.record({ at: fc.nat(recording.length), count: fc.nat(64) }).map(
    ({ at, count }) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]),
  ),
  fc.record({ at: fc.nat(recording.length), more: fc.uint8Array({ maxLength: 64 }) }).map(
    ({ at, more }) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]),
  ),
)

// Faults of the reader end so; anything else (a RangeError of a view, say) would be told without being meant.
const meant = /\(at (decompressed )?byte \d+\)$/
const notMeant = /RangeError|bounds|undefined|not a function|NaN/i

test('mutated recordings', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.boolean(), async (mutations, isGzip) => {
      const bytes = mutations.reduce((all, mutate) => Buffer.from(mutate(all)), Buffer.from(recording))
      const { fault } = await readAll(dir.file('fuzz', isGzip ? gzipSync(bytes) : bytes))
      if (fault === undefined) return
      expect(fault).toMatch(meant)
      expect(fault).not.toMatch(notMeant)
    }),
    { numRuns: runs },
  )
}, 60_000)

test('mutated gzip data', async () => {
  const whole = gzipSync(recording)
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ change
      const { fault } = await readAll(dir.file('fuzz.gz', bytes))
      if (fault !== undefined) expect(fault).toMatch(meant)
    }),
    { numRuns: runs },
  )
}, 60_000)

test('a gzip bomb does not fill the memory', async () => {
  const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const bombs = [
    [Buffer.concat([section(), machine(), block(0x7777).subarray(0, 4), u32(0xfffffff0)]), 'the file ends in the middle of a block'],
    [Buffer.concat([section(), machine(), u32(0x220), u32(0xfffffff0)]), 'an entry of a block of users claims 0 bytes'],
  ] as const
  for (const [head, reason] of bombs) {
    const before = process.memoryUsage().rss
    const { fault } = await readAll(dir.file('bomb', Buffer.concat([gzipSync(head), zeros, zeros, zeros])))
    expect(fault).toStartWith(reason)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
  }
}, 20_000)
