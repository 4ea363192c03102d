import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { basename, cleanPath, dirname, joinPath } from '../../src/base/path.ts'

test.each([
  ['/', '', '/'],
  ['/a', '', '/a'],
  ['/a/', 'b', '/a/b'],
  ['/a', './b/../c//d/', '/a/c/d'],
  ['/a', '../../..', '/'],
  ['/a', '/b/./c', '/b/c'],
  ['.', 'a', 'a'],
  ['<UNKNOWN>', 'a', '<UNKNOWN>/a'],
  ['/a', '...', '/a/...'],
  ['/a', '.b', '/a/.b'],
  ['', '/', '/'],
])('%p with %p is %p', (dir, name, path) => {
  expect(joinPath(dir, name)).toBe(path)
})

test('a path that is too long is not shown, one that is only written so is', () => {
  expect(joinPath('/', 'a'.repeat(1023))).toBe('/DIR_TOO_LONG/FILENAME_TOO_LONG')
  expect(joinPath('/', 'a'.repeat(1022))).toHaveLength(1023)
  expect(joinPath('/', `${'./'.repeat(2000)}etc/shadow`)).toBe('/etc/shadow')
})

test('absolute paths become what POSIX says', () => {
  const part = fc.constantFrom('.', '..', '...', '.a', 'a', 'b.c', '', 'é')
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (dir, name) => {
      const from = `/${dir.join('/')}`
      const to = name.join('/')
      expect(joinPath(from, to)).toBe(resolve(from, to))
      expect(cleanPath(joinPath(from, to))).toBe(joinPath(from, to))
    }),
  )
})

test.each([
  ['/a/b', '/a', 'b'],
  ['/a', '/', 'a'],
  ['/', '/', ''],
  ['a', '', 'a'],
])('%p lies in %p as %p', (path, dir, name) => {
  expect([dirname(path), basename(path)]).toEqual([dir, name])
})
