import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { printCondition } from '../../src/condition/print.ts'
import { layCondition } from '../../src/rule/layout/condition.ts'
import { formatRules } from '../../src/rule/layout/format.ts'
import type { LoadOutcome } from '../../src/rule/load.ts'
import { YamlError } from '../../src/rule/yaml_error.ts'
import { load } from './toy.ts'

const long = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `program${from + i}`)

describe('conditions', () => {
  test.each([
    ['a.b=1 and c.d in (x,y)', ['a.b = 1', 'and c.d in (x, y)']],
    ['a.b=1  or m and not(c.d="x  y"or n)', ['a.b = 1', 'or m and not (c.d = "x  y" or n)']],
    ['and not a.b in(x)', ['and not a.b in (x)']],
    ['or m and n', ['or m', 'and n']],
    ['((a.b exists))', ['((a.b exists))']],
    ['a.b startswith anyof (x,"y z") and not not m', ['a.b startswith anyof (x, "y z")', 'and not not m']],
    ["concat(a.b,  'x  y') = val(c.d)", ["concat(a.b, 'x  y') = val(c.d)"]],
    ['a.b = ', undefined],
  ])('%s', (text, lines) => expect(layCondition(text, 60)?.lines as unknown).toEqual(lines))

  test('are broken where they are too long, in the order of their parentheses', () => {
    const text = `(a.b in (${long(9).join(',')}) and (m or (c.d = 1 and c.d = 2 and c.d = 3 and c.d = 4 and c.d = 5) or n))`
    expect(layCondition(text, 50)?.lines.join('\n')).toBe(
      `(a.b in (program0, program1, program2, program3,
         program4, program5, program6, program7,
         program8)
 and (m
      or (c.d = 1
          and c.d = 2
          and c.d = 3
          and c.d = 4
          and c.d = 5)
      or n))`,
    )
  })

  test('of two operators show which binds closer', () => {
    const part = 'c.d = 1 and c.d = 2 and c.d = 3 and c.d = 4'
    expect(layCondition(`${part} or ${part}`, 40)?.lines.join('\n')).toBe(
      `c.d = 1
  and c.d = 2
  and c.d = 3
  and c.d = 4
or c.d = 1
   and c.d = 2
   and c.d = 3
   and c.d = 4`,
    )
  })
})

const untidy = `

# head


- macro:   opened   # short
  condition: (evt.type in (open,close))
- list: few
  items:
   - a
   # why b
   - b   # because
# of the rule
- rule: One
  # what it does
  priority: INFO
  output: o %proc.name
    goes on
  desc: >  # folded

      two
      lines
  # when
  condition: opened and proc.name=a and not proc.pname in (few) and fd.name startswith /etc/something and evt.num >= 0 and evt.num >= 1
  exceptions: # none yet
     - name: e
       fields: [proc.name,fd.name]
       values:
       - [a,b]
       # more


       - - c
         - d
  tags: [${long(14).join(',')}]

    # the end
- rule: One
  enabled: false
  override: {enabled: replace}`

const tidy = `# head

- macro: opened # short
  condition: (evt.type in (open, close))

- list: few
  items:
    - a
    # why b
    - b # because

# of the rule
- rule: One
  desc: > # folded

    two
    lines
  # when
  condition: >
    opened
    and proc.name = a
    and not proc.pname in (few)
    and fd.name startswith /etc/something
    and evt.num >= 0
    and evt.num >= 1
  output: o %proc.name
    goes on
  # what it does
  priority: INFO
  tags: [
    program0, program1, program2, program3, program4, program5, program6, program7, program8, program9, program10,
    program11, program12, program13
    ]
  exceptions: # none yet
    - name: e
      fields: [proc.name, fd.name]
      values:
        - [a, b]
        # more

        - - c
          - d

  # the end
- rule: One
  enabled: false
  override: {enabled: replace}
`

describe('files', () => {
  test('are laid out as usual', () => {
    expect(formatRules(untidy)).toBe(tidy)
    expect(formatRules(tidy)).toBe(tidy)
  })

  test('keep the style of line ends, and a byte order mark', () => {
    const text = '\ufeff- list:  a\n  items: [b,c]\n'
    expect(formatRules(text)).toBe('\ufeff- list: a\n  items: [b, c]\n')
    expect(formatRules(text.replaceAll('\n', '\r\n'))).toBe('\ufeff- list: a\r\n  items: [b, c]\r\n')
  })

  test('of several documents keep their marks', () => {
    expect(formatRules('--- # one\n- list:  a\n  items: []\n---\n- list: b\n  items: []\n...\n')).toBe(
      '--- # one\n- list: a\n  items: []\n\n---\n- list: b\n  items: []\n...\n',
    )
  })

  test('keep a list of one item a line', () => {
    const text = '- list: a\n  items: [\n    b,\n    c\n    ]\n'
    expect(formatRules(text)).toBe(text)
  })

  test.each([
    ['anchors', '- list: a\n  items: &x [b,c]\n\n- list: b\n  items: *x\n'],
    ['tags', '- list: a\n  items: [b,c]\n  x: !!str   y\n'],
    ['comments inside of brackets', '- list: a\n  items: [b,   # c\n    d]\n'],
    ['keys of other kinds', '- list: a\n  ? items\n  : [b,c]\n'],
    ['blocks that keep or indent', '- rule: a\n  desc: >+\n    x\n\n'],
    ['items in braces', '- {list:  a,  items: [b,c]}\n'],
    ['JSON', '[{"list": "a",  "items": ["b","c"]}]'],
    ['a mapping', 'list:   a\nitems: [b,c]\n'],
    ['nothing', '# only   a comment\n'],
    ['a condition that is not well formed', '- macro: a\n  condition: b.c=  (\n'],
    ['a text that would be taken for a comment', '- macro: a\n  condition: "b.c=#d"\n'],
  ])('with %s stay as they are', (_, text) => expect(formatRules(text)).toBe(text))

  test('that are no YAML are refused', () => expect(() => formatRules('- list: [')).toThrow(YamlError))

  test('whose plain text would change its meaning become blocks', () => {
    expect(formatRules('- macro: a\n  condition: b.c=#d\n')).toBe('- macro: a\n  condition: >\n    b.c = #d\n')
  })
})

/** All that rules are, but for places and blanks. */
function meaning({ ruleset, results }: LoadOutcome): unknown {
  return {
    rules: ruleset.rules.map(({ checked, condition: _, exceptions, ...rule }) => ({
      ...rule,
      condition: printCondition(checked.expr),
      exceptions: exceptions.map(({ context: _context, ...exception }) => exception),
    })),
    macros: ruleset.macros.map(({ name, expr, isUsed }) => ({ name, condition: printCondition(expr), isUsed })),
    lists: ruleset.lists,
    version: [ruleset.requiredEngineVersion, ruleset.requirements],
    problems: results.map(({ errors, warnings }) =>
      [...errors, ...warnings].map(({ code, message, context }) => [code, message, context.name]),
    ),
  }
}

function commentsOf(text: string): readonly string[] {
  return (text.match(/#c\d+/g) ?? []).sort()
}

const { oneof, constantFrom, tuple, array, option, nat } = fc
const word = constantFrom('a', 'b_1', '"c d"', "'e'", '/etc/x*', 'x:y', '-f')
const flow = array(word, { maxLength: 30 }).map((items) => `[${items.join(',')}]`)
const comment = nat(99).map((n) => `#c${n}`)
const trailing = option(
  comment.map((text) => `  ${text}`),
  { nil: '' },
)
const check = tuple(constantFrom('proc.name', 'proc.pname', 'fd.name'), constantFrom('=', ' = ', '!=', '  startswith '), word).map(
  (parts) => parts.join(''),
)
const many = tuple(constantFrom('proc.name in ', 'not fd.name in'), array(word, { minLength: 1, maxLength: 12 })).map(
  ([head, items]) => `${head}(${items.join(',')})`,
)
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: oneof(
    { depthSize: 'small' },
    check,
    many,
    constantFrom('m0', 'evt.type = open'),
    tuple(tie('condition'), constantFrom(' and ', ' or ', '\nand  '), tie('condition')).map((parts) => parts.join('')),
    tie('condition').map((inner) => `not ( ${inner})`),
  ),
}))
const blanks = constantFrom(' ', '  ')
const indented = (text: string, by: string) => text.replaceAll('\n', `\n${by}`)

// A value in any of the styles that YAML has for texts.
const textOf = (text: fc.Arbitrary<string>) =>
  tuple(text, nat(4), trailing).map(([value, style, end]) => {
    if (style === 0) return `>${end}\n    ${indented(value, '    ')}`
    if (style === 1) return `|-\n      ${indented(value, '      ')}`
    if (style === 2) return `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', ' ')}"${end}`
    return `${indented(value, '     ')}${end}`
  })
const blockList = array(tuple(word, trailing), { minLength: 1, maxLength: 4 }).map((items) =>
  items.map(([item, end]) => `\n   - ${item}${end}`).join(''),
)
const listOf = oneof(
  tuple(flow, trailing).map((parts) => parts.join('')),
  blockList,
)
const exceptions = array(flow, { minLength: 1, maxLength: 3 }).map(
  (rows) => `\n    - name: e\n      fields: proc.name\n      comps: in\n      values:${rows.map((row) => `\n      - ${row}`).join('')}`,
)

const name = nat(3).map((n) => `n${n}`)
const entry = (key: string, value: fc.Arbitrary<string>) => tuple(blanks, value).map(([blank, text]) => `${key}:${blank}${text}`)
const ruleItem = tuple(
  name,
  fc.tuple(
    entry('desc', textOf(constantFrom('words', 'words\nand more'))),
    entry('condition', textOf(condition)),
    entry('output', constantFrom('o %proc.name', '"quoted: o"')),
    entry('priority', constantFrom('INFO', 'error')),
    option(entry('tags', listOf)),
    option(entry('enabled', constantFrom('true', 'false'))),
    option(entry('exceptions', exceptions)),
  ),
  nat(),
).map(([rule, entries, turn]) => {
  const given = entries.filter((text) => text !== null)
  const turned = [...given.slice(turn % given.length), ...given.slice(0, turn % given.length)]
  return [`rule: ${rule}`, ...turned]
})
const item = oneof(
  ruleItem,
  tuple(nat(1), entry('condition', textOf(condition))).map(([n, text]) => [`macro: m${n}`, text]),
  tuple(name, entry('items', listOf)).map(([list, text]) => [`list: ${list}`, text]),
  tuple(name, condition).map(([rule, text]) => [
    `rule: ${rule}`,
    `condition: and ${indented(text, '     ')}`,
    'override: {condition: append}',
  ]),
)
const file = tuple(
  array(tuple(item, array(oneof(comment, constantFrom('')), { maxLength: 2 }), option(comment)), { minLength: 1, maxLength: 6 }),
  constantFrom('', '  '),
).map(([items, by]) => {
  const texts = items.map(([[first = '', ...others], above, inside]) => {
    const between = inside === null ? [] : [`  ${inside}`]
    return [...above, `- ${first}`, ...between, ...others.map((line) => `  ${line}`)].join('\n')
  })
  return `${by}${indented(texts.join('\n'), by)}\n`
})

describe('whatever is written', () => {
  test('means the same afterwards, has its comments, and is laid out for good', () => {
    let changed = 0
    fc.assert(
      fc.property(file, (text) => {
        const formatted = tryFormat(text)
        if (formatted === undefined) return
        if (formatted !== text) changed++
        expect(meaning(load(formatted))).toEqual(meaning(load(text)))
        expect(commentsOf(formatted)).toEqual(commentsOf(text))
        expect(formatRules(formatted)).toBe(formatted)
      }),
      { numRuns: 60 },
    )
    expect(changed).toBeGreaterThan(40)
  })

  const upstream = process.env.EYAS_UPSTREAM_RULES
  const files = upstream === undefined ? [] : readdirSync(dirname(upstream)).filter((path) => path.endsWith('.yaml'))
  test.skipIf(files.length === 0).each(files)('upstream: %s', (path) => {
    const text = readFileSync(join(dirname(upstream ?? ''), path), 'utf8')
    const formatted = formatRules(text)
    expect(formatted).not.toBe(text)
    expect(formatRules(formatted)).toBe(formatted)
    expect(formatted.match(/#.*/g)?.toSorted()).toEqual(text.match(/#.*/g)?.toSorted())
  })
})

// Items of random columns are no YAML together.
function tryFormat(text: string): string | undefined {
  try {
    return formatRules(text)
  } catch (error) {
    if (error instanceof YamlError) return undefined
    throw error
  }
}
