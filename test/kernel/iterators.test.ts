import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LiveCapture, openLive } from '../../src/capture/live.ts'
import { Event } from '../../src/event/event.ts'
import { Procfs } from '../../src/state/procfs.ts'
import { State } from '../../src/state/state.ts'
import type { ThreadState } from '../../src/state/thread.ts'
import { HostUsers } from '../../src/state/users.ts'
import { compileC, patient } from '../tools/agent.ts'
import { wantedOf, whyNotCapture } from './recorder.ts'

// The first look, taken by the kernel's iterators and from /proc: of processes of all kinds, field by field.

const reason = whyNotCapture()
if (reason !== undefined) console.warn(`tests of iterators are skipped: ${reason}`)
const sources = join(import.meta.dir, 'scan')

// Times of /proc are hundredths of a second, counted from another clock; sizes move.
const unsteady = new Set(['cloneTs', 'pidnsInitStartTs', 'vmRssKb', 'vmSizeKb', 'vmSwapKb', 'pfMinor', 'pfMajor'])
const compared = [
  ...['pid', 'ptid', 'vtid', 'vpid', 'sid', 'vpgid', 'pgid', 'comm', 'exe', 'exepath', 'args', 'env', 'cwd', 'root', 'tty', 'uid', 'gid'],
  ...['loginuid', 'capInheritable', 'capPermitted', 'capEffective', 'cgroups', 'isExeWritable', 'isExeUpperLayer', 'isExeLowerLayer'],
  ...['isExeFromMemfd', 'exeIno', 'exeCtime', 'exeMtime', 'pidnsInitStartTs', 'fdLimit', 'vmSizeKb', 'threadCount', 'cloneTs', 'pfMinor'],
] as const satisfies readonly (keyof ThreadState)[]

describe.skipIf(reason !== undefined)('the first look', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-scan-'))
  const pids = new Map<string, number>()
  let world: ReturnType<typeof startWorld>
  let byProc: State
  let byKernel: State

  beforeAll(async () => {
    compileC([join(sources, 'world.c')], join(dir, 'world'), ['-D_GNU_SOURCE', '-pthread'])
    world = startWorld(join(dir, 'world'), dir)
    for await (const line of linesOf(world.stdout)) {
      const [role = '', pid = ''] = line.split(' ')
      if (role === 'ready') break
      pids.set(role, Number(pid))
    }
    byProc = newState()
    byProc.scan()
    byKernel = scannedByKernel()
  }, patient(20_000))
  afterAll(async () => {
    world.stdin.end()
    await world.exited
    rmSync(dir, { recursive: true })
  })

  const both = (role: string) => {
    const pid = pids.get(role) ?? 0
    return [byProc.find(pid), byKernel.find(pid)] as const
  }
  const roles = ['threads', 'gone', 'memory', 'sockets', 'files', 'deep', 'jail', 'mounts', 'network', 'title', 'user', 'session']

  test.each(roles)('process: %s', (role) => {
    const [old, now] = both(role)
    expect(old).toBeDefined()
    expect(steady(now)).toEqual(steady(old))
    expect(Math.abs(Number((now?.cloneTs ?? 0n) - (old?.cloneTs ?? 0n)))).toBeLessThan(1e9)
    expect(Math.abs(Number((now?.pidnsInitStartTs ?? 0n) - (old?.pidnsInitStartTs ?? 0n)))).toBeLessThan(1e9)
  })

  test('threads, by their own names', () => {
    const names = (state: State) =>
      [...state.threads.values()]
        .filter(({ pid }) => pid === pids.get('threads'))
        .map(({ comm, tid, vtid, isMain }) => [comm, tid, vtid, isMain])
    expect(names(byKernel)).toEqual(names(byProc))
    expect(names(byKernel).map(([comm]) => comm)).toEqual(['first) \\n \n', 'second', 'third'])
  })

  // What /proc does not tell: of a descriptor, the device; of a file that was opened without saying so, that it is a directory; that a path is a
  // FIFO's; addresses of sockets of the kernel; sockets that have no address, of another network namespace, or of rare families.
  test.each(roles)('descriptors: %s', (role) => {
    const [old, now] = both(role)
    const nums = [...(old?.fds ?? [])].map(([num]) => num)
    expect([...(now?.fds ?? [])].map(([num]) => num).sort()).toEqual(nums.sort())
    for (const [num, fd] of old?.fds ?? []) {
      const found = now?.fds.get(num)
      if (fd.type === 'unknown') continue
      const isTold = found?.type !== fd.type
      if (isTold) expect([found?.type, fd.type]).toEqual([expect.stringMatching(/^(directory|pipe)$/), 'file'])
      // Kernels before 5.14 do not tell it in fdinfo.
      const ino = fd.ino === 0 ? found?.ino : fd.ino
      expect({ name: found?.name, ino: found?.ino }).toEqual({ name: fd.name, ino })
      if (!isTold) expect(found?.flags).toBe(fd.flags)
      expect(ends(found?.socket)).toEqual(ends(fd.socket))
    }
  })

  test('what only the kernel tells', () => {
    const of = (role: string) => [...(both(role)[1]?.fds ?? [])].map(([, fd]) => fd)
    expect(
      of('network')
        .filter(({ type }) => type === 'ipv4')
        .map(({ name }) => name),
    ).toEqual(['0.0.0.0:4711'])
    expect(of('files').find(({ name }) => name.endsWith('/fifo'))?.type).toBe('pipe')
    expect(of('files').filter(({ name, type }) => name === dir && type === 'directory').length).toBe(2)
    const blank = of('sockets').filter(({ type, name }) => type === 'ipv4' && name === '')
    expect(blank.map(({ socket }) => [socket?.l4, socket?.sourceIp, socket?.destIp])).toEqual([['tcp', '', '']])
    expect(of('sockets').find(({ socket }) => socket?.family === 17)?.type).toBe('unknown')
  })

  test('is had from /proc where iterators are not wanted', () => {
    const live = openLive({ ...config, iterates: false })
    try {
      const state = newState()
      const told = scanBy(live, state)
      expect(told).toContain('disable_iterators')
      expect(steady(state.find(pids.get('session') ?? 0))).toEqual(steady(both('session')[0]))
    } finally {
      live.close()
    }
  })
})

describe.skipIf(reason !== undefined)('what happens meanwhile', () => {
  test('what has ended, and waits for its parent, is passed over', async () => {
    const parent = Bun.spawn(['sh', '-c', 'sleep 100 & echo $!; exec sleep 100'], { stdout: 'pipe' })
    try {
      const lines = linesOf(parent.stdout)
      const ended = Number((await lines.next()).value)
      const until = async (pid: number, what: string) => {
        while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(what)) await Bun.sleep(1)
      }
      // It is no shell any more, which would look after its child.
      await until(parent.pid, '(sleep)')
      process.kill(ended, 'SIGKILL')
      await until(ended, ' Z ')
      const plain = newState()
      plain.scan()
      for (const state of [scannedByKernel(), plain]) {
        expect(state.find(parent.pid)?.tid).toBe(parent.pid)
        expect(state.find(ended) === undefined).toBe(true)
      }
    } finally {
      parent.kill()
      await parent.exited
    }
  })

  test(
    'is not lost, nor undone by what was found before',
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'eyas-churn-'))
      compileC([join(sources, 'churn.c')], join(dir, 'churn'), ['-D_GNU_SOURCE', '-pthread'])
      const churn = startWorld(join(dir, 'churn'), dir)
      const lines = linesOf(churn.stdout)
      // It forks, executes, opens and closes from here on.
      await lines.next()
      const state = newState()
      const live = openLive(config)
      try {
        state.scan((take) => live.scan(take) === undefined)
        drain(live, state)
        churn.stdin.write('\n')
        churn.stdin.flush()
        for await (const line of lines) if (line === 'still') break
        live.stop()
        drain(live, state)
        expect(live.stats().dropped).toBe(0)
      } finally {
        live.close()
      }
      const truth = newState()
      truth.scan()
      const told = (from: State) =>
        Object.fromEntries(
          [...(from.listedThreads() as Iterable<ThreadState>)]
            .filter((thread) => isOf(thread, churn.pid))
            .map(summary)
            .sort(),
        )
      expect(Object.keys(told(truth)).length).toBeGreaterThan(10)
      expect(told(state)).toEqual(told(truth))
      churn.stdin.end()
      await churn.exited
      rmSync(dir, { recursive: true })
    },
    patient(20_000),
  )
})

const config = {
  ...{ ringBytes: 32 << 20, cpusPerRing: 1, snaplen: 80, dropFailed: false, selfPid: process.pid, iterates: true },
  wanted: wantedOf(
    [
      ...[
        'clone',
        'clone3',
        'fork',
        'vfork',
        'execve',
        'execveat',
        'procexit',
        'open',
        'openat',
        'creat',
        'close',
        'dup',
        'dup2',
        'dup3',
        'pipe',
      ],
      ...['pipe2', 'prctl', 'fcntl', 'socket', 'chdir'],
    ].filter((name) => name !== 'procexit'),
  ),
}

function startWorld(program: string, cwd: string) {
  return Bun.spawn([program, 'roles'], {
    cwd,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    env: { PATH: '/usr/bin:/bin', MARK: 'scan' },
  })
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of stream) {
    text += Buffer.from(chunk).toString('latin1')
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end)
      text = text.slice(end + 1)
    }
  }
}

function newState(): State {
  return new State({ source: 'live', users: new HostUsers(), procfs: new Procfs() })
}

function scannedByKernel(): State {
  const live = openLive({ ...config, wanted: new Uint8Array(512) })
  try {
    const state = newState()
    expect(scanBy(live, state)).toBeUndefined()
    return state
  } finally {
    live.close()
  }
}

/** Why the iterators were not used, where they were not. */
function scanBy(live: LiveCapture, state: State): string | undefined {
  let told: string | undefined
  state.scan((take) => {
    told = live.scan(take)
    return told === undefined
  })
  return told
}

function drain(live: LiveCapture, state: State): void {
  const event = new Event()
  for (let batch = live.next(); batch !== undefined && batch.length > 0; batch = live.next()) {
    for (let at = event.attach(batch); at < batch.length; ) {
      at = event.moveTo(at)
      state.apply(event)
    }
  }
}

function steady(thread: ThreadState | undefined): Record<string, unknown> {
  return Object.fromEntries(compared.filter((name) => !unsteady.has(name)).map((name) => [name, thread?.[name]]))
}

function ends(socket: { sourceIp: string; destIp: string } | undefined) {
  return socket === undefined ? undefined : { ...socket, sourcePtr: 0n, destPtr: 0n }
}

function isOf(thread: ThreadState, pid: number): boolean {
  for (let at: ThreadState | undefined = thread; at !== undefined; at = at.parent) if (at.pid === pid) return !thread.isDead
  return false
}

/** What must be so, whichever way it became known. */
function summary(thread: ThreadState): [string, unknown] {
  const files = [...thread.fds].filter(([, fd]) => fd.type === 'file').map(([num, fd]) => `${num} ${fd.name}`)
  const { comm, exe, args, exepath, ptid } = thread
  return [String(thread.tid), { comm, exe, args, exepath, ptid, files: files.sort() }]
}
