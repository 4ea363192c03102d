import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Node } from '../../src/base/node.ts'
import { isNull } from '../../src/base/node.ts'
import { readPlainYaml } from '../../src/base/plain_yaml.ts'
import { readAnyYaml } from '../../src/rule/complete_yaml.ts'
import { offsetIn } from '../../src/rule/node.ts'
import { readYaml } from '../../src/rule/yaml.ts'
import { YamlError } from '../../src/rule/yaml_error.ts'

const everything = `---
- list: a   # comment
  items: [a, 'b b', "c\\"d", [x, y], -x, "several
     lines", e,
  ]
- macro: m
  condition: >-
    foo and

      indented (x)
     less
    bar

- rule: "quoted: name"
  desc: plain one
    goes on

    after a blank line
  output: |
    literal
      more

    end
  priority:
    WARNING
  tags:
  - a
  -  b
  - - n1
    - n2
  - name: x
    fields: [a.b]
---
- foo: 'it''s'
  nothing:
  more:   # and a comment
  override: {items: append, "k 1": [x, {y: z}], empty: {}, last: }
  lines: {
    a: b c,  # comment
    'd': e }
-
- z:
`

const json = `{
 "a": 1, "b": ["c d", {"e": true}],
 "f": {"g": "h\\"i"}
}
`

// Texts to try; EYAS_FUZZ_RUNS for a long run.
const runs = Number(process.env.EYAS_FUZZ_RUNS ?? 800)

const windows = everything.replaceAll('\n', '\r\n')

const bare = (node: Node): unknown => {
  if (node.kind === 'scalar') return node.text
  if (node.kind === 'sequence') return node.items.map(bare)
  return Object.fromEntries(node.entries.map(({ key, value }) => [bare(key), bare(value)]))
}

/** What the complete parser makes of a text; undefined for a mistake. */
function complete(text: string): readonly Node[] | undefined {
  try {
    return readAnyYaml(text).filter((node) => !isNull(node))
  } catch (error) {
    if (error instanceof YamlError) return undefined
    throw error
  }
}

describe('plain YAML', () => {
  test('is read as the complete parser reads it', () => {
    const plain = readPlainYaml(everything)
    expect(plain).toBeDefined()
    expect(plain).toEqual(complete(everything) as Node[])
    expect(readPlainYaml(json)).toEqual(complete(json) as Node[])
    expect(readPlainYaml(windows)).toEqual(complete(windows) as Node[])
    expect(readPlainYaml(`- ${json.replaceAll('\n', '\n   ')}`)).toBeDefined()
  })

  test('is given up for anything unusual, never misread', () => {
    const pieces = [
      ' ',
      '\n',
      '\n  ',
      '- ',
      ':',
      ': ',
      '#',
      ' #',
      '"',
      "'",
      '[',
      ']',
      ',',
      '|',
      '>',
      '|-',
      '&a ',
      '*a',
      '!x ',
      '---\n',
      '\\',
      '{',
      '}',
      '{a: b',
      'k:',
      '"k":',
      '? ',
      '%',
      '\n\n',
      '~',
      'x',
    ]
    const edit = fc.tuple(fc.nat(everything.length), fc.nat(4), fc.constantFrom(...pieces))
    fc.assert(
      fc.property(
        fc.constantFrom(everything, json, windows),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.nat(500),
        (start, edits, from) => {
          const text = edits.reduce((result, [at, cut, piece]) => result.slice(0, at) + piece + result.slice(at + cut), start).slice(from)
          const plain = readPlainYaml(text)
          if (plain) expect(plain).toEqual(complete(text) as Node[])
        },
      ),
      { numRuns: runs },
    )
  }, 600_000)

  test.each([
    ['anchors', '- &a x\n'],
    ['tags', '- !!str x\n'],
    ['tabs', '- a:\tb\n'],
    ['carriage returns alone', '- a: b\r- c\r\n'],
    ['line ends of both sorts', '- a: b\r\n- c\n'],
    ['directives', '%YAML 1.2\n---\n- a\n'],
  ])('leaves %s to the complete parser', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined()
  })
})

describe('any YAML', () => {
  test.each([
    [
      'aliases',
      '- &a [x, y]\n- *a\n',
      [
        ['x', 'y'],
        ['x', 'y'],
      ],
    ],
    [
      'merge keys',
      '- &r {a: 1, b: 2}\n- <<: *r\n  b: 3\n',
      [
        { a: '1', b: '2' },
        { b: '3', a: '1' },
      ],
    ],
    ['several merged', '- <<: [{a: 1}, {a: 2, b: 2}]\n', [{ a: '1', b: '2' }]],
    ['numbers and booleans as text', '- [0x10, 1.50, yes, ~, 010]\n', [['0x10', '1.50', 'yes', '~', '010']]],
    ['several documents', '---\n- a\n---\n---\n- b\n', ['a']],
  ])('has %s', (_, text, expected) => {
    expect(bare(readYaml(text)[0] as Node)).toEqual(expected)
  })

  test.each([
    ['an alias of nothing', '- *a\n', /alias \*a has no anchor/],
    ['an alias of itself', '- &a [*a]\n', /alias \*a has no anchor/],
    [
      'aliases that multiply',
      `- &a0 [x, x, x, x, x, x, x, x]\n${Array.from({ length: 8 }, (_, i) => `- &a${i + 1} [${`*a${i}, `.repeat(8)}]\n`).join('')}`,
      /aliases stand for more than/,
    ],
    ['brackets without end', '['.repeat(100_000), /brackets are open at once/],
    ['dashes without end', '- '.repeat(100_000), /nested more than 200 deep/],
    ['indents without end', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested more than 200 deep/],
    ['too much of it', `# \t\n${'- a: b\n'.repeat(700_000)}`, /YAML that is slow to read/],
    ['two values', '- a: b: c\n', /Nested mappings/],
  ])('refuses %s', (_, text, message) => {
    expect(() => readYaml(text)).toThrow(message)
  })
})

test.each([
  ['plain', '- a: one two\n', 'two', 9],
  ['quoted', "- a: 'one two'\n", 'two', 10],
  ['folded', '- a: >\n    one\n    two\n', 'two', 19],
  ['over lines', '- a: one\n    two\n', 'two', 13],
])('an offset in %s text is found in the file', (_, text, word, expected) => {
  const item = readYaml(text)[0]
  const entry = item?.kind === 'sequence' && item.items[0]?.kind === 'mapping' ? item.items[0].entries[0] : undefined
  if (entry?.value.kind !== 'scalar') throw new Error('no scalar')
  expect(offsetIn(text, entry.value, entry.value.text.indexOf(word))).toBe(expected)
})
