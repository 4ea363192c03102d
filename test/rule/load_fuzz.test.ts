import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { itemKinds, ruleKeys } from '../../src/rule/keys.ts'
import { formatResult, resultsJson } from '../../src/rule/result.ts'
import { condition } from '../condition/arbitrary.ts'
import { load, rule } from './toy.ts'

// Whatever a rules file holds, loading gives a ruleset and a list of what is wrong, which can be shown. EYAS_FUZZ_RUNS for a long run.
const runs = Number(process.env.EYAS_FUZZ_RUNS ?? 300)

function survives(texts: readonly string[]): void {
  const outcome = load(texts)
  for (const result of outcome.results) {
    const shown = formatResult(result, true)
    expect(shown.startsWith(`${result.name}: ${result.isValid ? 'Ok' : 'Invalid'}`)).toBe(true)
    for (const { context } of [...result.errors, ...result.warnings]) {
      for (const place of context.path()) expect(place.at).toBeWithin(0, place.source.text.length + 1)
    }
  }
  expect(JSON.parse(JSON.stringify(resultsJson(outcome.results))).falco_load_results).toHaveLength(texts.length)
}

const base = `- required_engine_version: 0.10.0
- list: l
  items: [a, "b c", l2]
- macro: m
  condition: proc.name in (l)
${rule('r', 'evt.type = open and m', 'exceptions:', '  - {name: e, fields: [proc.name], values: [[x]]}', 'tags: [t]')}- rule: r
  exceptions:
    - name: e
      values: [[y]]
  override: {exceptions: append}
`
const pieces = ['', ' ', '\n', '\r\n', '\t', '- ', ': ', '[', ']', '{', '}', '"', "'", '(', ')', ' and ', 'not ', '&a ', '*a', 'null', 'm']
const morePieces = [
  'append',
  '\u0000',
  '🦅',
  '\\',
  '>',
  '|',
  '%',
  '#',
  '<<: ',
  '!!int ',
  '---\n',
  '\ufeff',
  '\ud800',
  '9'.repeat(40),
  '(('.repeat(600),
]

test('a broken file', () => {
  const edit = fc.tuple(fc.nat(base.length), fc.nat(8), fc.constantFrom(...pieces, ...morePieces))
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
    survives([edits.reduce((result, [at, cut, piece]) => result.slice(0, at) + piece + result.slice(at + cut), base), base])
  })
  fc.assert(property, { numRuns: runs })
}, 600_000)

const names = [
  'r',
  'm',
  'l',
  'a',
  'proc.name',
  'syscall',
  'other',
  'INFO',
  'append',
  'replace',
  'in',
  'startswith oneof',
  '=',
  'true',
  '12',
]
const texts = fc.oneof(
  fc.constantFrom(
    ...names,
    '',
    '0.10.0',
    'evt.type = open',
    'm and l',
    'or m',
    'proc.name in (l, m)',
    '%proc.name %evt.dir',
    '%nope[',
    '<NA>',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  condition(1).map((text) => text.replaceAll('toy.', 'proc.')),
)
const keys = fc.constantFrom(
  ...itemKinds.flatMap(({ keys: known }) => known.map(({ name }) => name)),
  'name',
  'fields',
  'comps',
  'values',
  'x',
)
const value = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.constantFrom(null, true, 5, -1, 1e30, []),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(keys, tie('node'), { maxKeys: 4 }),
  ),
})).node

const started = fc.constantFrom(
  { rule: 'r' },
  { macro: 'm' },
  { list: 'l' },
  { required_plugin_versions: [] },
  { required_engine_version: 1 },
  {},
)
const whole = { desc: 'd', condition: 'evt.type = open', output: 'o', priority: 'INFO' }
const item = fc
  .tuple(
    started,
    fc.boolean(),
    fc.dictionary(keys, value, { maxKeys: 5 }),
    fc.dictionary(fc.constantFrom(...ruleKeys.map(({ name }) => name)), texts),
  )
  .map(([start, isWhole, more, override]) => ({
    ...start,
    ...(isWhole ? whole : {}),
    ...more,
    ...(Object.keys(override).length > 3 ? { override } : {}),
  }))

test('a file of any values under the keys that are known', () => {
  const file = fc
    .array(fc.oneof({ weight: 8, arbitrary: item }, { weight: 1, arbitrary: value }), { maxLength: 8 })
    .map((items) => JSON.stringify(items))
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 3 }), (files) => survives(files)),
    { numRuns: runs },
  )
}, 600_000)
