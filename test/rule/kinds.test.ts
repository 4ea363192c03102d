import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkCondition } from '../../src/condition/check.ts'
import type { Catalogue, Field } from '../../src/condition/field.ts'
import { kindsOf } from '../../src/condition/kinds.ts'
import { parseCondition } from '../../src/condition/parse.ts'
import { KindSets, sourceKinds } from '../../src/rule/kinds.ts'
import { catalogue, kinds } from './toy.ts'

const checks = [
  'evt.type = open',
  'evt.type != open',
  'evt.type in (open, close)',
  'evt.type startswith other1',
  'evt.type exists',
  'evt.num = 1',
]
const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...checks),
    tie('condition').map((inner) => `not (${inner})`),
    fc.array(tie('condition'), { minLength: 2, maxLength: 3 }).map((items) => `(${items.join(' and ')})`),
    fc.array(tie('condition'), { minLength: 2, maxLength: 3 }).map((items) => `(${items.join(' or ')})`),
  ),
}))

test('sets of kinds are those that deciding kind by kind gives', () => {
  const sets = new KindSets(kinds)
  fc.assert(
    fc.property(condition, (text) => {
      const checked = checkCondition(parseCondition(String(text)), catalogue).condition
      if (!checked) throw new Error(`not well formed: ${text}`)
      expect(sets.of(checked.root)).toEqual(kindsOf(checked, kinds))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['evt.type = open and evt.num = 1', ['open'], 1],
  ['evt.type = open and not evt.type = open', [], 0],
  ['evt.type = never', [], 1],
  ['evt.type = never or evt.type in (open, close)', ['open', 'close'], 3],
  ['evt.type = never and evt.type = open', [], 0],
  ['evt.type = nameless', [], 0],
  ['evt.type startswith open', 'all', 'all'],
  ['not evt.type startswith open', 'all', 'all'],
  ['evt.num = 1', 'all', 'all'],
])('%s selects types by name only', (text, selected, named) => {
  const { toy, universe, past } = typed()
  const checked = checkCondition(parseCondition(text), toy).condition
  if (!checked) throw new Error(`not well formed: ${text}`)
  const sets = sourceKinds(universe, past)
  const found = sets.selected.of(checked.root)
  expect(found.length === universe.length ? 'all' : found.map((kind) => names[kind] as string)).toEqual(selected)
  const among = sets.named.of(checked.root).length
  expect(among === past.length ? 'all' : among).toBe(named)
})

const names = ['open', 'close', 'never', 'other']

// `never` is the type of an event that does not come any more, `nameless` of none.
function typed() {
  const type: Field<never> = {
    name: 'evt.type',
    type: 'CHARBUF',
    help: 'Type.',
    get: () => 'open',
    ofKind: (kind) => ({ value: names[kind] }),
    accepts: (name) => names.includes(name) || name === 'nameless',
  }
  const toy: Catalogue<never> = { names: ['evt.type'], find: (name) => (name === 'evt.type' ? type : catalogue.find(name)) }
  return { toy, universe: [0, 1, 3], past: [0, 1, 2, 3] }
}
