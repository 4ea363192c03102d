import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventListing } from '../../src/commands/list_events.ts'
import { fieldListing } from '../../src/commands/list_fields.ts'
import { createSyscallFields } from '../../src/fields/index.ts'

const golden = (name: string) =>
  readFileSync(join(import.meta.dir, '../golden', name), 'utf8')
    .trimEnd()
    .split('\n')

interface EventsJson {
  readonly sections: readonly {
    readonly category: string
    readonly events: readonly { readonly name: string; readonly direction: string }[]
  }[]
}

describe('--list-events', () => {
  const { sections } = JSON.parse(eventListing('json')) as EventsJson
  const listed = sections.flatMap(({ events }) => events)

  test('lists the events that are kept beside the tests', () => {
    const directions = new Map<string, string>()
    for (const { name, direction } of listed) directions.set(name, `${directions.get(name) ?? ''}${direction}`)
    expect([...directions].map(([name, text]) => `${name} ${text}`)).toEqual(golden('events.txt'))
    expect(sections.map(({ category }) => category)).toEqual(['Syscall events', 'Tracepoint events', 'Plugin events', 'Metaevents'])
  })

  test('says the same in every format', () => {
    const text = [...eventListing('text').matchAll(/^([<>]) (\w+)\(/gm)].map(([, direction, name]) => [name, direction])
    const markdown = [...eventListing('markdown').matchAll(/^\| `([<>])` \| \*\*(\w+)\*\*\(/gm)].map(([, direction, name]) => [
      name,
      direction,
    ])
    const json = listed.map(({ name, direction }) => [name, direction])
    expect(text as unknown[]).toEqual(json)
    expect(markdown as unknown[]).toEqual(json)
  })
})

describe('--list', () => {
  const { classes } = createSyscallFields()
  const sources = [{ name: 'syscall', classes }]
  const visible = golden('fields.txt')
    .filter((row) => !/\bhidden\b/.test(row))
    .map((row) => row.split(' ')[0] ?? '')

  test('-N is every field that is kept beside the tests, but hidden ones', () => {
    expect(fieldListing(sources, 'names').trimEnd().split('\n')).toEqual(visible)
  })

  test('says the same in every format', () => {
    const text = [...fieldListing(sources, 'text').matchAll(/^([a-z]\S*\.\S+)\s+(?:\(|$)/gm)].map(([, name]) => name)
    const markdown = [...fieldListing(sources, 'markdown').matchAll(/^`(\S+)` \| /gm)].map(([, name]) => name)
    const json = (JSON.parse(fieldListing(sources, 'json')) as { classes: { fields: { name: string }[] }[] }).classes
    expect(text as unknown[]).toEqual(visible)
    expect(markdown as unknown[]).toEqual(visible)
    expect(json.flatMap(({ fields }) => fields.map(({ name }) => name))).toEqual(visible)
  })
})
