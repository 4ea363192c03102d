import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkCondition } from '../../src/condition/check.ts'
import { kindsOf } from '../../src/condition/kinds.ts'
import { parseCondition } from '../../src/condition/parse.ts'
import { KindSets } from '../../src/rule/kinds.ts'
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
