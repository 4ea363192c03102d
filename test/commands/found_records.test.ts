import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeEvents } from '../../src/capture/scap_events_writer.ts'
import { ScapFile } from '../../src/capture/scap_file.ts'
import { writeLists } from '../../src/capture/scap_lists_writer.ts'
import { type Splice, spliced, splicedAt } from '../../src/capture/splice.ts'
import { callsFor, onFound } from '../../src/commands/shared/found_records.ts'
import { encodeRecord } from '../../src/event/encode.ts'
import { type Batch, recordStateOnly } from '../../src/event/event.ts'
import type { Fd, Socket } from '../../src/event/fd.ts'
import { codeOf } from '../../src/schema/event.ts'
import type { Findings } from '../../src/state/finding.ts'
import { seedOf, World } from '../state/world.ts'
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

test('a thread that was missed is told before its first event, behind those that it descends from', () => {
  const seeds = [
    seedOf(20, { ptid: 10, comm: 'child', args: ['-x', ''], env: ['A=b'], cwd: '/tmp', isExeFromMemfd: true, loginuid: 1000, tty: 34816 }),
    seedOf(10, { ptid: 1, comm: 'parent', cgroups: ['cpu=/a'] }),
    seedOf(21, { pid: 20, ptid: 10, comm: 'thread' }),
  ]
  const read = (_: number, to: Findings) => {
    for (const seed of seeds) to.addThread(seed)
    to.addFd(20, 5, plain)
    return true
  }
  const procfs = { read, scan: () => undefined, isAlive: () => true, descriptor: () => undefined, executable: () => '' }
  const world = new World(undefined, { source: 'live', procfs })
  const splices: Splice[] = []
  onFound(world.state, (splice) => splices.push(splice))
  const event = encodeRecord({ code: codeOf('SYSCALL_CLOSE_X'), params: [0, 9], tid: 21, ts: 9n })
  const batch: Batch = { bytes: event, length: event.length }
  world.event.attach(batch)
  world.event.moveTo(0)
  world.state.apply(world.event)
  expect(new Set(splices.map(({ at }) => at))).toEqual(new Set([0]))

  const dir = mkdtempSync(join(tmpdir(), 'eyas-found-'))
  const file = new ScapFile(join(dir, 'x.scap'), { isGzip: false })
  const before = new World()
  before.state.setMachine({ cpus: 1, memoryBytes: 1, maxPid: 9, hostname: 'h', bootTs: 1n })
  writeLists(file.out, before.state)
  const whole = spliced(batch, splices)
  writeEvents(file.out, whole, 0, whole.length)
  file.close()
  expect(checkScap(readFileSync(file.path)).faults).toEqual([])

  const { state, event: view } = before
  for (let at = view.attach(whole); at < whole.length; ) {
    at = view.moveTo(at)
    state.apply(view)
  }
  expect(state.find(20)).toMatchObject({
    ...{ pid: 20, ptid: 10, comm: 'child', exepath: '/bin/exe-20', args: ['-x', ''], env: ['A=b'], cwd: '/tmp', isExeFromMemfd: true },
    ...{ loginuid: 1000, tty: 34816 },
  })
  expect(state.find(20)?.parent).toMatchObject({ comm: 'parent', cgroups: ['cpu=/a'] })
  expect(state.find(20)?.fds.get(5)?.name).toBe('/etc/passed')
  expect(state.find(21)).toMatchObject({ pid: 20, comm: 'thread', isMain: false })
  rmSync(dir, { recursive: true })
})

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
  const splices: Splice[] = []
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
