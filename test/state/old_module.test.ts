import { describe, expect, test } from 'bun:test'
import { World } from './world.ts'

// The execve of a kernel module of 2022: 19 parameters, and the path that was asked for in the enter event.

function execute(
  path: string,
  running: string,
  comm = 'x',
): { readonly exepath: string | undefined; readonly isExeFromMemfd: boolean | undefined } {
  const asked: number[] = []
  const executable = (pid: number) => {
    asked.push(pid)
    return running
  }
  const procfs = { read: () => false, scan: () => undefined, isAlive: () => true, descriptor: () => undefined, executable }
  const world = new World(undefined, { source: 'live', procfs })
  world.exec(7, 1, '/bin/sh')
  world.on('SYSCALL_EXECVE_19_E', 7, path)
  world.on('SYSCALL_EXECVE_19_X', 7, 0, 'x', [], 7, 7, 1, '/work/', 1024, 0, 0, 0, 0, 0, comm, [], [], 0, 7, 0, 0)
  const thread = world.state.find(7)
  return { exepath: thread?.exepath, isExeFromMemfd: thread?.isExeFromMemfd }
}

describe('a program that an old kernel module told of', () => {
  test.each([
    ['/usr/bin/id', '/usr/bin/other', { exepath: '/usr/bin/id', isExeFromMemfd: false }],
    ['/proc/self/fd/3', '/memfd:box (deleted)', { exepath: 'memfd:box', isExeFromMemfd: true }],
    ['/dev/fd/3', '/usr/bin/id', { exepath: '/usr/bin/id', isExeFromMemfd: false }],
    ['/proc/self/fd/3', '', { exepath: '/proc/self/fd/3', isExeFromMemfd: false }],
  ])('%s, that is %s', (path, running, expected) => {
    expect(execute(path, running)).toEqual(expected)
  })

  test.each([
    ['/proc/self/fd/3', 'memfd:box', { exepath: 'memfd:box', isExeFromMemfd: true }],
    ['/work/memfd:box', 'memfd:box', { exepath: '/work/memfd:box', isExeFromMemfd: false }],
    ['/dev/fd/4', 'box', { exepath: '/dev/fd/4', isExeFromMemfd: false }],
  ])('%s, that has ended by now and was called %s', (path, comm, expected) => {
    expect(execute(path, '', comm)).toEqual(expected)
  })
})
