import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { recordingState } from '../../src/commands/shared/state.ts'
import type { Fd } from '../../src/event/fd.ts'
import type { ThreadSeed } from '../../src/event/snapshot.ts'
import { Iterated } from '../../src/state/iterated.ts'

// Records as ffi/bpf/scan.h lays them out, and what is made of them.

const flags = { texts: 1, title: 2, cgroups: 4, cwdGone: 8, exeGone: 16, cut: 32, process: 64, fileGone: 8, closes: 16, bare: 128 } as const
const texts = ['args', 'env', 'exepath', 'cwd', 'root', 'cgroups'] as const

interface Task extends Partial<Record<(typeof texts)[number], string>> {
  readonly tid: number
  readonly pid?: number
  readonly flags?: number
  readonly comm?: string
}

function task(made: Task): Buffer {
  const { tid, pid = tid, comm = 'comm' } = made
  const all = texts.map((name) => Buffer.from(made[name] ?? '', 'latin1'))
  const head = Buffer.alloc(192)
  head.writeUInt32LE(192 + all.reduce((sum, { length }) => sum + length, 0), 0)
  head.writeUInt16LE(1, 4)
  head.writeUInt16LE(made.flags ?? (tid === pid ? flags.process | flags.texts | flags.cgroups : 0), 6)
  for (const [i, number] of [tid, pid, 1, tid + 1000, pid + 1000, 7, 8, 9, 34816, 1000, 1001, 4294967295].entries())
    head.writeUInt32LE(number, 8 + 4 * i)
  head.writeBigUInt64LE(2n ** 64n - 1n, 88)
  head.writeBigUInt64LE(2n ** 63n + 5n, 136)
  head.write(comm, 160, 'latin1')
  for (const [i, { length }] of all.entries()) head.writeUInt16LE(length, 176 + 2 * i)
  return Buffer.concat([head, ...all])
}

interface File {
  readonly num: number
  readonly pid?: number
  readonly name?: string
  readonly marks?: number
  readonly mode?: number
  readonly magic?: number
  readonly open?: number
  readonly socket?: { family: number; type: number; protocol: number; state: number; space?: number; local?: number; remote?: number }
}

function file({ num, pid = 5, name = '', marks = 0, mode = 0o100000, magic = 0, open = 0, socket }: File): Buffer {
  const text = Buffer.from(socket === undefined ? `${name}\0` : name, 'latin1')
  const head = Buffer.alloc(112)
  head.writeUInt32LE(112 + text.length, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(marks, 6)
  for (const [i, number] of [pid, num, 77, 0, open, socket ? 0o140000 : mode, 9, magic].entries()) head.writeUInt32LE(number, 8 + 4 * i)
  head.writeUInt16LE(text.length, 40)
  if (socket) {
    const { family, type, protocol, state, space = 1, local = 0, remote = 0 } = socket
    for (const [i, number] of [family, type, protocol].entries()) head.writeUInt16LE(number, 42 + 2 * i)
    head.writeUInt32LE(state, 48)
    head.writeUInt32LE(space, 52)
    head.writeUInt16LE(local, 56)
    head.writeUInt16LE(remote, 58)
    head.set(local === 0 ? [] : [127, 0, 0, 1], 64)
    head.set(remote === 0 ? [] : [10, 0, 0, 2], 80)
  }
  return Buffer.concat([head, text])
}

function told(...records: Buffer[]) {
  const threads = new Map<number, ThreadSeed>()
  const fds = new Map<number, Fd>()
  const state = Object.assign(recordingState(), {
    addThread: (seed: ThreadSeed) => void threads.set(seed.tid, seed),
    addFd: (_: number, num: number, fd: Fd) => void fds.set(num, fd),
  })
  const look = { texts: () => ({ exe: 'looked', args: ['up'], env: ['E=1'] }), link: (pid: number, name: string) => `/link/${pid}/${name}` }
  const iterated = new Iterated(state, look)
  for (const record of records) iterated.add(record)
  return { threads, fds, processes: iterated.end() }
}

test('a process with all its texts', () => {
  const { threads, processes } = told(
    task({
      tid: 5,
      comm: 'five',
      args: 'five\0-x\0\0',
      env: 'A=1\0',
      exepath: '/bin/five\0',
      cwd: '/tmp\0',
      root: '/\0',
      cgroups: ':/u\0cpu:/c\0',
    }),
  )
  expect([...processes]).toEqual([5])
  expect(threads.get(5)).toMatchObject({
    ...{
      tid: 5,
      pid: 5,
      ptid: 1,
      vtid: 1005,
      vpid: 1005,
      vpgid: 7,
      pgid: 8,
      sid: 9,
      tty: 34816,
      uid: 1000,
      gid: 1001,
      loginuid: 4294967295,
    },
    ...{ comm: 'five', exe: 'five', args: ['-x', ''], env: ['A=1'], exepath: '/bin/five', cwd: '/tmp', root: '/', isExeFromMemfd: false },
    ...{ fdLimit: 0, exeIno: 2n ** 63n + 5n },
  })
  expect(threads.get(5)?.cgroups).toContain('cpu=/c')
  expect(threads.get(5)?.cgroups).toContain('pids=/u')
})

test('groups that are those of the record before', () => {
  const { threads } = told(task({ tid: 5, cgroups: ':/u\0' }), task({ tid: 6, flags: flags.process | flags.texts }))
  expect(threads.get(6)?.cgroups).toEqual(threads.get(5)?.cgroups ?? [])
})

test('threads have what their process has, whichever comes first', () => {
  const { threads, processes } = told(
    task({ tid: 3, pid: 5, comm: 'early' }),
    task({ tid: 5, args: 'five\0', exepath: '/bin/five\0' }),
    task({ tid: 6, pid: 5, comm: 'late' }),
    task({ tid: 9, pid: 8, comm: 'lost' }),
  )
  expect([...processes]).toEqual([5])
  for (const [tid, comm] of [
    [3, 'early'],
    [6, 'late'],
  ] as const)
    expect(threads.get(tid)).toMatchObject({ tid, pid: 5, comm, exe: 'five', exepath: '/bin/five' })
  expect(threads.get(9)).toMatchObject({ tid: 9, pid: 8, comm: 'lost', exe: '' })
})

test.each([
  [
    'a title over the arguments',
    { args: 'nginx: worker pro', env: 'cess\0B=1\0', flags: 64 | 1 | 2 },
    { exe: 'nginx: worker process', args: [] },
  ],
  ['texts that iterators may not read', { exepath: '/bin/x\0', flags: 64 }, { exe: 'looked', args: ['up'], env: ['E=1'] }],
  ['a thread of the kernel', { comm: 'kthreadd', flags: 64 }, { exe: 'kthreadd', args: [], env: [], exepath: '' }],
  ['a program that is gone', { args: 'x\0', exepath: '/bin/x (deleted)\0', flags: 64 | 1 | 16 }, { exepath: '/bin/x' }],
  ['a program of memory', { args: 'x\0', exepath: '/memfd:x\0', flags: 64 | 1 }, { exepath: '/memfd:x', isExeFromMemfd: true }],
  ['a directory that is gone', { args: 'x\0', cwd: '/a\0', flags: 64 | 1 | 8 }, { cwd: '/a (deleted)' }],
  [
    'paths that are too deep',
    { args: 'x\0', cwd: '/a\0', exepath: '/e\0', flags: 64 | 1 | 32 },
    { cwd: '/link/5/cwd', exepath: '/link/5/exe' },
  ],
])('%s', (_, made, seed) => {
  expect(told(task({ tid: 5, ...made })).threads.get(5)).toMatchObject(seed as Partial<ThreadSeed>)
})

test.each([
  ['a file', { name: '/etc/hosts', open: 0o2000002 }, { type: 'file', name: '/etc/hosts', nameRaw: '/etc/hosts', ino: 77, dev: 9 }],
  ['one that is gone', { name: '/a', marks: flags.fileGone }, { type: 'file', name: '/a (deleted)' }],
  ['a directory', { name: '/a', mode: 0o040000 }, { type: 'directory', name: '/a' }],
  ['a FIFO', { name: '/a/f', mode: 0o010000 }, { type: 'pipe', name: '/a/f' }],
  ['a pipe', { marks: flags.bare, mode: 0o010000, magic: 0x50495045 }, { type: 'pipe', name: 'pipe:[77]', dev: 0 }],
  ['epoll', { name: '[eventpoll]', marks: flags.bare, magic: 0x09041934 }, { type: 'eventpoll', name: '' }],
  ['inotify', { name: 'inotify', marks: flags.bare, magic: 0x09041934 }, { type: 'inotify' }],
  ['a process', { marks: flags.bare, magic: 0x50494446 }, { type: 'pidfd' }],
  ['a memory file', { name: 'memfd:my', marks: flags.bare, magic: 0x01021994 }, { type: 'memfd', name: 'my' }],
  ['a namespace that is mounted', { name: '/', magic: 0x6e736673 }, { type: 'unsupported', name: '' }],
  ['what is too deep', { name: '/cut', marks: flags.cut }, { type: 'file', name: '/link/5/fd/3' }],
  ['a socket without a kernel side', { marks: flags.bare, mode: 0o140000 }, { type: 'unsupported' }],
] as const)('descriptor: %s', (_, made, fd) => {
  expect(told(task({ tid: 5 }), file({ num: 3, ...made })).fds.get(3)).toMatchObject(fd)
})

test('it is known which descriptors end with execve', () => {
  const { fds } = told(task({ tid: 5 }), file({ num: 3, name: '/a' }), file({ num: 4, name: '/a', marks: flags.closes }))
  expect((fds.get(4)?.flags ?? 0) - (fds.get(3)?.flags ?? 0)).toBe(4096)
})

test('descriptors of processes that were born since are left to their events', () => {
  expect(told(task({ tid: 5 }), file({ num: 3, pid: 6, name: '/a' })).fds.size).toBe(0)
})

const tcp = { family: 2, type: 1, protocol: 6 } as const

test('who called shows by the ports that are listened on, in each network by itself', () => {
  const { fds } = told(
    task({ tid: 5 }),
    file({ num: 3, socket: { ...tcp, state: 1, local: 80, remote: 4000 } }),
    file({ num: 4, socket: { ...tcp, state: 10, local: 80 } }),
    file({ num: 5, socket: { ...tcp, state: 1, local: 80, remote: 4000, space: 2 } }),
    file({ num: 6, socket: { ...tcp, state: 7 } }),
    file({ num: 7, socket: { ...tcp, type: 2, protocol: 17, state: 7, local: 53 } }),
  )
  const names = [3, 4, 5, 6, 7].map((num) => [fds.get(num)?.name, fds.get(num)?.socket?.isServer, fds.get(num)?.socket?.l4])
  expect(names).toEqual([
    ['10.0.0.2:4000->127.0.0.1:80', true, 'tcp'],
    ['127.0.0.1:80', true, 'tcp'],
    ['127.0.0.1:80->10.0.0.2:4000', false, 'tcp'],
    ['', false, 'tcp'],
    ['127.0.0.1:53', true, 'udp'],
  ])
})

test.each([
  ['/run/x.sock\0', '/run/x.sock'],
  ['\0abs\0x', '@abs@x'],
  ['', ''],
])('a unix socket by the name %j', (name, path) => {
  const { fds } = told(task({ tid: 5 }), file({ num: 3, name, socket: { family: 1, type: 1, protocol: 0, state: 1 } }))
  expect(fds.get(3)).toMatchObject({ type: 'unix', name: path })
})

test('what is no record ends the reading, not the program', () => {
  expect(told(Buffer.alloc(40), Buffer.alloc(7)).threads.size).toBe(0)
})

test('any bytes are bearable', () => {
  const whole = Buffer.concat([
    task({ tid: 5, args: 'five\0-x\0', env: 'A=1\0', exepath: '/bin/five\0', cwd: '/\0', root: '/\0', cgroups: ':/u\0cpu:/c\0' }),
    task({ tid: 6, pid: 5 }),
    file({ num: 3, name: '/a' }),
    file({ num: 4, name: '/run/x\0', socket: { family: 1, type: 1, protocol: 0, state: 1 } }),
    file({ num: 5, socket: { ...tcp, state: 1, local: 80, remote: 4000 } }),
  ])
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.nat(whole.length), (changes, length) => {
      const damaged = Buffer.from(whole.subarray(0, length))
      for (const [at, value] of changes) if (at < length) damaged[at] = value
      expect(told(damaged).threads.size).toBeLessThan(6)
    }),
    { numRuns: 500 },
  )
})
