import { expect, test } from 'bun:test'
import { Faults } from '../../src/base/fault.ts'
import { compileFilter } from '../../src/engine/filter.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { World } from '../state/world.ts'

const catalogue = createSyscallFields()

test('holds for events of any kind, each compiled when it comes', () => {
  const world = new World()
  const { test: holds, warnings } = compileFilter('evt.type = openat and fd.num >= 5 or evt.arg.path = /tmp', catalogue)
  expect(warnings).toEqual([])
  expect(holds(world.openat(7, 5, '/x'))).toBe(true)
  expect(holds(world.openat(7, 4, '/x'))).toBe(false)
  expect(holds(world.on('SYSCALL_CHDIR_X', 7, 0, '/tmp'))).toBe(true)
  expect(holds(world.on('SYSCALL_CHDIR_X', 7, 0, '/'))).toBe(false)
})

test.each<[text: string, messages: readonly string[]]>([
  ['', ["filter:1:1: expected a '(' token, a field check, or an identifier\n    \n    ^"]],
  [
    'evt.num = 1 and\n  proc.nam = x',
    ['filter:2:3: filter_check called with nonexistent field proc.nam\n      proc.nam = x\n      ^\n  did you mean proc.name?'],
  ],
  ['spawned', ["filter:1:1: Undefined macro 'spawned' used in filter.\n    spawned\n    ^"]],
])('%j is refused', (text, messages) => {
  let faults: readonly string[] = []
  try {
    compileFilter(text, catalogue)
  } catch (error) {
    faults = (error as Faults).faults.map((fault) => fault.format())
  }
  expect(faults).toEqual(messages)
})

test('tells all mistakes', () => {
  expect(() => compileFilter('evt.num = a or evt.cpu = b', catalogue)).toThrow(Faults)
  expect(() => compileFilter('evt.num = a or evt.cpu = b', catalogue)).toThrow(/1:11.*\n(.*\n)*.*1:26/)
})
