import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../base/fault.ts'
import { find, textOf } from './read.ts'
import type { Mapping } from './tree.ts'

export interface Include {
  readonly path: string
  readonly strategy: 'append' | 'override' | 'add-only'
}

/** The files and directories that `config_files` names, also those that are not there. */
export function includePathsOf(tree: Mapping, expandText: (text: string) => string): Include[] {
  const node = find(tree, 'config_files')
  const items = node?.kind === 'list' ? node.items : node ? [node] : []
  return items.flatMap((item) => {
    const path = expandText((item.kind === 'map' ? textOf(item.entries.get('path')) : textOf(item)) ?? '')
    const strategy = item.kind === 'map' ? textOf(item.entries.get('strategy')) : undefined
    return path === '' ? [] : [{ path, strategy: strategy === 'override' || strategy === 'add-only' ? strategy : 'append' }]
  })
}

/**
 * The files at these paths: directories give their regular files in order of name, missing paths nothing.
 *
 * @throws Fault `config-include` where the main file includes itself.
 */
export function includesOf(paths: readonly Include[], mainFile: string): Include[] {
  return paths.flatMap(({ path, strategy }) =>
    regularFiles(path).map((file): Include => {
      if (isSameFile(file, mainFile)) {
        throw new Fault('config-include', `Config error: 'config_files' directive tried to recursively include main config file: ${file}.`)
      }
      return { path: file, strategy }
    }),
  )
}

/**
 * Merges an included file's top-level keys into `into`.
 *
 * append extends lists, replaces what is not a list and adds what is new; override replaces; add-only adds.
 */
export function mergeInto(into: Mapping, from: Mapping, strategy: Include['strategy'], file: string): void {
  if (from.entries.has('config_files')) {
    throw new Fault('config-include', `Config error: 'config_files' directive in included config file ${file}.`, {
      place: from.keys.get('config_files'),
    })
  }
  for (const [key, value] of from.entries) {
    const old = into.entries.get(key)
    if (old && strategy === 'add-only') continue
    if (old?.kind === 'list' && value.kind === 'list' && strategy === 'append') {
      old.items.push(...value.items)
      continue
    }
    into.entries.set(key, value)
    into.keys.set(key, from.keys.get(key) ?? value.place)
  }
}

function regularFiles(path: string): string[] {
  const info = statSync(path, { throwIfNoEntry: false })
  if (!info) return []
  if (!info.isDirectory()) return [path]
  const inside = readdirSync(path).sort()
  return inside.map((name) => join(path, name)).filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
}

function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return false
  }
}
