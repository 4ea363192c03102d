import { describe, expect, test } from 'bun:test'
import { checkTree } from '../../src/config/check.ts'
import { type KeyRow, keyRows } from '../../src/config/keys.ts'
import { configSchema } from '../../src/config/schema.ts'
import { parseTree } from '../../src/config/tree.ts'

const rows = keyRows as readonly KeyRow[]

describe('the table of keys', () => {
  test('keys are unique, help ends in a full stop', () => {
    expect(new Set(rows.map(([key]) => key)).size).toBe(rows.length)
    expect(rows.filter(([, , , help]) => !help.endsWith('.')).map(([key]) => key)).toEqual([])
  })

  test.each(rows.filter(([, type, fallback]) => type !== 'list' && fallback !== undefined).map((row) => [row[0], row] as const))(
    'the default of %s is valid',
    (key, [, , fallback]) => {
      const path = key.replaceAll('[]', '').split('.')
      const isElement = key.includes('[]')
      const value = path.reduceRight<unknown>((inner, part, i) => ({ [part]: isElement && i === 0 ? [inner] : inner }), fallback)
      expect(checkTree(parseTree(JSON.stringify(value), 'falco.yaml'))).toEqual([])
    },
  )

  test('the schema has every key and nothing else', () => {
    const paths: string[] = []
    collect(configSchema() as Schema, '', paths)
    const sections = new Set(
      rows.flatMap(([key]) =>
        key.split('.').map((_, i, parts) =>
          parts
            .slice(0, i + 1)
            .join('.')
            .replace(/\[\]$/, ''),
        ),
      ),
    )
    expect(new Set(paths)).toEqual(sections)
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

function collect(schema: Schema, path: string, paths: string[]): void {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const next = path === '' ? name : `${path}.${name}`
    paths.push(next)
    collect(child, next, paths)
  }
  if (schema.items) collect(schema.items, `${path}[]`, paths)
  for (const each of schema.anyOf ?? []) collect(each, path, paths)
}
