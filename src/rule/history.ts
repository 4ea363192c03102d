import type { RuleDefinition } from './collection.ts'
import type { RuleValues } from './draft.ts'
import type { Context } from './problem.ts'
import type { Part } from './reader.ts'

/** What one item of a file did to a list, macro or rule. */
export interface Change {
  /** The item. */
  readonly context: Context
  readonly operation: 'define' | 'append' | 'replace'
  /** The key that it changed; absent for a whole definition. */
  readonly key?: string
  /** Whether all was the same before. */
  readonly isSame: boolean
}

/** Changes of the definitions of one kind, by name, in order. */
export class History {
  private readonly byName = new Map<string, Change[]>()

  add(name: string, change: Change): void {
    const known = this.byName.get(name)
    if (known) known.push(change)
    else this.byName.set(name, [change])
  }

  of(name: string): readonly Change[] {
    return this.byName.get(name) ?? []
  }

  entries(): IterableIterator<[name: string, changes: readonly Change[]]> {
    return this.byName.entries()
  }
}

// What is compared with every later item should not be long.
const maxCompared = 10_000

/** Whether a list has all of `items`; false where it is too long to look. */
export function includesAll(list: readonly string[], items: readonly string[]): boolean {
  return list.length <= maxCompared && items.every((item) => list.includes(item))
}

export function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

/** Whether a rule has what an item adds to it. */
export function hasAll({ values, exceptions }: RuleDefinition, key: string, added: Partial<RuleValues>): boolean {
  if (key === 'tags') return includesAll(values.tags, added.tags ?? [])
  if (key !== 'exceptions') return false
  return (added.exceptions ?? []).every((draft) => {
    const known = exceptions.get(draft.name)
    return known !== undefined && includesAll(known.values.map(textOf), draft.values.map(textOf))
  })
}

/** Whether a rule has what an item puts in the place of a key. */
export function isSameValue({ values, exceptions }: RuleDefinition, key: string, replaced: Partial<RuleValues>): boolean {
  if (key === 'condition' || key === 'output') return isSameText(values[key], replaced[key] ?? [])
  if (key === 'tags') return new Set(values.tags).symmetricDifference(new Set(replaced.tags)).size === 0
  if (key !== 'exceptions') return values[key as keyof typeof values] === replaced[key as keyof typeof values]
  return isSameList(exceptions.all.map(textOf), (replaced.exceptions ?? []).map(textOf))
}

function isSameText(a: readonly Part[], b: readonly Part[]): boolean {
  return isSameList(
    a.map(({ text }) => text),
    b.map(({ text }) => text),
  )
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'context' || key === 'isSingle' ? undefined : inner))
}
