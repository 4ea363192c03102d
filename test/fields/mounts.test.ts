import { expect, test } from 'bun:test'
import type { Value } from '../../src/condition/field.ts'
import type { Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'

const catalogue = createSyscallFields()
const mounts = [
  { source: '/tmp/foo', dest: '/a', mode: 'ro', isWritable: false, propagation: 'rprivate' },
  { source: '/srv/w\xc3\xa9b', dest: '/b/c', mode: '', isWritable: true, propagation: '' },
]
const event = { thread: { container: { mounts } } } as unknown as Event

function read(field: string, arg: string, of: Event = event): Value {
  return catalogue.find(field)?.at?.(arg)(of as never)
}

// What Falco's container plugin finds by a key: the first mount whose source has something that matches it, as a regular expression.
test.each([
  ...['0', 'foo', '/tmp', '/tmp/*', '/tmp*', '/', 'foo$', '^/tmp', 'tmp/fo', 'tmp/[fo,ba]', '*mp/foo'].map((key) => [key, '/a']),
  ...['1', 'wéb', 'w.b', '/srv|/opt'].map((key) => [key, '/b/c']),
  ...['2', '^tmp', '/proc*', '*foo/', '/TMP'].map((key) => [key, undefined]),
] as [string, string | undefined][])('container.mount.dest[%s]', (key, dest) => {
  expect(read('container.mount.dest', key)).toBe(dest)
})

test('of the other fields, source is looked up by the destination', () => {
  expect(read('container.mount.source', '^/b')).toBe('/srv/w\xc3\xa9b')
  expect(read('container.mount.source', 'tmp')).toBeUndefined()
  expect(read('container.mount.rdwr', 'srv')).toBe('true')
  expect(read('container.mount.mode', 'tmp')).toBe('ro')
  expect(read('container.mount.propagation', 'tmp')).toBe('rprivate')
  expect(read('container.mount', 'tmp')).toBe('/tmp/foo:/a:ro:false:rprivate')
})

test('outside of containers there is none', () => {
  expect(read('container.mount.dest', '/', { thread: {} } as unknown as Event)).toBeUndefined()
})
