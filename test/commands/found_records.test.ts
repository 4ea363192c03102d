import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeEvents } from '../../src/capture/scap_events_writer.ts'
import { ScapFile } from '../../src/capture/scap_file.ts'
import { writeLists } from '../../src/capture/scap_lists_writer.ts'
import { spliced, splicedAt } from '../../src/capture/splice.ts'
import { callsFor, onFound } from '../../src/commands/shared/found_records.ts'
import { encodeRecord } from '../../src/event/encode.ts'
import { type Batch, recordStateOnly } from '../../src/event/event.ts'
import type { Fd, Socket } from '../../src/event/fd.ts'
import { codeOf } from '../../src/schema/event.ts'
import { World } from '../state/world.ts'
import { checkScap } from '../tools/scap_check.ts'

// What was looked up while events were recorded is in the recording, as calls that any reader knows.

const plain: Fd = { type: 'file', name: '/etc/passed', nameRaw: '/etc/passed', flags: 1, dev: 65024, ino: 2 ** 40, socket: undefined }
const loop = '\x7f\0\0\x01'
const far = '\x0a\0\0\x01'
const near6 = `${'\0'.repeat(15)}\x01`

function inet(sourceIp: string, sourcePort: number, destIp: string, destPort: number, isServer: boolean, l4: Socket['l4'] = 'tcp'): Fd {
  const family = Math.max(sourceIp.length, destIp.length) === 16 ? 10 : 2
  const ends = { sourceIp, sourcePort, destIp, destPort, isServer, family, l4, sockType: l4 === 'udp' ? 2 : 1, hasRole: true }
  const rest = { isClientLocal: false, isServerLocal: false, isConnected: true, sourcePtr: 0n, destPtr: 0n, path: '' }
  return { ...plain, type: family === 2 ? 'ipv4' : 'ipv6', name: '', socket: { ...ends, ...rest } }
}

function unix(path: string): Fd {
  const fd = inet('', 0, '', 0, false, 'na')
  return { ...fd, type: 'unix', name: path, socket: { ...(fd.socket as Socket), family: 1, path, sourcePtr: 2n ** 63n + 1n } }
}

const rows: readonly (readonly [string, Fd, object])[] = [
  ['a file', plain, { type: 'file', name: '/etc/passed', flags: 1, dev: 65024, ino: 2 ** 40 }],
  ['a directory', { ...plain, type: 'directory', name: '/etc' }, { type: 'directory', name: '/etc' }],
  ['a memory file', { ...plain, type: 'memfd', name: 'mine' }, { type: 'memfd', name: 'mine' }],
  ['a client', inet(loop, 4000, far, 443, false), { type: 'ipv4', name: '127.0.0.1:4000->10.0.0.1:443' }],
  ['a server', inet(far, 4000, loop, 80, true), { type: 'ipv4', name: '10.0.0.1:4000->127.0.0.1:80' }],
  ['one that listens', inet('', 0, loop, 80, true), { type: 'ipv4', name: '127.0.0.1:80' }],
  ['a client of version 6', inet(near6, 4000, near6, 443, false), { type: 'ipv6', name: '::1:4000->::1:443' }],
  ['datagrams', inet(loop, 4000, far, 53, false, 'udp'), { type: 'ipv4', name: '127.0.0.1:4000->10.0.0.1:53' }],
  ['a socket without an address', inet('', 0, '', 0, false), { type: 'ipv4', name: '' }],
  ['a unix socket', unix('/run/x.sock'), { type: 'unix', name: expect.stringContaining('/run/x.sock') }],
  ['one without a name', unix(''), { type: 'unix' }],
]

function replayed(fd: Fd): Fd | undefined {
  const world = new World()
  world.exec(7, 1, '/bin/p')
  for (const [code, params] of callsFor(5, fd)) {
    const record = encodeRecord({ code, params, tid: 7, ts: 1n, flags: recordStateOnly })
    world.event.attach({ bytes: record, length: record.length })
    world.event.moveTo(0)
    world.state.apply(world.event)
  }
  return world.state.find(7)?.fds.get(5)
}

test.each(rows)('%s', (_, fd, found) => {
  expect(replayed(fd)).toMatchObject(found)
})

test.each(['pipe', 'event', 'eventpoll', 'unsupported', 'unknown'] as const)('no call makes a descriptor of type %s anew', (type) => {
  expect(callsFor(5, { ...plain, type })).toEqual([])
})

function control(num: number): Buffer {
  const data = Buffer.alloc(24)
  data.writeUInt32LE(20, 0)
  data.writeInt32LE(1, 8)
  data.writeInt32LE(1, 12)
  data.writeInt32LE(num, 16)
  return data
}

test('a descriptor that came with a message is told right behind it, in a form that readers accept', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-found-'))
  const procfs = { read: () => false, scan: () => undefined, isAlive: () => true, descriptor: () => plain, executable: () => '' }
  const world = new World(undefined, { source: 'live', procfs })
  world.exec(7, 1, '/bin/p')
  const message = encodeRecord({
    code: codeOf('SOCKET_RECVMSG_X'),
    params: [1, 1, Buffer.from('x'), Buffer.alloc(0), control(5), 3],
    tid: 7,
    ts: 9n,
  })
  const bytes = Buffer.concat([message, message, message])
  const batch: Batch = { bytes, length: bytes.length }
  const splices: { at: number; record: Buffer }[] = []
  onFound(world.state, (splice) => splices.push(splice))
  world.event.attach(batch)
  world.event.moveTo(message.length)
  world.state.apply(world.event)
  expect(splices.map(({ at }) => at)).toEqual([2 * message.length])

  const whole = spliced(batch, splices)
  expect(splicedAt(message.length, batch, splices)).toBe(message.length)
  expect(splicedAt(2 * message.length, batch, splices)).toBe(2 * message.length + (splices[0]?.record.length ?? 0))
  expect(spliced(batch, [])).toBe(batch)
  const file = new ScapFile(join(dir, 'x.scap'), { isGzip: false })
  world.state.setMachine({ cpus: 1, memoryBytes: 1, maxPid: 9, hostname: 'h', bootTs: 1n })
  writeLists(file.out, world.state)
  writeEvents(file.out, whole, 0, whole.length)
  file.close()
  const { faults, shown, stateOnly } = checkScap(readFileSync(file.path))
  expect({ faults, shown, stateOnly }).toEqual({ faults: [], shown: new Map([['recvmsg', 3]]), stateOnly: new Map([['open', 1]]) })
  rmSync(dir, { recursive: true })
})
