import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { compileKind } from '../../src/condition/compile.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { kindsOf } from '../../src/condition/kinds.ts'
import { wantedPairs } from '../tools/pairs.ts'
import { conditions, event } from './arbitrary.ts'
import { checked, kindNames, ToySubjects } from './toy.ts'

const kinds = kindNames.map((_, kind) => kind)
const conditionsPerRun = 16
const eventsPerRun = 40

test('compiled conditions mean what the evaluator says, on any rules and events', () => {
  const wanted = wantedPairs()
  let pairs = 0
  const events = fc.array(event, { minLength: eventsPerRun, maxLength: eventsPerRun })
  const property = fc.property(conditions(conditionsPerRun), events, ({ macros, texts }, happened) => {
    const bound = texts.map((text) => checked(text, macros))
    const sources = bound.map((one) => ({ condition: one }))
    const all = kinds.map((kind) => compileKind(sources, kind, 'all'))
    const first = kinds.map((kind) => compileKind(sources, kind, 'first'))
    const subjects = new ToySubjects()
    const remembering = kinds.map((kind) => compileKind(sources, kind, 'all', subjects))
    const firstRemembering = kinds.map((kind) => compileKind(sources, kind, 'first', subjects))
    const possible = bound.map((one) => new Set(kindsOf(one, kinds)))
    const hits: number[] = []
    for (const one of happened) {
      const expected = bound.flatMap((each, index) => (evaluate(each, one) ? [index] : []))
      const found = hits.slice(0, all[one.kind]?.match(one, hits) ?? 0)
      if (found.join() !== expected.join()) expect(found).toEqual(expected)
      const earliest = hits.slice(0, first[one.kind]?.match(one, hits) ?? 0)
      if (earliest[0] !== expected[0]) expect(earliest).toEqual(expected.slice(0, 1))
      // Twice, as the second time may know what the first found out.
      for (let round = 0; round < 2; round++) {
        const again = hits.slice(0, remembering[one.kind]?.match(one, hits) ?? 0)
        if (again.join() !== expected.join()) expect(again).toEqual(expected)
        const earliestAgain = hits.slice(0, firstRemembering[one.kind]?.match(one, hits) ?? 0)
        if (earliestAgain[0] !== expected[0]) expect(earliestAgain).toEqual(expected.slice(0, 1))
      }
      for (const index of expected) if (possible[index]?.has(one.kind) !== true) expect(possible[index]).toContain(one.kind)
      pairs += bound.length
    }
  })
  fc.assert(property, { numRuns: Math.ceil(wanted / (conditionsPerRun * eventsPerRun)) })
  expect(pairs).toBeGreaterThanOrEqual(wanted)
}, 600_000)
