import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Value } from '../../src/condition/field.ts'
import type { EventSpec } from '../../src/event/encode.ts'
import type { Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { codeOf } from '../../src/schema/event.ts'
import { seedOf, World } from '../state/world.ts'

// What is opened again is recognised by its bytes, and what rules found out about it holds again: these fields may depend on nothing else.
const ids = ['SYSCALL_OPEN_X', 'SYSCALL_OPENAT_2_X', 'SYSCALL_OPENAT2_X', 'SYSCALL_CREAT_X'] as const
const kinds = ids.map(codeOf)
const catalogue = createSyscallFields()
const readers = catalogue.names.flatMap((name) => {
  const field = catalogue.find(name)
  if (field?.ofSubject === undefined) return []
  const args = field.arg?.required === true ? ['name', 'flags', 'mode', 'path', 'fd', 'res', 'dirfd', 'ino', '0', '2'] : [undefined]
  return args
    .filter((arg) => kinds.every((kind) => field.ofSubject?.(kind, arg)))
    .map((arg) => ({ name: arg === undefined ? name : `${name}.${arg}`, read: arg === undefined ? field.get : field.at?.(arg) }))
})

interface Open {
  readonly id: (typeof ids)[number]
  readonly tid: number
  readonly num: number
  readonly dirfd: number
  readonly name: string | undefined
  readonly flags: number
  readonly mode: number
  readonly ino: number
}

const name = fc.oneof(
  fc.constantFrom('/etc/passwd', '/etc/shadow', 'a', 'lib/b.so', '../c', './d//e', '', '/', '/usr/../x\x01y', undefined),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
)
const open: fc.Arbitrary<Open> = fc.record({
  id: fc.constantFrom(...ids),
  tid: fc.constantFrom(10, 11, 12),
  num: fc.constantFrom(3, 4, 5, -2, -13),
  dirfd: fc.constantFrom(-100, 3, 4, 99),
  name,
  flags: fc.constantFrom(1, 2, 3, 4 + 2, 1024 + 1),
  mode: fc.constantFrom(0, 0o644, 0o755),
  ino: fc.constantFrom(0, 42),
})

function paramsOf({ id, num, dirfd, name, flags, mode, ino }: Open): EventSpec['params'] {
  if (id === 'SYSCALL_OPEN_X') return [num, name, flags, mode, 8, ino]
  if (id === 'SYSCALL_OPENAT_2_X') return [num, dirfd, name, flags, mode, 8, ino]
  if (id === 'SYSCALL_OPENAT2_X') return [num, dirfd, name, flags, mode, 0, 8, ino]
  return [num, name, mode, 8, ino, 0]
}

function start(): World {
  const world = new World()
  for (const [tid, cwd] of [
    [10, '/root'],
    [11, '/srv'],
    [12, ''],
  ] as const)
    world.state.addThread(seedOf(tid, { cwd }))
  return world
}

const valuesOf = (event: Event) => Object.fromEntries(readers.map(({ name, read }) => [name, read?.(event)] as const))

test('there are such fields', () => {
  expect(readers.map((reader) => reader.name)).toContain('fd.name')
  expect(readers.map((reader) => reader.name)).toContain('evt.arg.flags')
  expect(readers.map((reader) => reader.name)).not.toContain('evt.arg.fd')
  expect(readers.map((reader) => reader.name)).not.toContain('fd.num')
})

test('fields read the same of what was opened before, and of what was not', () => {
  const property = fc.property(fc.array(open, { minLength: 1, maxLength: 60 }), (opens) => {
    const world = start()
    const forgetful = start()
    forgetful.state.opens.find = () => undefined
    const found = new Map<number, Record<string, Value>>()
    for (const one of opens) {
      const event = world.on(one.id, one.tid, ...paramsOf(one))
      const values = valuesOf(event)
      const other = forgetful.on(one.id, one.tid, ...paramsOf(one))
      other.opened = undefined
      expect(values).toEqual(valuesOf(other))
      expect(event.fd?.name).toBe(other.fd?.name as string)
      const { subject, subjects } = event
      if (subject < 0) continue
      // A mark stays as long as the same thing is meant by it.
      if (subjects[subject] === 1) expect(values).toEqual(found.get(subject) as typeof values)
      subjects[subject] = 1
      found.set(subject, values)
    }
  })
  fc.assert(property, { numRuns: 200 })
})

test('a long name is not remembered, and is read all the same', () => {
  const world = start()
  for (const length of [100, 152, 153, 160, 500]) {
    const long = `/${'x'.repeat(length)}`
    for (let round = 0; round < 2; round++) expect(world.openat(10, 3, long).fd?.name).toBe(long)
    for (let round = 0; round < 2; round++) expect(catalogue.find('fd.name')?.get?.(world.openat(10, -2, long))).toBe(long)
  }
})
