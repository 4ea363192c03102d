import type { Collection, ListDefinition } from './collection.ts'
import { joinItems, tokensWith } from './list.ts'
import type { List } from './ruleset.ts'

// Lists inside of lists multiply.
export const maxListItems = 1_000_000

type CompiledList = Omit<List, 'isUsed'>

/** Lists with the items of those inside of them. */
export class CompiledLists {
  readonly byName = new Map<string, CompiledList>()
  /** Names of lists that others, or conditions, refer to. */
  readonly used = new Set<string>()
  /** Names of those that are not as they were when they were compiled before. */
  changed: readonly string[] = []
  /** What may be the name of a list in a text. */
  tokens: RegExp = tokensWith([])
  private readonly collection: Collection
  private readonly texts = new Map<string, string>()
  private readonly pending = new Set<string>()
  private earlier: ReadonlyMap<string, CompiledList> = new Map()
  private items = 0

  constructor(collection: Collection) {
    this.collection = collection
  }

  /** Compiles all lists anew; `tellTooMany` hears of one that would have too many items. */
  compile(tellTooMany: (definition: ListDefinition) => void): void {
    this.earlier = new Map(this.byName)
    this.byName.clear()
    this.pending.clear()
    this.items = 0
    for (const definition of this.collection.lists.values()) this.list(definition, tellTooMany)
    const { byName, earlier } = this
    this.changed = [...byName.keys()].filter((name) => byName.get(name) !== earlier.get(name))
    for (const name of this.changed) this.texts.delete(name)
    this.tokens = tokensWith(byName.keys())
  }

  /** The items as they stand in a condition; undefined if there is no list of the name. */
  readonly textOf = (name: string): string | undefined => {
    const known = this.texts.get(name)
    if (known !== undefined) return known
    const list = this.byName.get(name)
    if (!list) return undefined
    const text = joinItems(list.compiled)
    this.texts.set(name, text)
    return text
  }

  private list(definition: ListDefinition, tellTooMany: (definition: ListDefinition) => void): CompiledList {
    const { name, items, touched } = definition
    const known = this.byName.get(name)
    if (known || this.pending.has(name)) return known ?? { name, items, compiled: [], lists: [] }
    this.pending.add(name)
    const lists = new Set(items.filter((item) => this.isEarlier(item, name, touched)))
    const compiled: string[] = []
    for (const item of items) {
      const inner = lists.has(item) ? this.collection.lists.get(item) : undefined
      const added = inner ? this.list(inner, tellTooMany).compiled : [item]
      if (inner) this.items += added.length
      if (inner && this.items > maxListItems) {
        tellTooMany(definition)
        break
      }
      for (const one of added) compiled.push(one)
    }
    for (const inner of lists) this.used.add(inner)
    this.pending.delete(name)
    const list = this.reuse({ name, items, compiled, lists: [...lists] })
    this.byName.set(name, list)
    return list
  }

  // A list that did not change stays the same object.
  private reuse(list: CompiledList): CompiledList {
    const earlier = this.earlier.get(list.name)
    const isSame = earlier !== undefined && isEqual(earlier.compiled, list.compiled) && isEqual(earlier.lists, list.lists)
    return isSame && earlier.items === list.items ? earlier : list
  }

  private isEarlier(item: string, name: string, touched: number): boolean {
    const inner = item === name ? undefined : this.collection.lists.get(item)
    return inner !== undefined && inner.index < touched
  }
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((item, i) => item === others[i])
}
