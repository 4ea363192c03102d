import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { addressText } from '../../src/base/address.ts'
import { toByteString, toUnicode } from '../../src/base/text.ts'
import { ruleKinds } from '../../src/capture/interest.ts'
import { checkCondition } from '../../src/condition/check.ts'
import type { Checked } from '../../src/condition/checked.ts'
import { compileKind, type KindMatcher } from '../../src/condition/compile.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import type { Field, Scalar, Value } from '../../src/condition/field.ts'
import { kindOfType, type ValueKind } from '../../src/condition/kind.ts'
import { kindsOf } from '../../src/condition/kinds.ts'
import { parseCondition } from '../../src/condition/parse.ts'
import type { EventSpec, ParamValue } from '../../src/event/encode.ts'
import type { Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { events, genericExit, type ParamInfo } from '../../src/schema/event.ts'
import { comparison, literals, logic, type Pool } from '../condition/arbitrary.ts'
import { seedOf, World } from '../state/world.ts'
import { wantedPairs } from '../tools/pairs.ts'

const conditionsPerRun = 16
const eventsPerRun = 60

const catalogue = createSyscallFields({ hostname: 'here', staticFields: new Map([['site', 'lab']]) })
const kinds = ruleKinds()

// What is written in place of an argument; those that a field does not take are left out.
const argumentsOf = {
  index: ['0', '1', '2'],
  key: ['HOME', 'memory', 'O_RDONLY', 'open'],
  either: ['name', 'fd', 'res', 'flags', 'size', '0', '3'],
}

// It counts how often it is read.
const uncertain = new Set(['util.cnt'])

const written = catalogue.classes
  .flatMap(({ fields }) => fields)
  .filter((field) => !uncertain.has(field.name))
  .flatMap((field) =>
    ['', ...(field.arg ? argumentsOf[field.arg.kind].map((arg) => `[${arg}]`) : [])].map((arg) => ({ field, text: field.name + arg })),
  )
  .filter(({ text }) => checkCondition(parseCondition(`${text} exists`), catalogue).faults.length === 0)

const texts = ['sh', '/etc/passwd', '/tmp/a b', 'X=1', '/', '', 'é', 'a'.repeat(300)].map(toByteString)
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)

const inet = '\x02\x0a\x00\x00\x01\x1f\x90'
const pair = '\x02\x0a\x00\x00\x01\x1f\x90\x0a\x01\x02\x03\x01\xbb'
const byParamType: Partial<Record<ParamInfo['type'], fc.Arbitrary<ParamValue>>> = {
  CHARBUF: oneOf(texts),
  FSPATH: oneOf(texts),
  FSRELPATH: oneOf(texts),
  CHARBUFARRAY: fc.array(oneOf(texts), { maxLength: 3 }),
  CHARBUF_PAIR_ARRAY: fc.array(oneOf(texts), { maxLength: 4 }),
  BYTEBUF: oneOf(['', 'abc', 'GET / HTTP\0\xff', '\0'.repeat(20)]),
  SOCKADDR: oneOf([inet, '\x01/run/a.sock', '', '\x0a']),
  SOCKTUPLE: oneOf([pair, `\x01${'\0'.repeat(16)}/run/a.sock`, '', '\x0a\x00']),
  FD: oneOf([-100, -2, -1, 0, 3, 4]),
  FD32: oneOf([-100, -1, 0, 3]),
  PID: oneOf([0, 1, 10, 20, 30, 99]),
  ERRNO: oneOf([0, -2, -11, -13, 7]),
  DYN: oneOf([Uint8Array.from([0, 1, 0, 0, 0, 0, 0, 0, 0]), Uint8Array.from([1])]),
}
const integers = oneOf<number | bigint>([0, 1, 2, 3, 64, 577, 4097, 0o644, 1 << 20, 4294967295, 9007199254740993n, 18446744073709551615n])

const codes = kinds.filter((kind) => kind < events.length && events[kind]?.isEnter === false && !events[kind]?.flags.has('OLD_VERSION'))
const common = codes.filter((code) =>
  ['open', 'openat', 'execve', 'connect', 'accept4', 'read', 'write', 'clone', 'rename', 'dup3'].includes(events[code]?.name ?? ''),
)

const spec: fc.Arbitrary<EventSpec> = fc.oneof(oneOf(codes), oneOf(common), fc.constant(genericExit)).chain((code) => {
  if (code === genericExit) return fc.record({ code: fc.constant(code), tid: fc.constant(20), params: fc.tuple(fc.nat(400), fc.nat(300)) })
  const params = (events[code]?.params ?? []).map(({ type }) => fc.option(byParamType[type] ?? integers, { nil: undefined, freq: 8 }))
  return fc.record({ code: fc.constant(code), tid: oneOf([1, 10, 20, 21, 30, 0]), params: fc.tuple(...params) })
})

function populated(): World {
  const world = new World()
  const { state } = world
  state.addUser({ uid: 1000, gid: 1000, name: 'ann', home: '/home/ann', shell: '/bin/bash' })
  state.addGroup({ gid: 1000, name: 'staff' })
  state.addThread(seedOf(1, { comm: 'init', exepath: '/sbin/init', cwd: '/' }))
  state.addThread(seedOf(10, { ptid: 1, comm: 'sshd', exe: 'sshd:', args: ['', ''], env: ['A=1'] }))
  state.addThread(
    seedOf(20, { ptid: 10, comm: 'sh', args: ['-c', 'id'], env: ['HOME=/home/ann'], uid: 1000, gid: 1000, cgroups: ['memory=/b'] }),
  )
  state.addThread(seedOf(21, { ptid: 20, comm: 'cat', args: ['/etc/passwd'], loginuid: 1000, tty: 34816 }))
  return world
}

/** Shows each event of a fresh world once it has changed the state. */
function happen(specs: readonly EventSpec[], see: (event: Event) => void): void {
  const world = populated()
  for (const one of specs) see(world.on(events[one.code]?.id ?? '', one.tid ?? 0, ...one.params))
}

/** Texts that stand for values that the field has had, so that conditions often meet. */
function literalsOf(values: Iterable<Scalar>, field: Field<never>): string[] {
  const kind = kindOfType(field.type)
  const told = [...values].map((value) => {
    if (typeof value !== 'string') return String(value)
    if (kind === 'ip') return addressText(value)
    return kind === 'net' ? `${addressText(value)}/${value.length * 4}` : toUnicode(value)
  })
  return told.filter((text) => !text.includes('\0') && text.length < 200)
}

const fitting: Readonly<Record<ValueKind, (value: Scalar) => boolean>> = {
  text: (value) => typeof value === 'string',
  bytes: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value) || (typeof value === 'bigint' && !Number.isSafeInteger(Number(value))),
  double: (value) => typeof value === 'number',
  port: (value) => Number.isInteger(value),
  bool: (value) => typeof value === 'boolean',
  ip: (value) => typeof value === 'string' && (value.length === 4 || value.length === 16),
  net: (value) => typeof value === 'string' && (value.length === 4 || value.length === 16),
}

test('every field gives values of its type, or none', () => {
  const readers = written.flatMap(({ text }) => {
    const root = bound(`${text} exists`)?.root
    return root?.kind === 'check' ? [{ text, ...root.left }] : []
  })
  expect(readers).toHaveLength(written.length)
  const odd = new Map<string, string>()
  happen(fc.sample(spec, 3000), (event) => {
    for (const { text, kind, shape, read } of readers) {
      const value = read(event)
      if (value === undefined) continue
      const isFitting = Array.isArray(value)
        ? shape !== 'one' && value.every(fitting[kind])
        : shape === 'one' && fitting[kind](value as Scalar)
      if (!isFitting) odd.set(text, `${events[event.type]?.id}: ${Bun.inspect(value)}`)
    }
  })
  expect(Object.fromEntries(odd)).toEqual({})
})

const seen = new Map<Field<never>, Set<Scalar>>()
happen(fc.sample(spec, { numRuns: 600, seed: 1 }), (event) => {
  for (const { field } of written) {
    const value: Value = field.get?.(event)
    const values = seen.get(field) ?? new Set()
    seen.set(field, values)
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && values.size < 12) values.add(one)
  }
})
const pools = new Map(
  written.map(({ field }) => [field as Field<never>, [...literalsOf(seen.get(field) ?? [], field), ...literals[kindOfType(field.type)]]]),
)
const eventNames = ['open', 'openat', 'execve', 'connect', 'close', 'read']
const pool: Pool = (field) => (field.accepts ? eventNames : (pools.get(field) ?? []))

const check = oneOf(written).chain(({ field, text }) =>
  fc.oneof({ weight: 5, arbitrary: comparison(field, text, pool) }, { weight: 1, arbitrary: fc.constant(`${text} exists`) }),
)
const byType = oneOf(eventNames).map((name) => `evt.type = ${name}`)
const condition = logic(fc.oneof({ weight: 6, arbitrary: check }, { weight: 1, arbitrary: byType }), 0)

function bound(text: string): Checked<Event> | undefined {
  return checkCondition(parseCondition(text), catalogue).condition
}

test('compiled conditions on every field mean what the evaluator says', () => {
  const wanted = wantedPairs()
  let pairs = 0
  const conditions = fc.array(condition, { minLength: conditionsPerRun, maxLength: conditionsPerRun })
  const specs = fc.array(spec, { minLength: eventsPerRun, maxLength: eventsPerRun })
  const property = fc.property(conditions, specs, (texts, happened) => {
    // A literal of another field's kind, as a number where its argument makes it a text, is refused at load.
    const valid = texts.flatMap((text) => bound(text) ?? [])
    const matchers = new Map<number, KindMatcher<Event>>()
    const possible = valid.map((one) => new Set(kindsOf(one, kinds)))
    const hits: number[] = []
    happen(happened, (event) => {
      const { kind } = event
      const matcher =
        matchers.get(kind) ??
        compileKind(
          valid.map((one) => ({ condition: one })),
          kind,
          'all',
          catalogue.subjects,
        )
      matchers.set(kind, matcher)
      const expected = valid.flatMap((one, index) => (evaluate(one, event) ? [index] : []))
      const found = hits.slice(0, matcher.match(event, hits))
      if (found.join() !== expected.join()) expect(found.map((index) => texts[index])).toEqual(expected.map((index) => texts[index] ?? ''))
      // What was opened may be known by now.
      const again = hits.slice(0, matcher.match(event, hits))
      if (again.join() !== expected.join()) expect(again.map((index) => texts[index])).toEqual(expected.map((index) => texts[index] ?? ''))
      for (const index of expected) if (possible[index]?.has(kind) !== true) expect([...(possible[index] ?? [])]).toContain(kind)
      pairs += valid.length
    })
  })
  fc.assert(property, { numRuns: Math.ceil(wanted / (conditionsPerRun * eventsPerRun)) })
  expect(pairs).toBeGreaterThan(wanted / 2)
}, 600_000)
