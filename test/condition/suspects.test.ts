import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { compileKind } from '../../src/condition/compile.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { logic } from './arbitrary.ts'
import { checked, type ToyEvent, ToySubjects } from './toy.ts'

// Rules that need texts of the same fields are looked for by the texts that an event has: all of them must be found, each once, in order.

const letters = fc.array(fc.constantFrom('a', 'b', '+'), { minLength: 1, maxLength: 4 }).map((chars) => chars.join(''))
const quoted = letters.map((text) => `"${text}"`)
const check = fc.oneof(
  fc.tuple(fc.constantFrom('toy.path', 'toy.name'), fc.constantFrom('=', 'startswith', 'endswith', 'contains', '!='), quoted),
  fc.tuple(
    fc.constantFrom('toy.path', 'toy.name'),
    fc.constant('in'),
    fc.array(quoted, { minLength: 1, maxLength: 3 }).map((all) => `(${all})`),
  ),
)
const rule = logic(
  check.map((parts) => parts.join(' ')),
  0,
)
const event: fc.Arbitrary<ToyEvent> = fc.record({ kind: fc.constant(0), path: letters, name: letters }, { requiredKeys: ['kind', 'path'] })

function expectSame(texts: readonly string[], events: readonly ToyEvent[]): void {
  const bound = texts.map((text) => checked(text))
  const rules = bound.map((condition) => ({ condition }))
  const matchers = [compileKind(rules, 0, 'all'), compileKind(rules, 0, 'all', new ToySubjects())]
  const first = [compileKind(rules, 0, 'first'), compileKind(rules, 0, 'first', new ToySubjects())]
  const hits: number[] = []
  for (const one of events) {
    const expected = bound.flatMap((each, index) => (evaluate(each, one) ? [index] : []))
    for (const { match } of matchers) expect(hits.slice(0, match(one, hits))).toEqual(expected)
    for (const { match } of first) expect(hits.slice(0, match(one, hits))).toEqual(expected.slice(0, 1))
  }
}

test('rules that need texts hold where the evaluator says so', () => {
  const rules = fc.array(rule, { minLength: 6, maxLength: 24 })
  fc.assert(fc.property(rules, fc.array(event, { minLength: 30, maxLength: 30 }), expectSame), { numRuns: 300 })
}, 60_000)

test('more texts than one pattern looks for are found one by one', () => {
  const texts = Array.from({ length: 60 }, (_, n) => `toy.path contains /${n}/ or toy.path endswith .${n}`)
  const paths = ['/7/', '/1/59/x', 'a.7', '/12/.12', '/60/', '']
  expectSame(
    texts,
    paths.map((path) => ({ kind: 0, path })),
  )
})

test('of many rules, only those are tested whose text is there', () => {
  let reads = 0
  const texts = Array.from({ length: 50 }, (_, n) => `toy.path startswith /${n}/ and toy.name = a`)
  const { match } = compileKind(
    texts.map((text) => ({ condition: checked(text) })),
    0,
    'all',
  )
  const of = (path: string) => ({
    kind: 0,
    path,
    get name() {
      reads++
      return 'a'
    },
  })
  const hits: number[] = []
  expect(match(of('/usr/lib'), hits)).toBe(0)
  expect(reads).toBe(0)
  expect(hits.slice(0, match(of('/49/lib'), hits))).toEqual([49])
  expect(reads).toBe(1)
})
