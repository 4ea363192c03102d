import { describe, expect, test } from 'bun:test'
import { printCondition } from '../../src/condition/print.ts'
import { errorsOf, load, rule, shown, warningsOf } from './toy.ts'

const compiled = (texts: string | readonly string[]) => {
  const outcome = load(texts)
  expect(errorsOf(outcome)).toEqual([])
  return Object.fromEntries(outcome.ruleset.rules.map(({ name, checked }) => [name, printCondition(checked.expr)]))
}

const open = 'evt.type = open'

describe('macros', () => {
  test('are seen by rules wherever they stand, and across files', () => {
    expect(compiled([`${rule('r', 'm')}- macro: m\n  condition: ${open}\n`, rule('s', 'm and evt.num = 1')])).toEqual({
      r: open,
      s: `(${open} and evt.num = 1)`,
    })
  })

  test('see those before them only', () => {
    const outcome = load(`- macro: a\n  condition: b\n- macro: b\n  condition: ${open}\n${rule('r', 'a')}`)
    expect(errorsOf(outcome)).toEqual(["Undefined macro 'b' used in filter."])
  })

  test.each([
    ['itself', '- macro: a\n  condition: a\n', ["Undefined macro 'a' used in filter."]],
    [
      'each other in a circle',
      '- macro: a\n  condition: evt.num = 1\n- macro: b\n  condition: a\n- macro: a\n  condition: or b\n  override: {condition: append}\n',
      ["Undefined macro 'a' used in filter."],
    ],
  ])('may not refer to %s', (_, text, errors) => {
    expect(errorsOf(load(text))).toEqual(errors)
  })

  test('a mistake in one is told once, not for each rule', () => {
    const outcome = load(`- macro: m\n  condition: proc.nmae = x\n${rule('r', 'm')}${rule('s', `${open} and m`)}`)
    expect(errorsOf(outcome)).toEqual(['filter_check called with nonexistent field proc.nmae'])
    expect(outcome.ruleset.rules).toEqual([])
  })
})

describe('lists', () => {
  test('hold items of lists before them', () => {
    const lists = '- list: a\n  items: [b, x]\n- list: b\n  items: [a, y]\n'
    expect(compiled(`${lists}${rule('r', `${open} and proc.name in (b)`)}`)).toEqual({ r: `(${open} and proc.name in (b, x, y))` })
  })

  test('changed by a later file change rules of an earlier one', () => {
    const first = `- list: l\n  items: [a]\n${rule('r', `${open} and proc.name in (l)`)}`
    const second = '- list: l\n  items: [b]\n  override: {items: append}\n'
    expect(compiled([first, second])).toEqual({ r: `(${open} and proc.name in (a, b))` })
  })

  test('that multiply are refused', () => {
    const lists = Array.from({ length: 30 }, (_, i) => `- list: l${i}\n  items: [x, ${`l${i - 1}, `.repeat(i === 0 ? 0 : 10)}]\n`)
    expect(errorsOf(load(lists.join('')))[0]).toBe('Lists inside of lists have more than 1000000 items')
  })
})

describe('append and override', () => {
  const base = rule('r', open, 'tags: [a]')
  test.each([
    ['condition', 'condition: and evt.num = 1\n  override: {condition: append}', { condition: `${open} and evt.num = 1` }],
    ['output', 'output: "p"\n  override: {output: append}', { output: 'o p' }],
    ['desc', 'desc: e\n  override: {desc: append}', { desc: 'd e' }],
    ['tags', 'tags: [b, a]\n  override: {tags: append}', { tags: ['a', 'b'] }],
    ['tags anew', 'tags: [b]\n  override: {tags: replace}', { tags: ['b'] }],
    ['priority', 'priority: Error\n  override: {priority: replace}', { priority: 3 }],
    ['enabled', 'enabled: off\n  override: {enabled: replace}', { enabled: false }],
    [
      'capture',
      'capture: yes\n  capture_duration: 0x10\n  override: {capture: replace, capture_duration: replace}',
      { capture: true, captureDurationMs: 16 },
    ],
    ['several at once', 'output: p\n  desc: e\n  override: {output: replace, desc: append}', { output: 'p', desc: 'd e' }],
    ['the old way', 'condition: and evt.num = 1\n  append: true', { condition: `${open} and evt.num = 1` }],
    ['only enabled', 'enabled: false', { enabled: false }],
  ])('%s', (_, lines, expected) => {
    const outcome = load(`${base}- rule: r\n  ${lines}\n`)
    expect(errorsOf(outcome)).toEqual([])
    expect(outcome.ruleset.rules).toEqual([expect.objectContaining(expected)])
  })

  test.each([
    ['priority: ERROR\n  override: {priority: append}', "Key 'priority' cannot be appended to, use 'replace' instead"],
    ['source: syscall\n  override: {source: replace}', "Key 'source' cannot be replaced"],
    ['desc: e\n  override: {desc: prepend}', "Invalid override operation for key 'desc': 'prepend'. Allowed values are: append replace "],
    ['override: {desc: replace}', "A replace override for 'desc' was specified but 'desc' is not defined"],
    ['desc: e\n  output: p\n  override: {desc: append}', "Unexpected key 'output': no corresponding entry under 'override' is defined."],
    ['append: true', 'Appended rule must have exceptions or condition property'],
    ['source: other\n  condition: x\n  append: true', 'Rule has been re-defined with a different source'],
    ['priority: high\n  override: {priority: replace}', 'Invalid priority'],
    ['capture_duration: -1\n  override: {capture_duration: replace}', "Can't decode YAML scalar value"],
  ])('%p is refused', (lines, message) => {
    expect(errorsOf(load(`${base}- rule: r\n  ${lines}\n`))).toEqual([message])
  })

  test.each([
    [
      '- rule: x\n  condition: and a\n  append: true\n',
      "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
    ],
    [
      '- rule: x\n  desc: a\n  override: {desc: replace}\n',
      "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists",
    ],
    ['- rule: x\n  enabled: true\n', "Rule has 'enabled' key but no rule by that name already exists"],
    [
      '- macro: x\n  condition: or a\n  append: true\n',
      "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists",
    ],
    ['- list: x\n  items: [a]\n  append: true\n', "List uses 'append' or 'override.items: append' but no list by that name already exists"],
  ])('%p needs something before it', (text, message) => {
    expect(errorsOf(load(text))).toEqual([message])
  })

  test('a rule defined again keeps its place', () => {
    const outcome = load(`${rule('a', open)}${rule('b', open)}${rule('a', 'evt.type = close')}`)
    expect(outcome.ruleset.rules.map(({ name, condition }) => [name, condition])).toEqual([
      ['a', 'evt.type = close'],
      ['b', open],
    ])
  })
})

describe('mistakes', () => {
  test('of all items are told at once, and what depends on them is not blamed', () => {
    const text = `- macro: m\n  condition:\n- rule: x\n  desc: d\n${rule('r', 'm')}${rule('s', 'evt.num = 1 and')}- rule: x\n  desc: e\n  override: {desc: append}\n${rule('t', 'nope')}`
    expect(errorsOf(load(text))).toEqual([
      "Mapping for key 'condition' is empty",
      "Item has no mapping for key 'condition'",
      "expected blank or '(' after 'and'",
      "Undefined macro 'nope' used in filter.",
    ])
  })

  test('of one file do not keep others from loading', () => {
    const outcome = load([rule('r', 'nope'), rule('s', open)])
    expect(outcome.results.map(({ isValid }) => isValid)).toEqual([false, true])
    expect(outcome.ruleset.rules.map(({ name }) => name)).toEqual(['s'])
  })

  test('in an earlier file are not told again for a later one', () => {
    const outcome = load([`${rule('r', 'nope')}- list: l\n  items: []\n`, rule('s', open), rule('r', open)])
    expect(outcome.results.map(({ errors, warnings }) => [errors.length, warnings.length])).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ])
  })

  test.each([
    ['just text\n', 'Rules content is not yaml'],
    ['a: b\n', 'Rules content is not yaml array of objects'],
    ['- text\n', 'Unexpected element type. Each element should be a yaml associative array.'],
    ['- rule:\n', "Mapping for key 'rule' is empty"],
    ['- rule: ""\n', 'Value must be non-empty'],
    ['- rule: [a]\n', 'Value is not a scalar value'],
    ['- list: l\n  items: a\n', 'Value is not a sequence'],
    ['- rule: r\n  enabled: maybe\n', "Can't decode YAML scalar value"],
  ])('%p is refused', (text, message) => {
    expect(errorsOf(load(text))).toEqual([message])
  })
})

describe('what is too much', () => {
  const many = (count: number, item: (i: number) => string) => Array.from({ length: count }, (_, i) => item(i)).join('')
  const start = rule('r', open)

  test.each([
    ['items', many(20_001, (i) => `- list: l${i}\n  items: []\n`), ['Rules files have more than 20000 items']],
    [
      'checks in one condition',
      rule(
        'r',
        many(100_001, () => `${open} or `),
      ),
      ['the condition has more than 100000 checks'],
    ],
    [
      'checks',
      many(4, (i) => rule(`r${i}`, `${many(50_000, () => `${open} or `)}evt.num = ${i}`)),
      ['The conditions of all rules have more than 150000 checks'],
    ],
    [
      'text by lists',
      `- list: l\n  items: [${many(100_000, (i) => `a${i},`)}]\n${many(20, (i) => rule(`r${i}`, `evt.num = ${i} and proc.name in (l)`))}`,
      ['The condition is too long with the items of its lists'],
    ],
    [
      'patterns',
      rule('r', `${many(20_000, (i) => `proc.name regex a${i} or `)}${open}`),
      ["there are too many or too long patterns for 'regex' in all rules together"],
    ],
  ])('%s is refused', (_, text, expected) => {
    expect(errorsOf(load(text)).slice(0, 1)).toEqual(expected)
  })

  test('mistakes are not all told', () => {
    const errors = errorsOf(load(many(3000, (i) => `- rule: r${i}\n`)))
    expect(errors.length).toBe(1001)
    expect(errors[1000]).toBe('There are more than 1000 errors; the rest of the file is not looked at')
  })

  test.each([
    [
      'lists',
      `- list: l\n  items: [a]\n${many(10_000, (i) => `- list: l\n  items: [b${i}]\n  append: true\n`)}${rule('r', 'proc.name in (l)')}`,
    ],
    [
      'macros',
      `- macro: m\n  condition: ${open}\n${many(10_000, (i) => `- macro: m\n  condition: or evt.num = ${i}\n  append: true\n`)}${rule('r', 'm')}`,
    ],
    ['conditions', start + many(10_000, (i) => `- rule: r\n  condition: or evt.num = ${i}\n  append: true\n`)],
    [
      'exceptions',
      start + many(10_000, (i) => `- rule: r\n  exceptions:\n  - name: e${i}\n    fields: proc.name\n    values: [a]\n  append: true\n`),
    ],
  ])('adding to %s ten thousand times is not', (_, text) => {
    expect(errorsOf(load(text))).toEqual([])
  })

  test('an exception that is wrong leaves those beside it out', () => {
    const added = '- rule: r\n  exceptions:\n  - {name: a, fields: proc.name, values: [x]}\n  - {name: b, values: [y]}\n  append: true\n'
    const { ruleset } = load(start + added)
    expect(ruleset.rules[0]?.exceptions).toEqual([])
  })
})

describe('versions', () => {
  test.each([
    ['26', []],
    ['0.63.0', []],
    ['0.64.0', ['Rules require engine version 0.64.0, but engine version is 0.63.0']],
    ['1.0.0', ['Rules require engine version 1.0.0, but engine version is 0.63.0']],
    ['new', ['Unable to parse engine version \'new\' as a semver string. Expected "x.y.z" semver format.']],
  ])('engine %s', (version, errors) => {
    const outcome = load(`- required_engine_version: ${version}\n${rule('r', open)}`)
    expect(errorsOf(outcome)).toEqual(errors)
    expect(outcome.ruleset.rules).toHaveLength(errors.length > 0 ? 0 : 1)
  })

  const asked = '- required_plugin_versions:\n  - name: a\n    version: 1.2.0\n    alternatives:\n      - name: b\n        version: 0.1.0\n'
  test.each([
    ['a', '1.2.0', true],
    ['a', '1.3.1', true],
    ['a', '1.1.9', false],
    ['a', '2.0.0', false],
    ['b', '0.1.0', true],
    ['c', '1.2.0', false],
  ])('plugin %s %s', (name, version, isMet) => {
    const { unmet } = load(asked, { plugins: [{ name, version }] })
    expect(unmet).toEqual(isMet ? [] : ['Plugin requirement not satisfied, must load one of: a (>= 1.2.0), b (>= 0.1.0)'])
  })
})

describe('warnings', () => {
  test.each([
    ['- foo: bar\n', ['LOAD_UNKNOWN_ITEM']],
    ['- list: a b\n  items: []\n', ['LOAD_INVALID_LIST_NAME', 'LOAD_UNUSED_LIST']],
    ['- macro: a-b\n  condition: evt.num = 1\n', ['LOAD_INVALID_MACRO_NAME', 'LOAD_UNUSED_MACRO']],
    [rule('r', open, 'colour: red'), ['LOAD_UNKNOWN_KEY']],
    [rule('r', open, 'desc: again'), ['LOAD_UNKNOWN_KEY']],
    [rule('r', open, 'source: other'), ['LOAD_UNKNOWN_SOURCE']],
    [rule('r', 'proc.name = a'), ['LOAD_NO_EVTTYPE']],
    [rule('r', 'proc.name = a', 'warn_evttypes: false'), []],
    [rule('r', 'evt.type != open'), ['LOAD_NO_EVTTYPE']],
    [rule('r', 'evt.type = open and evt.type = close'), ['LOAD_NO_EVTTYPE']],
    [rule('r', `${open} and proc.nmae = a`, 'skip-if-unknown-filter: true'), ['LOAD_UNKNOWN_FILTER']],
    [rule('r', 'evt.type = opne', 'skip-if-unknown-filter: true'), ['LOAD_UNKNOWN_FILTER']],
    [rule('r', open, 'skip-if-unknown-filter: true').replace('output: o', 'output: "%no.such"'), ['LOAD_UNKNOWN_FILTER']],
    [rule('r', open).replace('output: o', 'output: o %container.info'), ['LOAD_DEPRECATED_ITEM']],
    [rule('r', `${open} and evt.dir = <`), ['LOAD_DEPRECATED_ITEM']],
    [`${rule('r', open)}- rule: r\n  enabled: false\n`, ['LOAD_DEPRECATED_ITEM']],
  ])('%p', (text, codes) => {
    const outcome = load(text)
    expect(errorsOf(outcome)).toEqual([])
    expect(warningsOf(outcome)).toEqual(codes)
  })

  test('a rule of an unknown source can still be added to', () => {
    const outcome = load(`${rule('r', 'x.y = 1', 'source: other')}- rule: r\n  condition: or x.y = 2\n  override: {condition: append}\n`)
    expect(errorsOf(outcome)).toEqual([])
    expect(outcome.ruleset.rules).toEqual([])
  })
})

test('the configuration adds to outputs of rules that match', () => {
  const fields = [{ name: 'env', format: 'prod', isRaw: false }]
  const outcome = load(`${rule('a', open, 'tags: [x, y]')}${rule('b', open)}`, {
    appendOutput: [
      { tags: ['y'], output: 'one' },
      { rule: 'a', output: 'two', fields },
      { source: 'other', output: 'three' },
    ],
  })
  expect(outcome.ruleset.rules.map(({ format, extraFields }) => [format, extraFields])).toEqual([
    ['o one two', fields],
    ['o', []],
  ])
})

test('the configuration adds the fields that are marked for it', () => {
  const appendOutput = [{ rule: 'a', output: 'x', isSuggested: true }]
  expect(load(rule('a', open) + rule('b', open), { appendOutput }).ruleset.rules.map(({ format }) => format)).toEqual([
    'o x proc_name=%proc.name fd_name=%fd.name',
    'o',
  ])
})

test('a rule knows the kinds of events it can fire on', () => {
  const conditions = [open, 'evt.type in (close, connect)', 'not evt.type = open and evt.type in (open, close)', 'evt.num = 1']
  const outcome = load(conditions.map((condition, i) => rule(`r${i}`, condition)).join(''))
  expect(outcome.ruleset.rules.map(({ kinds }) => (kinds && kinds.length > 3 ? kinds.length : kinds))).toEqual([[0], [1, 2], [1], 200])
})

test.each([
  ['a mark of UTF-8', (text: string) => `\ufeff${text}`],
  ['line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
  ['both', (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`],
])('%s changes neither meaning nor places', (_, change) => {
  const text = `${rule('r', '>\n    evt.type = open\n    and proc.name = a')}${rule('bad', 'evt.type = nope')}`
  const [plain, changed] = [load(text), load(change(text))]
  expect(changed.ruleset.rules.map(({ name, condition }) => [name, condition])).toEqual(
    plain.ruleset.rules.map(({ name, condition }) => [name, condition]),
  )
  expect(shown(changed)).toBe(shown(plain))
})
