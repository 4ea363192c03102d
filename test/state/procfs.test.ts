import { afterAll, describe, expect, test } from 'bun:test'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Procfs } from '../../src/state/procfs.ts'
import { descriptorOf } from '../../src/state/procfs_fds.ts'
import { parseCgroups, parseStat, parseStatus } from '../../src/state/procfs_text.ts'
import { State } from '../../src/state/state.ts'
import { HostUsers, parseGroup, parsePasswd } from '../../src/state/users.ts'
import { World } from './world.ts'

const folder = mkdtempSync(join(tmpdir(), 'procfs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const isLinux = process.platform === 'linux'

function scanned(): State {
  const state = new State({ source: 'live', users: new HostUsers(), procfs: new Procfs() })
  state.scan()
  return state
}

describe.if(isLinux)('a scan of this machine', () => {
  test('finds this process as it is', () => {
    const file = join(folder, 'open')
    const num = openSync(file, 'w')
    const me = scanned().find(process.pid)
    closeSync(num)
    expect(me).toMatchObject({ pid: process.pid, ptid: process.ppid, cwd: process.cwd(), uid: process.getuid?.(), isMain: true })
    expect(me?.comm).not.toBe('')
    expect(me?.threadCount).toBeGreaterThan(1)
    expect(me?.parent?.pid).toBe(process.ppid)
    expect(me?.env).toContain(`PATH=${process.env.PATH}`)
    const stat = statSync(`/proc/${process.pid}/exe`)
    expect(Number(me?.exeIno)).toBe(stat.ino)
    expect(me?.fds.get(num)).toMatchObject({ type: 'file', name: file })
    expect(Math.abs(Number((me?.cloneTs ?? 0n) / 1_000_000n) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5000)
  })

  test('finds both ends of a connection, and who called', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const accepted = new Promise<void>((resolve) => server.once('connection', () => resolve()))
    const client = connect(port, '127.0.0.1')
    await Promise.all([accepted, new Promise<void>((resolve) => client.once('connect', () => resolve()))])
    await accepted
    const sockets = [...(scanned().find(process.pid)?.fds ?? [])].map(([, fd]) => fd).filter(({ type }) => type === 'ipv4')
    const name = `127.0.0.1:${client.localPort}->127.0.0.1:${port}`
    client.destroy()
    server.close()
    expect(
      sockets
        .filter((fd) => fd.name === name)
        .map((fd) => fd.socket?.isServer)
        .sort(),
    ).toEqual([false, true])
    expect(sockets.find((fd) => fd.name === `127.0.0.1:${port}`)?.socket).toMatchObject({ isServer: true, l4: 'tcp' })
  })

  test('a thread that was missed is looked up when it does something', () => {
    const state = new State({ source: 'live', users: new HostUsers(), procfs: new Procfs() })
    const { event } = Object.assign(new World(), { state })
    const world = Object.assign(new World(), { state, event })
    expect(world.on('SYSCALL_GETCWD_X', process.pid, 0, '/').thread).toMatchObject({ pid: process.pid, cwd: process.cwd() })
    expect(state.find(process.ppid)).toBeDefined()
    expect(world.on('SYSCALL_GETCWD_X', 4_194_305, 0, '/').thread).toMatchObject({ comm: '<NA>', pid: -1 })
  })
})

test('purging takes out what is gone, and only that', () => {
  const alive = new Set([1, 2])
  const source = {
    read: () => false,
    scan: () => undefined,
    isAlive: (tid: number) => alive.has(tid),
    descriptor: () => undefined,
    executable: () => '',
  }
  const state = new State({ source: 'live', users: new HostUsers(), procfs: source, threadTimeoutMs: 1000 })
  const world = Object.assign(new World(), { state })
  for (const tid of [1, 2, 3, 4]) world.exec(tid, 0, '/bin/x')
  for (const now of [5000, 10_000]) {
    state.purge(now)
    world.openat(4, 3, '/still/here')
  }
  state.purge(15_000)
  expect([...state.threads.values()].map(({ tid }) => tid).sort()).toEqual([1, 2, 4])
})

test('status, whatever the name', () => {
  const text =
    'Name:\ta) \\n\\\\b\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNStgid:\t7\t3\nNSpid:\t7\t3\nNSpgid:\t7\t2\nVmSize:\t  100 kB\nThreads:\t2\nCapEff:\t00000000000000ff\n'
  expect(parseStatus(text)).toEqual({
    name: 'a) \n\\b',
    tgid: 7,
    ppid: 1,
    threads: 2,
    hasEnded: false,
    vpid: 3,
    vtgid: 3,
    vpgid: 2,
    uid: 2,
    gid: 6,
    capInheritable: 0n,
    capPermitted: 0n,
    capEffective: 255n,
    vmSizeKb: 100,
    vmRssKb: 0,
    vmSwapKb: 0,
  })
  expect(parseStatus(text.replace('S (', 'Z ('))?.hasEnded).toBe(false)
  expect(parseStatus(text.replace('S (', 'Z (').replace('Threads:\t2', 'Threads:\t1'))?.hasEnded).toBe(true)
  expect(parseStatus('')).toBeUndefined()
})

test('stat, whatever the name', () => {
  const text = '7 (a) b) c) S 1 2 3 34816 -1 4194304 10 0 12 0 1 2 0 0 20 0 1 0 4711 1000 5 6'
  expect(parseStat(text)).toEqual({ pgrp: 2, session: 3, tty: 34816, minorFaults: 10, majorFaults: 12, startTicks: 4711n })
  expect(parseStat('')).toBeUndefined()
})

test.each([
  ['0::/a\n', ['cpuset=/a', 'io=/a', 'pids=/a']],
  ['9:name=systemd:/s\n7:blkio:/b\n3:cpuset:/c\n0::/u:x\n', ['cpuset=/c', 'io=/b', 'pids=/u:x']],
  ['', []],
])('cgroups of %p', (text, some) => {
  expect(parseCgroups(text).filter((cgroup) => /^(cpuset|io|pids)=/.test(cgroup))).toEqual([...some])
})

test.each([
  ['/etc/hosts', 'flags:\t02100000\nino:\t7\n', { type: 'file', name: '/etc/hosts', flags: 4097, ino: 7 }],
  ['/tmp', 'flags:\t0300000\n', { type: 'directory', name: '/tmp' }],
  ['/memfd:x y (deleted)', 'flags:\t02\n', { type: 'memfd', name: 'x y', flags: 3 }],
  ['pipe:[12]', 'flags:\t01\n', { type: 'pipe', name: 'pipe:[12]', ino: 12, flags: 2 }],
  ['anon_inode:[eventpoll]', '', { type: 'eventpoll', name: '' }],
  ['anon_inode:inotify', '', { type: 'inotify' }],
  ['anon_inode:[perf_event]', '', { type: 'unsupported' }],
  ['socket:[12]', '', { type: 'unknown', ino: 12 }],
])('descriptor %s', (link, info, fd) => {
  expect(descriptorOf(1, link, info, { find: () => undefined })).toMatchObject(fd)
})

describe('users', () => {
  test('of the files, without lines that are damaged', () => {
    const passwd = 'root:x:0:0:r:/root:/bin/sh\nbad\nx:x:y:0::/:/\n:x:1:1::/:\nme:x:1000:100::/home/me:\n'
    expect(parsePasswd(passwd).map(({ name, uid, gid, home, shell }) => [name, uid, gid, home, shell])).toEqual([
      ['root', 0, 0, '/root', '/bin/sh'],
      ['me', 1000, 100, '/home/me', ''],
    ])
    expect(parseGroup('a:x:5:\nb:x:\nc:x:6:me,you\n')).toEqual([
      { name: 'a', gid: 5 },
      { name: 'c', gid: 6 },
    ])
  })

  test('are read again when the file changes, and do not hold in containers', () => {
    const root = join(folder, 'host')
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(root, 'etc/passwd'), 'one:x:7:7::/:/\n')
    const users = new HostUsers(root)
    expect(users.user(7, '')?.name).toBe('one')
    expect(users.user(7, 'c1')).toBeUndefined()
    expect(users.user(0, 'c1')?.name).toBe('root')
    expect(users.user(8, '')).toBeUndefined()
    writeFileSync(join(root, 'etc/passwd'), 'one:x:7:7::/:/\ntwo:x:8:8::/:/\n')
    users.refresh()
    expect(users.user(8, '')?.name).toBe('two')
  })
})
