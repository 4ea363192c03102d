import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Backlog } from '../../src/capture/backlog.ts'
import { openReplay } from '../../src/capture/replay.ts'
import { writeEvents } from '../../src/capture/scap_events_writer.ts'
import { ScapFile } from '../../src/capture/scap_file.ts'
import { writeLists } from '../../src/capture/scap_lists_writer.ts'
import { fileNames, strftime } from '../../src/commands/shared/file_names.ts'
import { Recorder, type RecorderOptions } from '../../src/commands/shared/recorder.ts'
import { tapped } from '../../src/commands/shared/tap.ts'
import { encodeRecord } from '../../src/event/encode.ts'
import { type Batch, recordStateOnly } from '../../src/event/event.ts'
import type { Fd } from '../../src/event/fd.ts'
import { codeOf } from '../../src/schema/event.ts'
import { listedJson, parseListed } from '../../src/state/runtime/listed.ts'
import { seedOf, World } from '../state/world.ts'
import { drain, readAll } from './read_all.ts'

const dir = mkdtempSync(join(tmpdir(), 'eyas-recording-'))
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
const newFile = () => join(dir, `${++files}.scap`)

const plain: Fd = { type: 'file', name: '', nameRaw: undefined, flags: 0, dev: 0, ino: 0, socket: undefined }
const sockets = {
  client: ['\x7f\0\0\x01', 40000, '\x0a\0\0\x01', 443, false],
  server: ['\x0a\0\0\x02', 50000, '\x7f\0\0\x01', 80, true],
  listening: ['', 0, '\0\0\0\0', 80, true],
} as const

function socket(kind: keyof typeof sockets): Fd {
  const [sourceIp, sourcePort, destIp, destPort, isServer] = sockets[kind]
  const ends = {
    sourceIp,
    sourcePort,
    destIp,
    destPort,
    isServer,
    family: 2,
    l4: 'tcp',
    sockType: 0,
    hasRole: kind !== 'listening',
  } as const
  const rest = { isClientLocal: kind === 'client', isServerLocal: kind === 'server', isConnected: kind !== 'listening', sourcePtr: 0n }
  return { ...plain, type: 'ipv4', ino: 9, socket: { ...ends, ...rest, destPtr: 0n, path: '' } }
}

function fullWorld(): World {
  const world = new World()
  const { state } = world
  state.setMachine({ cpus: 4, memoryBytes: 2 ** 33, maxPid: 4_194_304, hostname: 'box', bootTs: 1_699_999_999_000_000_000n })
  state.addAddress({ name: 'lo', address: '\x7f\0\0\x01', netmask: '\xff\0\0\0', broadcast: '' })
  state.addAddress({ name: 'eth0', address: `\xfe\x80${'\0'.repeat(13)}\x07`, netmask: '\xff'.repeat(16), broadcast: '' })
  state.addUser({ uid: 1000, gid: 1000, name: 'ann\xc3\xa9', home: '/home/ann', shell: '/bin/sh' })
  state.addGroup({ gid: 1000, name: 'staff' })
  state.addThread(
    seedOf(10, { args: ['-c', 'x y', ''], env: ['A=b'], cgroups: ['cpu=/a', 'memory=/b'], capEffective: 2n ** 40n, exeIno: 77, pgid: 9 }),
  )
  state.addThread(seedOf(11, { pid: 10 }))
  state.addThread(seedOf(12, { ptid: 10, comm: 'c'.repeat(15), exeCtime: 1n, exeMtime: 2n ** 60n, flags: 5, loginuid: 1000 }))
  state.addFd(10, 0, { ...plain, name: '/dev/null', flags: 4097, dev: 6, ino: 2 ** 40 })
  state.addFd(10, 1, { ...plain, type: 'pipe', name: 'pipe:[5]', ino: 5 })
  for (const [i, kind] of (['client', 'server', 'listening'] as const).entries()) state.addFd(10, 3 + i, socket(kind))
  for (const [i, type] of (['bpf', 'memfd', 'pidfd', 'io_uring', 'userfaultfd', 'unsupported', 'directory'] as const).entries())
    state.addFd(12, 1030 + i, { ...plain, type, name: `${type}:x` })
  return world
}

async function readBack(file: string): Promise<World> {
  const world = new World()
  const replay = openReplay(file, world.state)
  await drain(replay, (event) => world.state.apply(event))
  return world
}

const nop = () => encodeRecord({ code: codeOf('SYSCALL_CLOSE_X'), tid: 10, ts: 1_700_000_000_000_000_000n, params: [0, 99] })
const batchOf = (records: readonly Buffer[]): Batch => ({ bytes: Buffer.concat(records), length: Buffer.concat(records).length })

test.each([false, true])('what is known comes back as it was (gzip: %p)', async (isGzip) => {
  const before = fullWorld()
  const file = new ScapFile(newFile(), { isGzip })
  writeLists(file.out, before.state)
  file.flush()
  writeEvents(file.out, batchOf([nop()]), 0, nop().length)
  file.close()
  const { state } = await readBack(file.path)
  const show = (world: World['state']) => ({
    machine: world.machine,
    addresses: world.addresses.map(({ name, address, netmask }) => [name, address, netmask]),
    users: [...world.users.listedUsers()],
    groups: [...world.users.listedGroups()],
    threads: [...world.listedThreads()].map((thread) => ({
      ...Object.fromEntries(Object.keys(seedOf(1)).map((key) => [key, thread[key as keyof typeof thread]])),
      fds: [...thread.fds].map(([num, fd]) => [num, fd.type, fd.name, fd.flags, fd.dev, fd.ino, fd.socket && { ...fd.socket }]),
    })),
  })
  const sorted = (shown: ReturnType<typeof show>) => ({
    ...shown,
    threads: shown.threads.sort((a, b) => Number(a['tid' as never]) - Number(b['tid' as never])),
  })
  expect(sorted(show(state))).toEqual(sorted(show(before.state)))
})

test('files that others could foresee are not followed, and only the owner reads them', () => {
  const path = newFile()
  const file = new ScapFile(path, { isGzip: false, isNew: true })
  file.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(() => new ScapFile(path, { isGzip: true, isNew: true })).toThrow('cannot be written: ')
})

test('events keep their bytes, whatever their number and flags are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string({ maxLength: 40 }), hidden: fc.boolean() }), { minLength: 1, maxLength: 30 }),
      async (rows) => {
        const records = rows.map(({ text, hidden }, i) =>
          encodeRecord({
            code: codeOf('SYSCALL_CHDIR_X'),
            tid: i,
            ts: BigInt(i + 1),
            cpu: i % 3,
            params: [0, Buffer.from(text).toString('latin1')],
            flags: hidden ? recordStateOnly : 0,
          }),
        )
        const file = new ScapFile(newFile(), { isGzip: false })
        writeLists(file.out, new World().state)
        const batch = batchOf(records)
        expect(writeEvents(file.out, batch, 0, batch.length)).toBe(rows.length)
        file.close()
        const { lines, fault } = await readAll(file.path)
        expect(fault).toBeUndefined()
        const hex = (text: string) => Buffer.from(`${text}\0`).toString('hex')
        expect(lines).toEqual(rows.map(({ text, hidden }, i) => `${hidden ? 'S' : ''}${i + 1} ${i} chdir ${'00'.repeat(8)} ${hex(text)}`))
      },
    ),
    { numRuns: 30 },
  )
})

test('what a recording tells of a container is what it reads', () => {
  const known = parseListed('{"container":{"id":"0123456789ab","type":7,"name":"web","image":"a:1","labels":{"k\\u00e9":"v"},"Mounts":[]}}')
  expect(known?.type).toBe('containerd')
  expect(known && parseListed(listedJson(known))).toEqual(known)
})

function recorderOf(
  more: Partial<RecorderOptions>,
  pattern: string,
  most = 0,
): { recorder: Recorder; world: World; clock: { ms: number } } {
  const world = fullWorld()
  const clock = { ms: 0 }
  const limits = { maxBytes: 0, maxMs: 0, maxEvents: 0, total: 0, maxFiles: 0 }
  const names = fileNames({ pattern, isNumbered: true, isTimed: false, most, now: () => new Date(0) })
  const options = { state: world.state, names, isGzip: false, isFiltered: false, clockMs: () => clock.ms, ...limits, ...more }
  return { recorder: new Recorder(options), world, clock }
}

/** Pumps batches of so many events through a recorder. */
function play(recorder: Recorder, batches: readonly number[], onBatch: (batch: Batch) => void = () => undefined): void {
  const left = batches.map((count) => batchOf(Array.from({ length: count }, nop)))
  const next = tapped(() => (recorder.isDone ? undefined : left.shift()), recorder)
  for (let batch = next(); batch !== undefined; batch = next()) onBatch(batch)
  recorder.close()
}

const countIn = async (file: string) => (await readAll(file)).lines.length

test('a further file begins after so many events, to the event', async () => {
  const pattern = newFile()
  const { recorder } = recorderOf({ maxEvents: 4 }, pattern)
  play(recorder, [3, 6, 1])
  expect(await Promise.all([0, 1, 2].map((i) => countIn(`${pattern}${i}`)))).toEqual([4, 4, 2])
})

test('it is done with so many events, to the event', async () => {
  const pattern = newFile()
  const { recorder } = recorderOf({ total: 5 }, pattern)
  play(recorder, [3, 6, 1])
  expect(await countIn(`${pattern}0`)).toBe(5)
})

test('a ring of files holds the latest', async () => {
  const pattern = newFile()
  const { recorder } = recorderOf({ maxEvents: 2 }, pattern, 3)
  play(recorder, [9])
  const found = readdirSync(dir).filter((name) => join(dir, name).startsWith(pattern))
  expect(found.length).toBe(3)
  expect((await Promise.all(found.map((name) => countIn(join(dir, name))))).sort()).toEqual([1, 2, 2])
})

test('files by time, and no more than so many of them', async () => {
  const pattern = newFile()
  const { recorder, clock } = recorderOf({ maxMs: 1000, maxFiles: 2 }, pattern)
  play(recorder, [2, 2, 2, 2], () => {
    clock.ms += 600
  })
  expect([await countIn(`${pattern}0`), await countIn(`${pattern}1`)]).toEqual([4, 4])
  expect(readdirSync(dir).filter((name) => join(dir, name).startsWith(pattern)).length).toBe(2)
})

test('what a filter leaves out is there for the state, where it changes it', async () => {
  const pattern = newFile()
  const { recorder } = recorderOf({ isFiltered: true }, pattern)
  const lseek = encodeRecord({ code: codeOf('SYSCALL_LSEEK_X'), tid: 10, ts: 5n, params: [0, 1, 0, 0] })
  const batch = batchOf([nop(), lseek, nop(), lseek])
  recorder.before()
  recorder.mark(nop().length + lseek.length)
  recorder.after(batch)
  recorder.close()
  expect((await readAll(`${pattern}0`)).lines.map((line) => line.split(' ')[0])).toEqual(['S1', '2'])
  expect(recorder.count).toBe(1)
})

test('a container is told before its events, though the runtime answered after them', async () => {
  const pattern = newFile()
  const { recorder, world } = recorderOf({}, pattern)
  const container = parseListed('{"container":{"id":"0123456789ab","type":7,"name":"web","image":"a:1"}}')
  recorder.before()
  recorder.after(batchOf([nop(), nop()]))
  if (container) world.state.containers.onLearned?.(container)
  recorder.after(batchOf([nop()]))
  recorder.close()
  const { lines, fault } = await readAll(`${pattern}0`)
  expect(fault).toBeUndefined()
  expect(lines.map((line) => line.split(' ')[2])).toEqual(['container', 'close', 'close', 'close'])
})

test('users of containers are told', async () => {
  const pattern = newFile()
  const { recorder, world } = recorderOf({}, pattern)
  recorder.before()
  const user = { uid: 7, gid: 8, name: 'app', home: '/', shell: '' }
  world.state.users.onLearned?.({ containerId: 'abc', users: new Map([[7, user]]), groups: new Map([[8, { gid: 8, name: 'crew' }]]) })
  recorder.after(batchOf([nop()]))
  recorder.close()
  const { state } = await readBack(`${pattern}0`)
  expect([state.users.user(7, 'abc')?.name, state.users.user(1000, 'abc')?.name]).toEqual(['app', undefined])
  expect(state.users.group(8, 'abc')?.name).toBe('crew')
})

test('names by strftime', () => {
  const time = new Date(2026, 10, 2, 3, 4, 5)
  expect(strftime('a-%F-%H%M%S.%%.%q', time)).toBe('a-2026-11-02-030405.%.%q')
})

test('a backlog is bounded, and reaches as far back as it should', () => {
  const { state } = fullWorld()
  const options = { windowNs: 100, maxBytes: 100_000, known: state, preface: () => [] }
  const stamped = (ts: number) => encodeRecord({ code: codeOf('SYSCALL_CLOSE_X'), tid: 10, ts: BigInt(ts), params: [0, 1] })
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (steps, slowness) => {
      let ms = 0
      const backlog = new Backlog({ ...options, clockMs: () => (ms += slowness / 100) })
      let now = 0
      backlog.begin(0)
      for (const step of steps) {
        now += step
        backlog.take(batchOf([stamped(now)]), now)
      }
      const { records } = backlog.drain()
      const times = records.map(({ bytes }) => bytes.readUInt32LE(8))
      const all = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0))
      // The newest events without a gap, at least those of the window.
      expect(times).toEqual(times.length === 0 ? [] : all.slice(-times.length))
      if (slowness === 0) expect(times.filter((ts) => ts > now - 100)).toEqual(all.filter((ts) => ts > now - 100))
      expect(backlog.size).toBe(0)
    }),
  )
})

test('a backlog under a flood stays within its memory', () => {
  const { state } = fullWorld()
  const backlog = new Backlog({ windowNs: 1e15, maxBytes: 50_000, known: state, preface: () => [], clockMs: () => 0 })
  const batch = batchOf(Array.from({ length: 100 }, nop))
  backlog.begin(0)
  for (let i = 0; i < 200; i++) {
    backlog.take(batch, i)
    expect(backlog.size).toBeLessThanOrEqual(50_000)
  }
  expect(backlog.drain().records.length).toBeGreaterThan(0)
})

test('a file that cannot be written is one message', () => {
  writeFileSync(join(dir, 'file'), '')
  expect(() => new ScapFile(join(dir, 'file', 'below'), { isGzip: false })).toThrow(
    `the recording ${join(dir, 'file', 'below')} cannot be written: `,
  )
  expect(readFileSync(join(dir, 'file')).length).toBe(0)
})
