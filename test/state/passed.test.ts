import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Fd } from '../../src/event/fd.ts'
import { World } from './world.ts'

const fdOf = (name: string): Fd => ({ type: 'file', name, nameRaw: undefined, flags: 1, dev: 0, ino: 0, socket: undefined })

function worldWith(descriptors: Readonly<Record<number, string>>): World {
  const descriptor = (pid: number, num: number) => (pid === 7 && descriptors[num] !== undefined ? fdOf(descriptors[num]) : undefined)
  const procfs = { read: () => false, scan: () => undefined, isAlive: () => true, descriptor, executable: () => '' }
  const world = new World(undefined, { source: 'live', procfs })
  world.exec(7, 1, '/bin/p')
  return world
}

/** Control data with these descriptors, in the form of 64-bit or of 32-bit programs. */
function control(wordBytes: 4 | 8, level: number, type: number, fds: readonly number[]): Buffer {
  const head = wordBytes + 8
  const bytes = Buffer.alloc((head + fds.length * 4 + wordBytes - 1) & -wordBytes)
  bytes.writeUInt32LE(head + fds.length * 4, 0)
  bytes.writeInt32LE(level, wordBytes)
  bytes.writeInt32LE(type, wordBytes + 4)
  for (const [i, fd] of fds.entries()) bytes.writeInt32LE(fd, head + i * 4)
  return bytes
}

test.each([8, 4] as const)('descriptors in a message, with lengths of %d bytes', (wordBytes) => {
  const world = worldWith({ 5: '/a', 6: '/b' })
  world.openat(7, 9, '/old')
  const data = Buffer.concat([control(wordBytes, 1, 2, [1, 2, 3]), control(wordBytes, 1, 1, [5, 6, 9])])
  world.on('SOCKET_RECVMSG_X', 7, 1, 1, Buffer.from('x'), Buffer.alloc(0), data, 3)
  // What is not there any more is not what it was before, either.
  expect(world.names(7)).toEqual({ 5: '/a', 6: '/b', 9: '' })
})

test.each([0xffff_fffe, 0x8000_0000, 0x7fff_fffd])('control data that claims %d bytes is read as far as it goes', (length) => {
  const world = worldWith({ 5: '/a' })
  for (const form of [8, 4] as const) {
    const data = control(form, 1, 1, [5, 5])
    data.writeUInt32LE(length, 0)
    world.on('SOCKET_RECVMSG_X', 7, 1, 1, Buffer.from('x'), Buffer.alloc(0), data, 3)
    expect(world.names(7)).toEqual({ 5: '/a' })
  }
})

test('a message that failed, or passes none, changes nothing', () => {
  const world = worldWith({ 5: '/a' })
  world.on('SOCKET_RECVMSG_X', 7, -11, 1, Buffer.from('x'), Buffer.alloc(0), control(8, 1, 1, [5]), 3)
  world.on('SOCKET_RECVMSG_X', 7, 1, 1, Buffer.from('x'), Buffer.alloc(0), control(8, 0, 1, [5]), 3)
  expect(world.names(7)).toEqual({})
})

test('any control data is bearable', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const world = worldWith({})
      world.on('SOCKET_RECVMSG_X', 7, 1, 1, Buffer.from('x'), Buffer.alloc(0), bytes, 3)
      expect(Object.keys(world.names(7)).length).toBeLessThan(20)
    }),
  )
})
