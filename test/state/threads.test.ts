import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { flag } from '../../src/state/flags.ts'
import { seedOf, World } from './world.ts'

const thread = flag.CLONE_THREAD | flag.CLONE_FILES

function started(): World {
  const world = new World()
  world.state.addThread(seedOf(1))
  world.state.addThread(seedOf(10, { ptid: 1, comm: 'bash', cwd: '/home/me', args: ['-l'], uid: 1000 }))
  return world
}

describe('clone', () => {
  const tellings: readonly (readonly [string, (world: World) => void])[] = [
    ['by the parent alone', (world) => world.clone(10, 20)],
    ['by the child alone', (world) => world.cloned(20, 20, 10)],
    [
      'by the parent, then the child',
      (world) => {
        world.clone(10, 20)
        world.cloned(20, 20, 10)
      },
    ],
    [
      'by the child, then the parent',
      (world) => {
        world.cloned(20, 20, 10)
        world.clone(10, 20)
      },
    ],
  ]
  test.each(tellings)('told %s makes a child that takes after its parent', (_, tell) => {
    const world = started()
    world.openat(10, 3, '/etc/hosts')
    tell(world)
    const child = world.state.find(20)
    expect(child).toMatchObject({ pid: 20, ptid: 10, comm: 'bash', exepath: '/bin/exe-10', vtid: 20, vpid: 20 })
    expect(child?.args).toEqual(['-l'])
    expect(child?.cwd).toBe('/home/me')
    expect(child?.parent?.tid).toBe(10)
    expect(world.names(20)).toEqual({ 3: '/etc/hosts' })
    world.openat(20, 4, '/etc/passwd')
    expect(world.names(10)).toEqual({ 3: '/etc/hosts' })
  })

  test.each([
    ['found meanwhile is not undone by what is told of its clone', 1_700_000_000_000_500_000n, { 3: '/found' }, 'found'],
    ['that was there long before has ended unnoticed', 1_600_000_000_000_000_000n, {}, 'bash'],
  ])('a child %s', (_, cloneTs, names, comm) => {
    const world = new World(undefined, { source: 'live' })
    world.state.addThread(seedOf(10, { ptid: 1, comm: 'bash' }))
    world.state.addThread({ ...seedOf(20, { ptid: 10, comm: 'found' }), cloneTs })
    world.state.addFd(20, 3, { type: 'file', name: '/found', nameRaw: '/found', flags: 1, dev: 0, ino: 0, socket: undefined })
    world.clone(10, 20)
    world.cloned(20, 20, 10)
    expect(world.names(20)).toEqual(names)
    expect(world.state.find(20)?.comm).toBe(comm)
  })

  test('a child that a recording lists before its parent tells of it stays as it is listed', () => {
    const world = started()
    world.state.addThread(seedOf(20, { ptid: 10, comm: 'ls', flags: flag.CLONE_INVERTED }))
    world.state.addThread(seedOf(21, { ptid: 10, comm: 'ls' }))
    world.clone(10, 20)
    world.clone(10, 21)
    expect([20, 21].map((tid) => world.state.find(tid)?.comm)).toEqual(['ls', 'bash'])
    // The second one is of another process.
    world.clone(10, 20)
    expect(world.state.find(20)?.comm).toBe('bash')
  })

  test('is listed as told by half where its parent may still tell of it', () => {
    const world = new World(undefined, { source: 'live', startTs: BigInt(Date.now()) * 1_000_000n })
    const second = 1_000_000_000n
    const isHalf = (tid: number) => ((world.state.find(tid)?.listedFlags ?? 0) & flag.CLONE_INVERTED) !== 0
    world.state.addThread(seedOf(10, { ptid: 1, comm: 'bash' }))
    for (const [tid, age] of [
      [20, 0n],
      [21, 60n],
      [22, 0n],
    ] as const)
      world.state.addThread({ ...seedOf(tid, { ptid: 10 }), cloneTs: world.nowTs - age * second })
    world.clone(10, 22)
    world.cloned(23, 23, 10)
    world.clone(10, 24)
    expect([20, 21, 22, 23, 24].map(isHalf)).toEqual([true, false, false, true, false])
    world.clone(10, 23)
    expect(isHalf(23)).toBe(false)
  })

  test('what the child did between the two tellings stays', () => {
    const world = started()
    world.cloned(20, 20, 10)
    world.exec(20, 10, '/usr/bin/ls')
    world.clone(10, 20)
    expect(world.state.find(20)?.comm).toBe('ls')
    world.clone(10, 20)
    expect(world.state.find(20)?.comm).toBe('bash')
  })

  test('takes the name from the event where an exec of the parent was missed', () => {
    const world = started()
    const ids = [10, 10, 1, '', 1024, 0, 0, 0, 0, 0] as const
    world.on('SYSCALL_CLONE_20_X', 10, 20, '/bin/vim', ['x.c'], ...ids, 'vim', ['cpu=/a'], 0, 0, 0, 10, 10, 0)
    expect(world.state.find(20)).toMatchObject({ comm: 'vim', exe: '/bin/vim' })
    expect(world.state.find(20)?.args).toEqual(['x.c'])
    expect(world.state.find(20)?.cgroups).toEqual(['cpu=/a'])
    expect(world.state.find(10)?.comm).toBe('bash')
    world.on('SYSCALL_CLONE_20_X', 10, 21, 'exe-10', ['-l'], ...ids, 'renamed', [], 0, 0, 0, 10, 10, 0)
    expect(world.state.find(21)).toMatchObject({ comm: 'renamed', exe: 'exe-10', exepath: '/bin/exe-10' })
  })

  test('counts page faults and memory for the child', () => {
    const world = started()
    const ids = [10, 10, 1, '', 1024, 1, 2, 300, 40, 5] as const
    world.on('SYSCALL_CLONE_20_X', 10, 20, 'exe-10', ['-l'], ...ids, 'bash', [], 0, 0, 0, 10, 10, 0)
    expect(world.state.find(20)).toMatchObject({ pfMajor: 1, pfMinor: 2, vmSizeKb: 300, vmRssKb: 40, vmSwapKb: 5 })
    expect(world.state.find(10)).toMatchObject({ pfMajor: 0, pfMinor: 0, vmSizeKb: 0 })
  })

  test('a thread shares descriptors, directory and environment with its process', () => {
    const world = started()
    world.clone(10, 11, thread)
    world.openat(11, 5, 'notes.txt')
    expect(world.names(10)).toEqual({ 5: '/home/me/notes.txt' })
    world.on('SYSCALL_CHDIR_X', 11, 0, '../you')
    expect(world.state.find(10)?.cwd).toBe('/home/you')
    expect(world.state.find(11)).toMatchObject({ pid: 10, isMain: false, threadCount: 2, childCount: 1 })
    expect(world.state.find(11)?.main.tid).toBe(10)
  })

  test('a number that was used before stands for the new thread', () => {
    const world = started()
    world.clone(10, 20)
    world.cloned(20, 20, 10)
    world.openat(20, 7, '/old')
    world.clone(10, 20)
    expect(world.names(20)).toEqual({})
  })

  test('from inside a pid namespace, only the child knows its number', () => {
    const world = started()
    world.clone(10, 2, flag.CLONE_NEWPID)
    world.clone(10, 3, 0, { vtid: 5 })
    expect(world.state.find(2)).toBeUndefined()
    expect(world.state.find(3)).toBeUndefined()
  })

  test('a clone that failed makes nothing', () => {
    const world = started()
    world.clone(10, -11)
    expect(world.state.threads.size).toBe(2)
  })
})

describe('exec', () => {
  test('replaces what was, and closes what was marked', () => {
    const world = started()
    world.openat(10, 3, '/keep')
    world.openat(10, 4, '/close', flag.O_CLOEXEC)
    const event = world.exec(10, 1, '/usr/bin/curl', ['-s', 'http://x'])
    expect(event.thread).toMatchObject({ comm: 'curl', exe: '/usr/bin/curl', exepath: '/usr/bin/curl', tty: 34816, exeIno: 77, ptid: 1 })
    expect(event.thread?.args).toEqual(['-s', 'http://x'])
    expect(event.thread?.env).toEqual(['HOME=/root'])
    expect(event.thread?.cwd).toBe('/home/me')
    expect(world.names(10)).toEqual({ 3: '/keep' })
  })

  test('leaves out the environment where nobody looks at it', () => {
    const world = new World(undefined, { keepsEnv: false })
    const { thread } = world.exec(10, 1, '/usr/bin/curl', ['-s'], ['cpu=/x', 'io=/y'])
    expect(thread?.env).toEqual([])
    expect(thread).toMatchObject({ comm: 'curl', exepath: '/usr/bin/curl', args: ['-s'], cgroups: ['cpu=/x', 'blkio=/y'], exeIno: 77 })
    expect(thread).toMatchObject({ exeCtime: 1n, exeMtime: 2n })
  })

  test('of old recordings, without the last values, tells the rest', () => {
    const world = started()
    const head = [0, '/bin/sh', ['-c'], 10, 10, 1, '/', 1024, 0, 0, 0, 0, 0, 'sh', [], ['A=1'], 0, 10, 1000, 1, 3, 4] as const
    const { thread } = world.on('SYSCALL_EXECVE_19_X', 10, ...head)
    expect(thread).toMatchObject({ comm: 'sh', env: ['A=1'], isExeWritable: true })
    expect(thread).toMatchObject({ exeIno: 0, exeCtime: 0n, exepath: '' })
  })

  test('of a thread that was never seen tells all about it', () => {
    const world = started()
    const event = world.exec(99, 10, '/bin/sh')
    expect(event.thread).toMatchObject({ tid: 99, pid: 99, comm: 'sh', isMain: true })
    expect(event.thread?.parent?.tid).toBe(10)
  })

  test('that failed changes nothing', () => {
    const world = started()
    world.on('SYSCALL_EXECVE_19_X', 10, -2, '/bin/nothing')
    expect(world.state.find(10)?.comm).toBe('bash')
  })
})

describe('exit', () => {
  test('is seen by its own event, and children go to the reaper', () => {
    const world = started()
    world.clone(10, 20)
    world.clone(20, 30)
    const event = world.exit(20, 10)
    expect(event.thread?.tid).toBe(20)
    expect(world.state.find(30)?.parent?.tid).toBe(20)
    world.on('SYSCALL_GETCWD_X', 1, 0, '/')
    expect(world.state.find(20)).toBeUndefined()
    expect(world.state.find(30)?.parent?.tid).toBe(10)
  })

  test('of a main thread leaves it there until its last thread ends', () => {
    const world = started()
    world.clone(10, 11, thread)
    expect(world.exit(10, 11).thread?.threadCount).toBe(1)
    expect(world.exit(11, 1).thread).toMatchObject({ threadCount: 0, childCount: 0 })
    world.exit(1, 0)
    expect(world.state.find(10)).toBeUndefined()
    expect(world.state.find(11)).toBeUndefined()
  })

  test.each([
    ['the subreaper above', true, 10],
    ['init where there is none', false, 1],
  ])('in an old recording gives children to %s', (_, isSubreaper, reaper) => {
    const world = started()
    if (isSubreaper) world.on('SYSCALL_PRCTL_X', 10, 0, 36, undefined, 1)
    world.clone(10, 20)
    world.clone(20, 30)
    world.on('PROCEXIT_1_E', 20, 0)
    world.on('SYSCALL_GETCWD_X', 1, 0, '/')
    expect(world.state.find(30)?.ptid).toBe(reaper)
  })
})

describe('a missed thread', () => {
  test('has no name, and no process', () => {
    const event = new World().openat(77, 3, '/etc/hosts')
    expect(event.thread).toMatchObject({ tid: 77, pid: -1, comm: '<NA>', exe: '<NA>', exepath: '', uid: 4_294_967_295, fdLimit: 0 })
    expect(event.fd?.name).toBe('/etc/hosts')
  })

  test('is not made up by what merely happens to it, nor for the kernel', () => {
    const world = new World()
    expect(world.on('SCHEDSWITCH_6_E', 77, 0, 0, 0, 0, 0, 0).thread).toBeUndefined()
    expect(world.openat(0, 3, '/x').thread).toBeUndefined()
    expect(world.state.threads.size).toBe(0)
  })
})

test('the table never grows beyond its size', () => {
  const world = new World(3)
  world.state.addThread(seedOf(1))
  for (let tid = 2; tid < 10; tid++) world.clone(1, tid)
  expect(world.state.threads.size).toBe(3)
  expect(world.state.threads.stats).toEqual({ added: 3, removed: 0, refused: 6 })
  expect(world.openat(9, 3, '/etc/hosts').fd?.name).toBe('/etc/hosts')
})

const changes: readonly (readonly [string, readonly (number | string)[], object])[] = [
  ['SYSCALL_SETUID_X', [0, 33], { uid: 33 }],
  ['SYSCALL_SETUID_X', [-1, 33], { uid: 1000 }],
  ['SYSCALL_SETREUID_X', [0, 1, 33], { uid: 33 }],
  ['SYSCALL_SETRESUID_X', [0, 1, 33, 2], { uid: 33 }],
  ['SYSCALL_SETRESUID_X', [0, 1, 4_294_967_295, 2], { uid: 1000 }],
  ['SYSCALL_SETGID_X', [0, 44], { gid: 44 }],
  ['SYSCALL_SETREGID_X', [0, 1, 44], { gid: 44 }],
  ['SYSCALL_CAPSET_X', [0, 1, 2, 3], { capInheritable: 1n, capPermitted: 2n, capEffective: 3n }],
  ['SYSCALL_SETSID_X', [10], { sid: 10 }],
  ['SYSCALL_SETPGID_X', [0, 0, 0], { vpgid: 10, pgid: 10 }],
  ['SYSCALL_SETPGID_X', [0, 10, 1], { vpgid: 1, pgid: 1 }],
  ['SYSCALL_PRCTL_X', [0, 15, 'worker-with-a-long-name', 0], { comm: 'worker-with-a-l' }],
  ['SYSCALL_PRLIMIT_X', [0, 4096, 8192, 1024, 8192, 0, 7], { fdLimit: 4096 }],
  ['SYSCALL_PRLIMIT_X', [0, 4096, 8192, 1024, 8192, 0, 3], { fdLimit: 1024 }],
  ['SYSCALL_SETRLIMIT_X', [0, 2048, 8192, 7], { fdLimit: 2048 }],
  ['SYSCALL_CHDIR_X', [0, '/tmp//x/../y/'], { cwd: '/tmp/y' }],
  ['SYSCALL_CHDIR_X', [-2, '/gone'], { cwd: '/home/me' }],
  ['SYSCALL_CHROOT_X', [0, '/jail'], { root: '/jail' }],
]
test.each(changes)('%s %p gives %p', (id, params, after) => {
  const world = started()
  world.on(id, 10, ...params)
  expect(world.state.find(10)).toMatchObject(after)
})

test('no order of events breaks the table', () => {
  const tid = fc.integer({ min: 1, max: 6 })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('clone'), a: tid, b: tid, flags: fc.constantFrom(0, thread, flag.CLONE_FILES, flag.CLONE_PARENT) }),
    fc.record({ kind: fc.constant('cloned'), a: tid, b: tid, flags: fc.constantFrom(0, thread) }),
    fc.record({ kind: fc.constantFrom('exec', 'exit', 'open'), a: tid, b: tid, flags: fc.constant(0) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World(5)
      for (const { kind, a, b, flags } of steps) {
        if (kind === 'clone') world.clone(a, b, flags)
        else if (kind === 'cloned') world.cloned(a, b, b, flags)
        else if (kind === 'exec') world.exec(a, b, '/bin/x')
        else if (kind === 'exit') world.exit(a, b)
        else world.openat(a, 3, '/x')
      }
      expect(world.state.threads.size).toBeLessThanOrEqual(5)
      for (const known of world.state.threads.values()) {
        expect(world.state.find(known.tid)).toBe(known)
        expect(known.main.others).toBeGreaterThanOrEqual(0)
        if (known.listedParent) expect(world.state.find(known.listedParent.tid)).toBe(known.listedParent)
        expect(known.parent).toBe(world.state.find(known.main.ptid)?.main as typeof known)
        for (let child = known.firstChild; child; child = child.nextSibling) expect(child.listedParent).toBe(known)
      }
    }),
    { numRuns: 300 },
  )
})

test.each(['SYSCALL_BRK_4_X', 'SYSCALL_MMAP_X', 'SYSCALL_MMAP2_X', 'SYSCALL_MUNMAP_X'])('%s tells the memory of its thread', (id) => {
  const world = started()
  world.clone(10, 11, thread)
  world.on(id, 11, -12, 100, 20, 3)
  expect(world.state.find(11)).toMatchObject({ vmSizeKb: 100, vmRssKb: 20, vmSwapKb: 3 })
  expect(world.state.find(10)?.vmSizeKb).toBe(0)
})
