import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { encodeRecord } from '../../src/event/encode.ts'
import { Event } from '../../src/event/event.ts'
import type { EventField } from '../../src/fields/field.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { eventCodes, events } from '../../src/schema/event.ts'

const catalogue = createSyscallFields({ hostname: 'here', staticFields: new Map([['team', 'blue']]) })
const fields = catalogue.classes.flatMap((known) => known.fields)

describe('the catalogue of syscall fields', () => {
  test('names are unique', () => {
    expect(fields.map((field) => field.name).filter((name, i, all) => all.indexOf(name) !== i)).toEqual([])
  })

  test('the listing is the one that is kept beside the tests', () => {
    const rows = createSyscallFields().classes.flatMap((known) => known.fields.map(rowOf))
    expect(rows).toEqual(
      readFileSync(join(import.meta.dir, '../golden/fields.txt'), 'utf8')
        .trimEnd()
        .split('\n'),
    )
  })

  test.each(fields)('$name has a sentence of help, and a way to be read', (field) => {
    expect(field.help).toMatch(/^[A-Z0-9<].*[a-z0-9)>].*\.$|^[a-z].*\.$/)
    expect(field.help).not.toMatch(/\.\.$/)
    expect(field.get !== undefined || field.arg?.required === true).toBe(true)
    expect(field.at !== undefined).toBe(field.arg !== undefined)
  })

  test('find knows what it lists, and nothing else', () => {
    expect(catalogue.names.map((name) => catalogue.find(name)?.name)).toEqual([...catalogue.names])
    expect(catalogue.find('proc.nosuch')).toBeUndefined()
    expect(catalogue.find('constructor')).toBeUndefined()
  })

  test('every field that the default rules name is there', () => {
    const text = readFileSync(join(import.meta.dir, '../../rules/falco_rules.yaml'), 'utf8')
    const items = parse(text) as { condition?: string; output?: string }[]
    const named = items.flatMap(
      ({ condition = '', output = '' }) =>
        `${condition} ${output}`.match(/\b(?:evt|proc|fd|fs|user|group|thread|container|k8s)\.(?!io\b)[a-z0-9_.]+/g) ?? [],
    )
    const unknown = [...new Set(named)].filter((name) => !isKnown(name.replace(/\.$/, '')))
    expect(named.length).toBeGreaterThan(50)
    expect(unknown).toEqual([])
  })

  test('static fields are texts of the configuration', () => {
    expect(catalogue.find('static.team')?.get?.(new Event())).toBe('blue')
    expect(createSyscallFields().find('static.team')).toBeUndefined()
  })
})

describe('values that are constant for a kind', () => {
  const constant = fields.filter((field) => field.ofKind !== undefined && field.get !== undefined)

  test.each(constant)('$name reads the value that it promises', (field) => {
    const event = new Event()
    for (const info of events) {
      const promised = field.ofKind?.(info.code)
      if (promised === undefined) continue
      const bytes = encodeRecord({ code: info.code, tid: 1, params: [] })
      event.attach({ bytes, length: bytes.length })
      event.moveTo(0)
      expect([info.name, field.get?.(event)]).toEqual([info.name, promised.value])
    }
  })

  test('evt.type is known for all kinds', () => {
    expect(catalogue.find('evt.type')?.ofKind?.(eventCodes + 1)?.value).toBe('restart_syscall')
    expect(catalogue.find('evt.type')?.accepts?.('openat')).toBe(true)
    expect(catalogue.find('evt.type')?.accepts?.('opentat')).toBe(false)
  })
})

describe('bad arguments', () => {
  test.each([
    ['proc.aname', 'x', 'proc.aname takes a number from 0, not x'],
    ['proc.apid', 'x', 'proc.apid takes a number from 0, not x'],
    ['evt.arg', 'flagz', 'flagz is not a valid number'],
    ['evt.rawarg', 'nosuch', 'nosuch is not a valid number'],
    ['evt.type.is', 'opennat', 'no event has the type opennat'],
    ['evt.abspath', 'middle', 'evt.abspath takes src or dst, not middle'],
    ['evt.around', 'noon', 'evt.around takes a time in nanoseconds since the epoch, not noon'],
    ['fd.types', 'all', 'fd.types takes the number of a descriptor, not all'],
  ])('%s[%s]', (name, arg, message) => {
    expect(() => catalogue.find(name)?.at?.(arg)).toThrow(message)
  })
})

function isKnown(name: string): boolean {
  const dot = name.lastIndexOf('.')
  return catalogue.find(name) !== undefined || catalogue.find(name.slice(0, dot))?.arg?.dotted?.has(name.slice(dot + 1)) === true
}

function rowOf({ name, type, format = 'NA', arg, flags = [] }: EventField): string {
  const marks = [...(arg ? [arg.required ? 'arg' : '[arg]'] : []), ...flags]
  return [name, type, format, marks.join(' ')].filter((part) => part !== '').join(' ')
}
