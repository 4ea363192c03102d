import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

// Who may import whom: each folder of src, and the folders that it may import besides itself. Type imports count.
const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  schema: [],
  event: ['schema', 'base'],
  condition: ['schema', 'base'],
  state: ['event', 'schema', 'base'],
  rule: ['condition', 'schema', 'base'],
  lints: ['rule', 'condition', 'schema', 'base'],
  fields: ['event', 'condition', 'schema', 'base'],
  capture: ['event', 'schema', 'base'],
  plugins: ['fields', 'condition', 'event', 'schema', 'base'],
  engine: ['rule', 'condition', 'event', 'base'],
  outputs: ['engine', 'base'],
  metrics: ['base'],
  inspect: ['engine', 'event', 'schema', 'base'],
  drivers: ['capture', 'base'],
  chisels: ['inspect', 'fields', 'event', 'base'],
  views: ['inspect', 'fields', 'event', 'base'],
  server: ['plugins', 'engine', 'base'],
  config: ['outputs', 'plugins', 'drivers', 'base'],
}
// A set's members know its contract and shared/, but not each other. Commands may import everything.
const sets = ['lints', 'outputs', 'metrics', 'plugins', 'drivers', 'chisels', 'views']
const contracts: Readonly<Record<string, string>> = {
  lints: 'lint.ts',
  outputs: 'output.ts',
  metrics: 'metric.ts',
  plugins: 'plugin.ts',
  drivers: 'driver.ts',
  chisels: 'chisel.ts',
  views: 'view.ts',
}
// Modules that only one place may import.
const reserved: Readonly<Record<string, readonly string[]>> = {
  'bun:ffi': ['src/capture/library.ts'],
  yaml: ['src/rule/', 'src/config/'],
  hono: ['src/server/'],
}
const fileLines = 400
const tableLines = 600
// Files that are tables: rows, and nothing to follow.
const tables = ['src/schema/', 'src/config/keys.ts', 'src/commands/flags.ts', 'src/fields/']

const root = join(import.meta.dir, '..')
const files = filesIn(join(root, 'src'))
const imports = files.flatMap((file) => importsOf(file).map((target) => ({ file: relative(root, file), target })))

describe('architecture', () => {
  test('every folder of src has its place in the layers', () => {
    const folders = readdirSync(join(root, 'src')).filter((name) => statSync(join(root, 'src', name)).isDirectory())
    expect(folders.filter((name) => name !== 'commands' && !(name in layers))).toEqual([])
  })

  test('imports go down only', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      const from = folderOf(file)
      const to = target.startsWith('src/') ? folderOf(target) : undefined
      if (from === undefined || to === undefined || from === to || from === 'commands') return []
      return layers[from]?.includes(to) ? [] : [`${file} imports ${target}`]
    })
    expect(wrong).toEqual([])
  })

  test('members of a set do not import each other', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      const set = folderOf(file) ?? ''
      if (!sets.includes(set) || folderOf(target) !== set || basename(file) === 'index.ts') return []
      const isOwn = memberOf(target) !== undefined && memberOf(target) === memberOf(file)
      const isAllowed = isOwn || target.startsWith(`src/${set}/shared/`) || target === `src/${set}/${contracts[set]}`
      return isAllowed ? [] : [`${file} imports ${target}`]
    })
    expect(wrong).toEqual([])
  })

  test('what is reserved is imported where it belongs', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      const [module = ''] = target.split('/')
      const places = reserved[module]
      return places && !places.some((place) => file.startsWith(place)) ? [`${file} imports ${target}`] : []
    })
    expect(wrong).toEqual([])
  })

  test('only commands import config, and only main imports commands', () => {
    const outside = imports.filter(({ file, target }) => {
      if (target.startsWith('src/config/')) return !file.startsWith('src/config/') && !file.startsWith('src/commands/')
      return target.startsWith('src/commands/') && !file.startsWith('src/commands/') && file !== 'src/main.ts'
    })
    expect(outside).toEqual([])
  })

  test('the program ends in one place', () => {
    const exits = files.filter((file) => /process\.exit\(/.test(readFileSync(file, 'utf8'))).map((file) => relative(root, file))
    expect(exits).toEqual(['src/main.ts'])
  })

  test('files stay short', () => {
    const long = files.map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
    const limit = (file: string) => (tables.some((table) => file.startsWith(table)) ? tableLines : fileLines)
    expect(long.filter(({ file, lines }) => lines > limit(file))).toEqual([])
  })
})

// A member of a set that is a folder.
function memberOf(file: string): string | undefined {
  const [, set, member, inside] = file.split('/')
  return inside === undefined ? undefined : `${set}/${member}`
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const targets = [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
  return targets.map((target) => (target.startsWith('.') ? relative(root, resolve(dirname(file), target)) : target))
}

function folderOf(path: string): string | undefined {
  const parts = path.split('/')
  return parts[0] === 'src' && parts.length > 2 ? parts[1] : undefined
}
