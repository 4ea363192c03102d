import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lints } from '../../src/lints/index.ts'
import type { Subject } from '../../src/lints/lint.ts'
import { load, rule } from '../rule/toy.ts'

// What the lints find in texts that are loaded as a.yaml, b.yaml, ...: code, place and message.
function found(texts: string | readonly string[], matching: Subject['matching'] = 'first', off: readonly string[] = []): string[] {
  const { ruleset, origins, results } = load(texts, { isTraced: true })
  expect(results.flatMap(({ errors }) => errors.map(({ message }) => message))).toEqual([])
  const rules = ruleset.rules.flatMap((each) => {
    const compiled = origins.rules.get(each.name)
    return compiled ? [{ rule: each, compiled, isRunning: each.enabled && !off.includes(each.name) }] : []
  })
  return lints.flatMap(({ code, find }) =>
    [...find({ rules, origins, matching })].map(({ message, context: { source, at } }) => {
      const { line, column } = source.position(at)
      return `${source.name}:${line + 1}:${column + 1} ${code}: ${message}`
    }),
  )
}

const macro = (name: string, condition: string) => `- macro: ${name}\n  condition: ${condition}\n`
const list = (name: string, items: string) => `- list: ${name}\n  items: [${items}]\n`

describe('never-matches', () => {
  test('says which checks exclude each other, and where', () => {
    expect(found(rule('r', 'evt.type = open and evt.type = close'))).toEqual([
      "a.yaml:2:34 never-matches: rule 'r' can never match: 'evt.type = close' is false wherever 'evt.type = open' holds",
    ])
  })

  test('looks into macros, and shows the place there', () => {
    const text = macro('opened', '(evt.type = open)') + rule('r', 'evt.type = close and opened')
    expect(found(text)).toEqual([
      "a.yaml:2:15 never-matches: rule 'r' can never match: 'evt.type = open' is false wherever 'evt.type = close' holds",
    ])
  })

  test('tells which of several checks fail together', () => {
    expect(found(rule('r', 'evt.type = open and proc.name in (a, b) and proc.name != a and not proc.name = b'))).toEqual([
      "a.yaml:2:81 never-matches: rule 'r' can never match: 'not proc.name = b' is false wherever 'proc.name in (a, b)' and the other checks on it hold",
    ])
  })

  test('knows an empty list, but not one that is there to be filled', () => {
    expect(found(rule('r', 'evt.type = open and proc.name in ()'))).toEqual([
      "a.yaml:2:34 never-matches: rule 'r' can never match: 'proc.name in ()' has nothing to compare with",
    ])
    expect(found(list('mine', '') + rule('r', 'evt.type = open and proc.name in (mine)'))).toEqual([])
  })

  test('takes a macro that says only that a field is there for one to override', () => {
    const placeholder = macro('allowed', '(proc.name exists)')
    expect(found(placeholder + rule('r', 'evt.type = open and proc.name = a and not allowed'))).toEqual([])
  })

  test.each([
    'evt.type = open or evt.type = close',
    'evt.type = open and not proc.name = a and not proc.name != a',
    'evt.type in (open, close) and (proc.name = a or proc.name = b)',
    'evt.type = open and proc.name startswith a and proc.name endswith b',
  ])('%s can hold', (condition) => expect(found(rule('r', condition))).toEqual([]))
})

describe('contradiction', () => {
  test('is found in a part of a condition', () => {
    const text = rule('r', 'evt.type = open and (proc.name = x or (fd.name = /a and fd.name = /b))')
    expect(found(text)).toEqual(["a.yaml:2:70 contradiction: this part never holds: 'fd.name = /b' and 'fd.name = /a' exclude each other"])
  })

  test('of a macro is said once', () => {
    const text = macro('odd', 'proc.name = x or (fd.name = /a and not fd.name = /a)')
    const rules = rule('r', 'evt.type = open and odd') + rule('s', 'evt.type = close and odd')
    expect(found(text + rules)).toEqual([
      "a.yaml:2:53 contradiction: this part never holds: 'not fd.name = /a' and 'fd.name = /a' exclude each other",
    ])
  })

  test('between macros is none: they are made for many places', () => {
    const text = macro('a', 'fd.name = /a') + macro('b', 'fd.name = /b')
    expect(found(text + rule('r', 'evt.type = open and (proc.name = x or (a and b))'))).toEqual([])
  })
})

describe('shadowed', () => {
  const broad = rule('broad', 'evt.type in (open, close) and proc.name in (a, b)')
  const narrow = rule('narrow', 'evt.type = open and proc.name = a and fd.name = /x')
  const message = "narrow' never fires: 'broad' (a.yaml:1) comes first and holds whenever it does"

  test('by an earlier rule that holds on more', () => {
    expect(found(broad + narrow)).toEqual([`a.yaml:6:3 shadowed: rule '${message}`])
    expect(found([broad, narrow])).toEqual([`b.yaml:1:3 shadowed: rule '${message}`])
  })

  test('is no rule that comes first, or where all rules fire, or the other is off', () => {
    expect(found(narrow + broad)).toEqual([])
    expect(found(broad + narrow, 'all')).toEqual([])
    expect(found(broad + narrow, 'first', ['broad'])).toEqual([])
    expect(found(broad + narrow, 'first', ['narrow'])).toEqual([])
  })

  test('is no rule with a kind of event of its own', () => {
    expect(found(broad + rule('narrow', 'evt.type in (open, connect) and proc.name = a'))).toEqual([])
  })

  test('is no rule that never matches', () => {
    expect(found(list('none', '') + broad + rule('narrow', 'evt.type = open and proc.name = a and fd.name in (none)'))).toEqual([])
  })
})

describe('exception-hides-all', () => {
  const withException = (...lines: readonly string[]) => rule('r', 'evt.type = open and proc.name = a', 'exceptions:', ...lines)
  const message = "exception 'e' leaves nothing of rule 'r': it holds whenever the condition does"

  test.each([
    ['every value', ['- name: e', '  fields: fd.name', '  comps: startswith anyof', '  values: ["", /x]']],
    ['the condition itself', ['- name: e', '  fields: proc.name', '  values: [a, b]']],
    ['a pair of both', ['- name: e', '  fields: [proc.name, fd.name]', '  comps: ["=", glob]', '  values: [[a, "*"]]']],
  ])('finds %s', (_, lines) => {
    expect(found(withException(...lines))).toEqual([`a.yaml:7:5 exception-hides-all: ${message}`])
  })

  test.each([
    ['one without values', ['- name: e', '  fields: fd.name']],
    ['other values', ['- name: e', '  fields: proc.pname', '  values: [a, b]']],
    ['a narrower pair', ['- name: e', '  fields: [proc.name, fd.name]', '  values: [[a, /x]]']],
  ])('leaves %s', (_, lines) => expect(found(withException(...lines))).toEqual([]))
})

describe('override-unused', () => {
  const base = rule('r', 'evt.type = open', 'tags: [x]') + list('l', 'a, b') + rule('s', 'evt.type = close and proc.name in (l)')
  const override = (key: string, value: string, operation: string) => `- rule: r\n  ${key}: ${value}\n  override: {${key}: ${operation}}\n`

  test.each([
    ['enabled', 'true', 'replace', "replacing 'enabled' of rule 'r' has no effect: it has this value already"],
    ['priority', 'INFO', 'replace', "replacing 'priority' of rule 'r' has no effect: it has this value already"],
    ['condition', 'evt.type = open', 'replace', "replacing 'condition' of rule 'r' has no effect: it has this value already"],
    ['tags', '[x]', 'append', "adding to 'tags' of rule 'r' has no effect: all of it is there already"],
    ['tags', '[x]', 'replace', "replacing 'tags' of rule 'r' has no effect: it has this value already"],
  ])('%s: %s, %s', (key, value, operation, message) => {
    expect(found([base, override(key, value, operation)])).toEqual([`b.yaml:1:3 override-unused: ${message}`])
  })

  test.each([
    ['enabled', 'false', 'replace'],
    ['tags', '[y]', 'append'],
    ['tags', '[]', 'replace'],
    ['condition', 'and proc.name = a', 'append'],
  ])('%s: %s, %s has an effect', (key, value, operation) => expect(found([base, override(key, value, operation)])).toEqual([]))

  test('finds items that are there, and exceptions', () => {
    const more = '- list: l\n  items: [b, a]\n  override: {items: append}\n'
    expect(found([base, more])).toEqual([
      "b.yaml:1:3 override-unused: adding to 'items' of list 'l' has no effect: all of it is there already",
    ])
    const values = override('exceptions', '[{name: e, fields: proc.name, values: [a]}]', 'append')
    const again = override('exceptions', '[{name: e, values: [a]}]', 'append')
    expect(found([base, values, again])).toEqual([
      "c.yaml:1:3 override-unused: adding to 'exceptions' of rule 'r' has no effect: all of it is there already",
    ])
  })

  test('finds what a later item undoes', () => {
    const changed = override('tags', '[y]', 'append')
    expect(found([base, changed, rule('r', 'evt.type = open')])).toEqual([
      "b.yaml:1:3 override-unused: adding to 'tags' of rule 'r' has no effect: c.yaml:1 defines it anew",
    ])
    expect(found([base, changed, override('tags', '[z]', 'replace')])).toEqual([
      "b.yaml:1:3 override-unused: adding to 'tags' of rule 'r' has no effect: c.yaml:1 replaces it",
    ])
    expect(found([base, changed, override('priority', 'ERROR', 'replace')])).toEqual([])
  })
})

describe('redefined', () => {
  test('is what the same file defines twice', () => {
    const text = macro('m', 'proc.name = a') + macro('m', 'proc.name = b') + rule('r', 'evt.type = open and m')
    expect(found(text)).toEqual(["a.yaml:1:3 redefined: macro 'm' is defined again at a.yaml:3, which replaces this"])
  })

  test('is not what another file replaces', () => {
    expect(found([rule('r', 'evt.type = open'), rule('r', 'evt.type = close')])).toEqual([])
  })
})

describe('slow-operator', () => {
  test.each([
    ['glob "*a*"', 'contains a'],
    ['glob "a*"', 'startswith a'],
    ['glob "*a"', 'endswith a'],
    ['glob a', '= a'],
    ['iglob "*a*"', 'icontains a'],
    ['regex a', '= a'],
    ['regex "(a|b)"', 'in (a, b)'],
    ['regex "/etc/a b"', '= "/etc/a b"'],
  ])('proc.name %s is %s', (slow, plain) => {
    const { ruleset, origins } = load(rule('r', `evt.type = open and proc.name ${slow}`), { isTraced: true })
    const compiled = origins.rules.get('r')
    const [each] = ruleset.rules
    if (!compiled || !each) throw new Error('not loaded')
    const lint = lints.find(({ code }) => code === 'slow-operator')
    const [finding] = [...(lint?.find({ rules: [{ rule: each, compiled, isRunning: true }], origins, matching: 'first' }) ?? [])]
    expect(finding?.hint).toBe(`write proc.name ${plain}, which says the same`)
  })

  test.each(['glob "*a*b"', 'glob "a?"', 'iglob a', 'regex a+', 'regex "a.b"', 'glob "*"'])('proc.name %s is as it has to be', (check) => {
    expect(found(rule('r', `evt.type = open and proc.name ${check}`))).toEqual([])
  })

  test('finds a pattern that is tried on nearly every event', () => {
    expect(found(rule('r', 'proc.name regex "a+b"', 'warn_evttypes: false'))).toEqual([
      "a.yaml:2:14 slow-operator: 'proc.name regex a+b' is slow, and rule 'r' is tried on nearly every event",
    ])
  })
})

test('codes are unique, and help is a sentence', () => {
  const codes = lints.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  for (const { code, help } of lints) {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
    expect(help).toMatch(/^[A-Z].*\.$/)
  }
})

test('the manual has a row for each', () => {
  const manual = readFileSync(join(import.meta.dir, '../../docs/rules.md'), 'utf8')
  for (const { code } of lints) expect(manual).toContain(`| \`${code}\` |`)
})

describe('rules that are tried on many kinds', () => {
  const all = (name: string, condition: string) => rule(name, condition, 'warn_evttypes: false')

  test('are compared on each of them', () => {
    const broad = all('broad', 'proc.name = a or evt.type = open')
    expect(found(broad + all('narrow', 'proc.name = a and fd.name = /x'))).toHaveLength(1)
    expect(found(broad + all('narrow', 'proc.name in (a, b)'))).toEqual([])
    expect(found(broad + all('narrow', 'evt.type in (open, close)'))).toEqual([])
    expect(found(broad + all('narrow', 'evt.type in (open, close) and proc.name = a'))).toHaveLength(1)
    expect(found(all('narrow', 'evt.type = close') + all('broad', 'not evt.type = open and not evt.type = connect'))).toEqual([])
  })

  test('are hidden only if they are on all kinds', () => {
    const first = rule('first', 'evt.type in (open, other1, other2)')
    expect(found(first + rule('second', 'evt.type in (other1, other2, other3)'))).toEqual([])
    expect(found(first + rule('second', 'evt.type in (other2, other1)'))).toHaveLength(1)
  })

  test('have exceptions that are tried on all kinds', () => {
    const hiding = all('r', 'proc.name = a or evt.type = open').trimEnd()
    const exceptions = (values: string) => `\n  exceptions: [{name: e, fields: proc.name, values: [${values}]}]\n`
    expect(found(hiding + exceptions('a'))).toEqual([])
    expect(found(all('r', 'proc.name = a and evt.num = 1').trimEnd() + exceptions('a, b'))).toHaveLength(1)
  })
})

test('work is bounded, whatever the rules say', () => {
  const many = Array.from({ length: 3000 }, (_, i) => `p${i}`)
  const text =
    rule(
      'in',
      `evt.type = open and proc.name in (${many.join(', ')}) and ${many.map((name) => `not proc.name = ${name}x`).join(' and ')}`,
    ) +
    rule(
      'or',
      `evt.type = open and ${many
        .slice(0, 300)
        .map((name) => `(proc.name = ${name} or fd.name = /${name})`)
        .join(' and ')}`,
    ) +
    many
      .slice(0, 300)
      .map((name) => rule(name, 'evt.num = 1 and proc.name = a', 'warn_evttypes: false'))
      .join('')
  expect(found(text)).toHaveLength(299)
})
