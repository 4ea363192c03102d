import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { load, rule } from './toy.ts'

const runs = Number(process.env.EYAS_FUZZ_RUNS ?? 300)

// Each file is compiled when those before it are, from what was made of them: in the end it is as if all stood in one.
const listName = fc.constantFrom('l', 'k', 'cat', 'l x')
const macroName = fc.constantFrom('m', 'n', 'o')
const listItem = fc.oneof(listName, fc.constantFrom('a', 'b', '"c d"'))
const check = fc.oneof(
  macroName,
  listName.map((name) => `proc.name in (${name})`),
  fc.constantFrom('evt.type = open', 'proc.pname = cat', 'fd.name = k'),
)
const whole = fc.array(check, { minLength: 1, maxLength: 3 }).map((checks) => checks.join(' and '))
const item = fc.oneof(
  fc
    .tuple(listName, fc.array(listItem, { maxLength: 3 }))
    .map(([name, items]) => `- list: ${name}\n  items: [${items.map((item) => JSON.stringify(item)).join(', ')}]\n`),
  fc.tuple(listName, listItem).map(([name, added]) => `- list: ${name}\n  items: [${added}]\n  override: {items: append}\n`),
  fc.tuple(macroName, whole).map(([name, condition]) => `- macro: ${name}\n  condition: ${condition}\n`),
  fc.tuple(macroName, check).map(([name, added]) => `- macro: ${name}\n  condition: or ${added}\n  override: {condition: append}\n`),
  fc.tuple(fc.constantFrom('r', 's'), whole).map(([name, condition]) => rule(name, condition)),
  fc
    .tuple(fc.constantFrom('r', 's'), check)
    .map(([name, added]) => `- rule: ${name}\n  condition: or ${added}\n  override: {condition: append}\n`),
)

test('items in several files are as in one', () => {
  let loaded = 0
  const property = fc.property(fc.array(item, { minLength: 2, maxLength: 14 }), fc.infiniteStream(fc.boolean()), (items, isEnd) => {
    const files = ['']
    for (const item of items) {
      files[files.length - 1] += item
      if (files.length < 8 && isEnd.next().value) files.push('- list: last\n  items: []\n')
    }
    const { ruleset } = load(files)
    const together = load(files.join('')).ruleset
    loaded += ruleset.rules.length
    expect(printed(ruleset.rules)).toBe(printed(together.rules))
    expect(printed(ruleset.macros)).toBe(printed(together.macros))
    expect(printed(ruleset.lists)).toBe(printed(together.lists))
  })
  fc.assert(property, { numRuns: runs * 5 })
  expect(loaded).toBeGreaterThan(runs)
}, 600_000)

// Without where it stands.
function printed(value: unknown): string {
  return JSON.stringify(value, (key, value) => (['start', 'end', 'context', 'source', 'isUsed'].includes(key) ? undefined : value))
}
