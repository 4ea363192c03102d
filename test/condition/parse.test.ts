import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Expr, fieldsOf, macrosOf, type OperatorName, operatorsOf } from '../../src/condition/ast.ts'
import { ConditionFault, locate } from '../../src/condition/fault.ts'
import { expandMacros } from '../../src/condition/macros.ts'
import { maxDepth, parseCondition } from '../../src/condition/parse.ts'
import { printCondition, rewriteCondition } from '../../src/condition/print.ts'
import { condition } from './arbitrary.ts'

const print = (text: string) => printCondition(parseCondition(text))

function faultOf(text: string): ConditionFault {
  try {
    parseCondition(text)
  } catch (error) {
    if (error instanceof ConditionFault) return error
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

/** The tree without its offsets. */
function bare(expr: Expr): unknown {
  return JSON.parse(JSON.stringify(expr, (key, value) => (key === 'start' || key === 'end' ? undefined : value)))
}

describe('parseCondition', () => {
  test.each([
    ['a.b=1 or c.d = 2 and e', '(a.b = 1 or (c.d = 2 and e))'],
    ['not(a)', 'not a'],
    ['not not a', 'a'],
    ['not (not (a))', 'not not a'],
    ['(((a.b exists)))', 'a.b exists'],
    ['a \n and \n not \n b', '(a and not b)'],
    ['a.b in()', 'a.b in ()'],
    ['a.b in (1, \'x y\', "z")', 'a.b in (1, "x y", z)'],
    ['a.b in names', 'a.b in names'],
    ['a.b pmatch (/etc)', 'a.b pmatch (/etc)'],
    ['a.b[0] = x', 'a.b[0] = x'],
    ['a.b["x y"] exists', 'a.b["x y"] exists'],
    ['a.b[""] exists', 'a.b[""] exists'],
    ['a.b = "say \\"hi\\""', 'a.b = "say \\"hi\\""'],
    ["a.b = 'it\\'s'", 'a.b = "it\'s"'],
    ['a.b regex "x\\.y"', 'a.b regex "x\\\\.y"'],
    ['a.b = "\\x41\\x42"', 'a.b = AB'],
    ['a.b = ""', 'a.b = '],
    ['a.b >=-1.5e+3', 'a.b >= -1.5e+3'],
    ['a.b < 0xFF', 'a.b < 0xFF'],
    ['a.b = oneof (x, y)', 'a.b = oneof (x, y)'],
    ['a.b contains anyof names', 'a.b contains anyof names'],
    ['a.b = oneof or c', '(a.b = oneof or c)'],
    ['a.b = oneof', 'a.b = oneof'],
    ['tolower( b64(a.b) ) = val(c.d)', 'tolower(b64(a.b)) = val(c.d)'],
    ['join("-", (a.b, "x")) = y', 'join(-,(a.b,x)) = y'],
    ['getopt(a.b, "n:")["n"] = y', 'getopt(a.b,n:)[n] = y'],
    ['notable and organic', '(notable and organic)'],
  ])('reads %p as %p', (text, printed) => {
    expect(print(text)).toBe(printed)
  })

  const operators =
    "'exists', '<=', '<', '>=', '>', '==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'"
  const transformed = "a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'"
  test.each([
    ['', "expected a '(' token, a field check, or an identifier", 0],
    ['a.b = x y', "unexpected token after 'x', expecting 'or', 'and'", 8],
    ['and a', "unexpected token after 'and', expecting 'or', 'and'", 4],
    ['a = 1', "unexpected token after 'a', expecting 'or', 'and'", 2],
    ['a or', "expected blank or '(' after 'or'", 4],
    ['a andb', "expected blank or '(' after 'and'", 5],
    ['(a', "expected a ')' token", 2],
    ['a.b', `expected a valid check operator: one of ${operators}`, 3],
    ['a.b-c = 1', `expected a valid check operator: one of ${operators}`, 3],
    ['a.b startswith', `expected a valid check operator: one of ${operators}`, 4],
    ['a.b = (x)', `expected a string value or ${transformed}`, 6],
    ['a.b = "x', `expected a string value or ${transformed}`, 6],
    ['a.b < x', `expected a number value or ${transformed}`, 6],
    ['a.b in /etc', `expected a list, an identifier, or ${transformed}`, 7],
    ['a.b in (x,)', 'expected a string value', 10],
    ['a.b[] = x', 'expected a valid field argument: a quoted string or a bare string', 4],
    ['a.b[x = y', "expected a ']' token", 5],
    ['tolower(ab) = x', 'expected field transformer argument: field, transformer, quoted string, number, or transformer list', 8],
    ['a.b = val(tolower(c.d))', "'val' takes a field", 10],
    ['val(a.b) = x', "'val' stands on the right-hand side of a check only", 0],
    ['a.b = b64(val(c.d))', "'val' cannot stand inside another transformer", 10],
  ])('refuses %p', (text, message, start) => {
    const fault = faultOf(text)
    expect([fault.code, fault.message, fault.start]).toEqual(['condition-syntax', message, start])
  })

  test('keeps the places of what it read', () => {
    const text = ' a.b = x and not c.d in (y, "z")'
    const expr = parseCondition(text)
    if (expr.kind !== 'and') throw new Error(expr.kind)
    expect(expr.items.map((item) => text.slice(item.start, item.end))).toEqual(['a.b = x', 'not c.d in (y, "z")'])
  })

  test('nests as deep as the limit and no deeper', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`
    expect(print(nested(maxDepth))).toBe('a')
    expect(faultOf(nested(maxDepth + 1)).message).toBe('exceeded max depth limit of 1000')
    expect(faultOf(`${'b64('.repeat(5000)}a.b${')'.repeat(5000)} exists`).code).toBe('condition-too-deep')
  })

  test.each([
    ['parentheses', '('],
    ['negations', 'not '],
    ['alternatives', 'a.b = x or '],
    ['values', 'a.b in (x, '.padEnd(200, 'y, ')],
    ['quotes', '"'],
    ['opened quotes', 'a.b = "x '],
    ['modifiers', 'a.b = oneof '],
  ])('answers on megabytes of %s', (_name, part) => {
    expect(faultOf(part.repeat(4_000_000 / part.length))).toBeInstanceOf(ConditionFault)
  })

  test('reads a rewritten condition as the same tree', () => {
    const property = fc.property(condition(2), (text) => {
      const expr = parseCondition(text)
      expect(bare(parseCondition(rewriteCondition(expr)))).toEqual(bare(expr))
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('reads a rewritten value as the same text, whatever it is', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('"', "'", '\\', ' ', 'x', '4', '(', ']') }))
    const property = fc.property(text, fc.constantFrom('=', 'contains', 'regex'), (value, operator) => {
      const at = { start: 0, end: 0 }
      const literal = { kind: 'literal', text: value, ...at } as const
      const left = { kind: 'call', name: 'concat', args: [literal, { kind: 'field', name: 'a.b', arg: value, ...at }], ...at } as const
      const expr: Expr = { kind: 'compare', left, operator: operator as OperatorName, right: literal, ...at }
      expect(bare(parseCondition(rewriteCondition(expr)))).toEqual(bare(expr))
    })
    fc.assert(property, { numRuns: 2000 })
  })

  test('never throws anything but a fault', () => {
    const pieces = [
      'a',
      'a.b',
      ' ',
      '(',
      ')',
      'not',
      'and',
      'or',
      '=',
      '<',
      'in',
      'pmatch',
      '"',
      "'",
      '\\',
      '[',
      ']',
      ',',
      'tolower(',
      'val(',
      '1',
      'anyof',
      '\n',
    ]
    const property = fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      try {
        parseCondition(parts.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(ConditionFault)
      }
    })
    fc.assert(property, { numRuns: 1000 })
  })
})

describe('expandMacros', () => {
  const bodies = { shell: parseCondition('proc.name in (sh, bash)') }
  const lookup = (name: string) => (name === 'shell' ? bodies.shell : undefined)

  test('puts shared bodies in place of names', () => {
    const expr = expandMacros(parseCondition('shell and not shell'), lookup)
    expect(printCondition(expr)).toBe('(proc.name in (sh, bash) and not proc.name in (sh, bash))')
    expect([fieldsOf(expr), operatorsOf(expr), macrosOf(expr)]).toEqual([['proc.name'], ['in'], ['shell']])
  })

  test('refuses a name without a body', () => {
    expect(() => expandMacros(parseCondition('shell or shel'), lookup)).toThrow("Undefined macro 'shel' used in filter.")
  })

  test.each([
    ['multiply', 'm or m', 40],
    ['nest', 'not (a.b exists and m)', 1100],
  ])('refuses macros that %s without bounds', (_how, text, times) => {
    let body = parseCondition('a.b exists')
    const grow = () => {
      for (let i = 0; i < times; i++) {
        const last = body
        body = expandMacros(parseCondition(text), () => last)
      }
    }
    expect(grow).toThrow('the condition is too large with its macros expanded')
  })
})

test.each([
  ['abc', 1, { line: 1, column: 2, snippet: 'abc' }],
  ['abc\ndef\n', 4, { line: 2, column: 1, snippet: 'def' }],
  ['abc\ndef', 99, { line: 2, column: 4, snippet: 'def' }],
  ['', 0, { line: 1, column: 1, snippet: '' }],
])('locate(%p, %d)', (text, offset, place) => {
  expect(locate(text, offset)).toEqual(place)
})
