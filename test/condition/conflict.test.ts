import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { findConflict } from '../../src/condition/conflict.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { Implications } from '../../src/condition/implies.ts'
import { optimize } from '../../src/condition/optimize.ts'
import { printCondition } from '../../src/condition/print.ts'
import { conditions, event } from './arbitrary.ts'
import { checked, kindNames } from './toy.ts'

function conflictIn(text: string): string | undefined {
  const conflict = findConflict(checked(text).root)
  if (!conflict) return undefined
  const { first, second, isShared } = conflict
  const say = ({ check, holds }: typeof first) => `${holds ? '' : 'not '}${printCondition(check.expr)}`
  return first === second ? say(first) : `${say(first)} | ${say(second)}${isShared ? ' ...' : ''}`
}

describe('conflicts', () => {
  test.each([
    ['toy.name = a and toy.name = b', 'toy.name = a | toy.name = b'],
    ['toy.name in (a, b) and toy.name in (c, d, e)', 'toy.name in (a, b) | toy.name in (c, d, e)'],
    ['toy.name = a and not toy.name startswith a', 'toy.name = a | not toy.name startswith a'],
    ['toy.name in (a, b) and toy.name != a and not toy.name endswith b', 'toy.name in (a, b) | not toy.name endswith b ...'],
    ['toy.name = a and (toy.path = x or (toy.name = b and toy.path = y)) and not toy.path = x', 'toy.path = x | not toy.path = x'],
    ['toy.name exists and not toy.name exists', 'toy.name exists | not toy.name exists'],
    ['toy.name in ()', 'toy.name in ()'],
    ['toy.size > 5 and toy.size <= 5', 'toy.size > 5 | toy.size <= 5'],
    ['toy.size >= 5 and not toy.size > 4', 'toy.size >= 5 | not toy.size > 4'],
    ['toy.path startswith /etc and toy.path startswith /var', 'toy.path startswith /etc | toy.path startswith /var'],
    ['toy.ok = true and toy.ok = false', 'toy.ok = true | toy.ok = false'],
    ['toy.ok exists and not toy.ok = true and not toy.ok = false', 'toy.ok exists | not toy.ok = false ...'],
    ['toy.ip = 10.0.0.1 and toy.ip = 10.0.0.2', 'toy.ip = 10.0.0.1 | toy.ip = 10.0.0.2'],
    // These can hold.
    ['toy.ips = 10.0.0.1 and toy.ips = 10.0.0.2', undefined],
    ['toy.net = 10.0.0.0/8 and toy.net = 10.1.0.0/16', undefined],
    ['toy.tags in (a) and toy.tags in (b, a)', undefined],
    ['toy.tags intersects (a) and toy.tags intersects (b)', undefined],
    ['toy.above = a and toy.above = b', undefined],
    ['not toy.name = a and not toy.name != a', undefined],
    ['not toy.name in ()', undefined],
    ['toy.size >= 5 and toy.size <= 5', undefined],
    ['toy.name = a or (toy.name = b and toy.name = c)', undefined],
    ['toy.path startswith /etc and toy.path startswith /etc/ssh', undefined],
    ['toy.name = a and toy.parent = b', undefined],
    ['tolower(toy.name) = a and toy.name = A', undefined],
  ])('%s: %s', (text, found) => {
    expect(conflictIn(text)).toBe(found)
  })

  test('a condition with one never holds', () => {
    const seen = { conflicts: 0 }
    fc.assert(
      fc.property(conditions(1), fc.array(event, { minLength: 20, maxLength: 20 }), ({ macros, texts: [text = ''] }, events) => {
        const condition = checked(text, macros)
        if (!findConflict(condition.root)) return
        seen.conflicts++
        for (const each of events) expect(evaluate(condition, each)).toBe(false)
      }),
      { numRuns: 400 },
    )
    expect(seen.conflicts).toBeGreaterThan(5)
  })
})

// Whether the first condition is found to hold only where the second does.
function implies(a: string, b: string, ignoresMissing = false): boolean {
  const [first, second] = optimize([checked(a), checked(b)], 0).roots
  if (typeof first !== 'object' || typeof second !== 'object') throw new Error('decided by the kind')
  return new Implications({ ignoresMissing }).has(first, second)
}

describe('implications', () => {
  test.each([
    ['toy.name = a and toy.size > 1', 'toy.name = a'],
    ['toy.name = a', 'toy.name in (a, b)'],
    ['toy.name in (ab, ac)', 'toy.name startswith a'],
    ['toy.name = a', 'not toy.name = b'],
    ['toy.name = a', 'toy.name != b'],
    ['toy.name = a', 'toy.name exists'],
    ['toy.path startswith /etc/ssh', 'toy.path startswith /etc'],
    ['toy.path endswith .conf.d', 'toy.path contains conf'],
    ['toy.size > 7', 'toy.size >= 7'],
    ['toy.size < 0x7', 'toy.size < 8'],
    ['toy.ips = 10.0.0.1', 'toy.ips in (10.0.0.2, 10.0.0.1)'],
    ['toy.tags intersects (a)', 'toy.tags intersects (a, b)'],
    ['toy.name = a or (toy.name = b and toy.size = 1)', 'toy.name in (a, b)'],
    ['not toy.name in (a, b)', 'not toy.name = a'],
    ['toy.name = a and (toy.size = 1 or toy.size = 2)', 'toy.size in (1, 2, 3)'],
    ['not (toy.name = a or toy.size = 1)', 'not toy.name = a'],
    ['toy.name = a', 'not (toy.name = b and toy.size = 1)'],
  ])('%s: %s', (a, b) => {
    expect(implies(a, b)).toBe(true)
    expect(implies(b, a)).toBe(false)
  })

  test.each(['glob *', 'glob **', 'regex .*', 'contains ""', 'pmatch (/, /etc)', 'startswith anyof (a, "")'])(
    '%s holds on all',
    (check) => {
      expect(implies('toy.size = 1', `toy.path ${check}`, true)).toBe(true)
      expect(implies('toy.size = 1', `toy.path ${check}`)).toBe(false)
    },
  )

  test.each(['glob a*', 'glob ?*', 'regex [^/]*', 'contains a', 'pmatch (/etc)', 'startswith allof (a, "")', '!= x', 'exists'])(
    '%s does not hold on all',
    (check) => expect(implies('toy.size = 1', `toy.path ${check}`, true)).toBe(false),
  )

  test('where one condition holds, so does what it implies', () => {
    const seen = { implications: 0 }
    fc.assert(
      fc.property(
        conditions(2),
        fc.nat(kindNames.length - 1),
        fc.array(event, { minLength: 20, maxLength: 20 }),
        ({ macros, texts }, kind, events) => {
          const both = texts.map((text) => checked(text, macros))
          const [first, second] = optimize(both, kind).roots
          if (typeof first !== 'object' || typeof second !== 'object' || !new Implications().has(first, second)) return
          seen.implications++
          for (const each of events) {
            const [a, b] = both.map((condition) => evaluate(condition, { ...each, kind }))
            expect(a && !b).toBe(false)
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(seen.implications).toBeGreaterThan(5)
  })
})
