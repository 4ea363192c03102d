import { expect, test } from 'bun:test'
import { describeRuleset, listRules } from '../../src/rule/describe.ts'
import { ruleSchema } from '../../src/rule/schema.ts'
import { load, options, rule } from './toy.ts'

const describeOptions = {
  outputFields: (source: string, format: string) => options.checkFormat(source, format).fields,
  eventNames: (kinds: readonly number[]) => kinds.map(String),
  plugins: () => [],
}

test('lists, macros and rules are described as written and as compiled', () => {
  const { ruleset } = load(
    `- required_engine_version: 11
- list: cats
  items: [cat]
- list: animals
  items: [cats, dog]
- macro: is_animal
  condition: proc.name in (animals)
${rule('r', 'evt.type=open and is_animal', 'tags: [b, a]', 'exceptions:', '  - {name: e, fields: [fd.name], comps: [startswith], values: [[/etc]]}').replace('output: o', 'output: "%proc.name did"')}`,
    {
      appendOutput: [
        {
          output: 'x %evt.num',
          fields: [
            { name: 'who', format: 'p=%proc.name', isRaw: false },
            { name: 'fd.name', format: 'fd.name', isRaw: true },
          ],
        },
      ],
    },
  )
  expect(describeRuleset(ruleset, describeOptions)).toEqual({
    required_engine_version: '0.11.0',
    required_plugin_versions: [],
    lists: [
      { info: { name: 'cats', items: ['cat'] }, details: { used: true, items_compiled: ['cat'], lists: [], plugins: [] } },
      { info: { name: 'animals', items: ['dog'] }, details: { used: true, items_compiled: ['cat', 'dog'], lists: ['cats'], plugins: [] } },
    ],
    macros: [
      {
        info: { name: 'is_animal', condition: 'proc.name in (animals)' },
        details: {
          used: true,
          macros: [],
          lists: ['animals'],
          plugins: [],
          condition_compiled: 'proc.name in (cat, dog)',
          condition_fields: ['proc.name'],
          condition_operators: ['in'],
        },
      },
    ],
    rules: [
      {
        info: {
          name: 'r',
          condition: 'evt.type=open and is_animal',
          description: 'd',
          output: '%proc.name did',
          priority: 'Informational',
          source: 'syscall',
          tags: ['a', 'b'],
          enabled: true,
          capture: false,
          capture_duration: 0,
        },
        details: {
          condition_compiled: '((evt.type = open and proc.name in (cat, dog)) and not fd.name startswith /etc)',
          condition_fields: ['evt.type', 'fd.name', 'proc.name'],
          condition_operators: ['=', 'in', 'startswith'],
          events: ['0'],
          macros: ['is_animal'],
          lists: [],
          plugins: [],
          output_compiled: '%proc.name did x %evt.num',
          output_fields: ['evt.num', 'proc.name'],
          extra_output_fields: ['fd.name'],
          extra_output_formatted_fields: { who: 'p=%proc.name' },
          exception_names: ['e'],
          exception_fields: ['fd.name'],
          exception_operators: ['startswith'],
        },
      },
    ],
  })
})

test('a list of rules wraps descriptions under each other', () => {
  const { ruleset } = load(
    `${rule('short', 'evt.type = open')}${rule('x'.repeat(60), 'evt.type = open').replace('desc: d', `desc: ${'word '.repeat(20)}`)}`,
  )
  const indent = ' '.repeat(51)
  expect(listRules(ruleset.rules).split('\n')).toEqual([
    `Rule${' '.repeat(47)}Description`,
    `----${' '.repeat(47)}-----------`,
    `short${' '.repeat(46)}d`,
    'x'.repeat(60),
    `${indent}${'word '.repeat(14).trim()}`,
    `${indent}${'word '.repeat(6).trim()}`,
  ])
})

test('the schema knows every key, and no others', () => {
  const schema = ruleSchema() as { items: { additionalProperties: boolean; properties: { [key: string]: object } } }
  expect(schema.items.additionalProperties).toBe(false)
  expect(Object.keys(schema.items.properties).sort()).toMatchInlineSnapshot(`
    [
      "append",
      "capture",
      "capture_duration",
      "condition",
      "desc",
      "enabled",
      "exceptions",
      "items",
      "list",
      "macro",
      "output",
      "override",
      "priority",
      "required_engine_version",
      "required_plugin_versions",
      "rule",
      "skip-if-unknown-filter",
      "source",
      "tags",
      "warn_evttypes",
    ]
  `)
  expect(schema.items.properties.override).toMatchObject({
    properties: { priority: { enum: ['replace'] }, items: { enum: ['append', 'replace'] } },
  })
})
