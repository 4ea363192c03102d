import { describe, expect, test } from 'bun:test'
import { weigh } from '../../src/state/memory.ts'
import { seedOf, World } from './world.ts'

const memoryLimit = 512 * 1024
const many = 5000

function started(): World {
  const world = new World(undefined, { memoryLimit })
  world.state.addThread(seedOf(1))
  return world
}

describe('what a state holds is bounded', () => {
  const floods: readonly (readonly [string, (world: World, count: number) => void])[] = [
    ['threads', (world, i) => world.clone(1, 10 + i)],
    ['threads that nothing is known of', (world, i) => world.openat(10 + i, -2, '/x')],
    ['files', (world, i) => world.openat(1, i, `/some/where/${i}`)],
    ['ends of pipes', (world, i) => world.on('SYSCALL_PIPE_X', 1, 0, 2 * i, 2 * i + 1, i)],
    ['ends of sockets', (world, i) => world.on('SOCKET_SOCKETPAIR_X', 1, 0, 2 * i, 2 * i + 1, 5, 6)],
    ['arguments', (world, i) => world.exec(1 + (i & 255), 0, '/bin/x', ['y'.repeat(8000)])],
    ['names that were asked for', (world, i) => world.on('SYSCALL_OPEN_E', 10 + (i & 255), 'n'.repeat(8000), 0, 0)],
    ['users', (world, i) => world.state.addUser({ uid: i, gid: 0, name: 'n'.repeat(300), home: '', shell: '' })],
    ['groups', (world, i) => world.state.addGroup({ gid: i, name: 'n'.repeat(300) })],
    ['addresses', (world, i) => world.state.addAddress({ name: 'lo'.repeat(99), address: `${i}`.padStart(4), netmask: '', broadcast: '' })],
    ['listed threads', (world, i) => world.state.addThread(seedOf(10 + i))],
  ]
  test.each(floods)('when %s come without end', (_, tell) => {
    const world = started()
    let wasFullAt = 0
    for (let i = 0; i < many; i++) {
      tell(world, i)
      if (wasFullAt === 0 && world.state.memory.isFull) wasFullAt = i
    }
    expect(wasFullAt).toBeGreaterThan(30)
    expect(weigh(world.state.threads.values())).toBeLessThan(memoryLimit * 1.1)
  })
})

test('what is there goes on; what ends makes room for what comes', () => {
  const world = started()
  world.openat(1, 3, '/first')
  for (let i = 0; i < many; i++) world.clone(1, 10 + i)
  const refused = 10 + many - 1
  expect(world.state.find(refused)).toBeUndefined()
  expect(world.on('SYSCALL_READ_X', refused, 1, 'x', 3, 1).thread).toMatchObject({ tid: refused, isUnknown: true })
  expect(world.on('SYSCALL_FCHDIR_X', 1, 0, 3).fd?.name).toBe('/first')
  for (let i = 0; i < many; i++) world.exit(10 + i, 1)
  for (let i = 0; i < many; i++) world.exec(1, 0, '/bin/x')
  world.clone(1, refused)
  expect(world.state.find(refused)?.comm).toBe('x')
})
