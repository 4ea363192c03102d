import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeEvents } from '../../src/capture/scap_events_writer.ts'
import { ScapFile } from '../../src/capture/scap_file.ts'
import { writeLists } from '../../src/capture/scap_lists_writer.ts'
import { encodeRecord } from '../../src/event/encode.ts'
import type { FdType } from '../../src/event/fd.ts'
import { codeOf } from '../../src/schema/event.ts'
import { seedOf, World } from '../state/world.ts'
import { checkScap } from '../tools/scap_check.ts'

// What is written, as a reader sees it that takes nothing on trust.

const dir = mkdtempSync(join(tmpdir(), 'eyas-check-'))
afterAll(() => rmSync(dir, { recursive: true }))

const long = 'x'.repeat(70_000)
const types: readonly FdType[] = [
  'file',
  'directory',
  'pipe',
  'event',
  'unsupported',
  'signalfd',
  'eventpoll',
  'bpf',
  'memfd',
  'pidfd',
  'unknown',
]

/** All of which a list could have too much. */
function immense(): World {
  const world = new World()
  const { state } = world
  state.setMachine({ cpus: 2, memoryBytes: 2 ** 33, maxPid: 4_194_304, hostname: long, bootTs: 1n })
  state.addAddress({ name: long, address: '\x7f\0\0\x01', netmask: '\xff\0\0\0', broadcast: '' })
  state.addUser({ uid: 1, gid: 1, name: long, home: long, shell: long })
  state.addGroup({ gid: 1, name: long })
  const texts = { comm: long, exe: long, exepath: long, cwd: `/${long}`, root: `/${long}`, args: [long, long], env: [long] }
  state.addThread(seedOf(10, { ...texts, cgroups: [`cpu=/${long}`] }))
  state.addThread(seedOf(11, { args: ['', ''], env: [''], exeIno: 2n ** 63n }))
  for (const [num, type] of types.entries())
    state.addFd(10, num, { type, name: long, nameRaw: undefined, flags: 0, dev: 0, ino: 2n ** 60n, socket: undefined })
  return world
}

function written(isGzip: boolean): Buffer {
  const file = new ScapFile(join(dir, `file-${isGzip}`), { isGzip })
  writeLists(file.out, immense().state)
  const params = [0, 'mem'] as const
  for (const ts of [1n, 2n, 3n]) {
    const record = encodeRecord({ code: codeOf('SYSCALL_CHDIR_X'), tid: 10, ts, params })
    writeEvents(file.out, { bytes: record, length: record.length }, 0, record.length)
  }
  file.close()
  return readFileSync(file.path)
}

function blockStarts(file: Buffer): number[] {
  const starts: number[] = []
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) starts.push(at)
  return starts
}

describe('a recording', () => {
  test.each([false, true])('has no more of anything than readers have room for (gzip: %p)', (isGzip) => {
    const { faults, shown } = checkScap(written(isGzip))
    expect(faults).toEqual([])
    expect([...shown]).toEqual([['chdir', 3]])
  })

  test('that has a byte changed is found out, nearly wherever that is', () => {
    const whole = written(false)
    const starts = blockStarts(whole)
    const last = starts.at(-1) ?? 0
    // Types and lengths of all blocks; of the first lists, the lengths of their first entries; of an event, its lengths and its code.
    const places = [...starts.flatMap((start) => [start, start + 4]), 8, 12, 28 + 192 + 8, last + 26, last + 30, last + 32, last + 36]
    for (const at of places) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x41
      expect({ at, found: checkScap(damaged).faults.length > 0 }).toEqual({ at, found: true })
    }
    expect(checkScap(whole.subarray(0, -1)).faults).not.toEqual([])
    expect(checkScap(whole.subarray(0, 28)).faults).toEqual(['28: there are no events'])
  })
})
