import type { RuleValues } from './draft.ts'
import type { Exception } from './exception.ts'
import { History } from './history.ts'
import { type Context, LoadError } from './problem.ts'
import type { Part } from './reader.ts'

// Items as they stand after all files so far: definitions, with what later items added to or put in their place.

interface Definition {
  readonly name: string
  context: Context
  /** Place among the items of its kind; a later definition of the same name keeps it. */
  index: number
  /** Number of the item that touched it last: it sees what was there before that. */
  touched: number
}

// Arrays grow in place: files may add to one definition any number of times.
export interface ListDefinition extends Definition {
  readonly items: string[]
}

export interface MacroDefinition extends Definition {
  readonly condition: Part[]
}

export interface RuleDefinition extends Definition {
  source: string
  values: Omit<RuleValues, 'exceptions'>
  exceptions: Exceptions
}

/** The exceptions of a rule, in order. */
export class Exceptions {
  readonly all: Exception[] = []
  private readonly byName = new Map<string, Exception>()

  constructor(exceptions: readonly Exception[]) {
    for (const exception of exceptions) this.add(exception)
  }

  add(exception: Exception): void {
    this.all.push(exception)
    if (!this.byName.has(exception.name)) this.byName.set(exception.name, exception)
  }

  /** Of several with the name, the first. */
  get(name: string): Exception | undefined {
    return this.byName.get(name)
  }
}

/** The text of parts that were appended one to the other. */
export function partsText(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join(' ')
}

/** Definitions of one kind by name, in the order in which they came first. */
export class Definitions<T extends Definition> {
  /** Absent where nobody asks for it. */
  readonly history: History | undefined
  private readonly byName = new Map<string, T>()
  /** Names whose definition was refused: what refers to them is not wrong for that. */
  private readonly refused = new Set<string>()

  constructor(isTraced: boolean) {
    this.history = isTraced ? new History() : undefined
  }

  get(name: string): T | undefined {
    return this.byName.get(name)
  }

  values(): IterableIterator<T> {
    return this.byName.values()
  }

  get size(): number {
    return this.byName.size
  }

  define(definition: T): void {
    const earlier = this.byName.get(definition.name)
    if (earlier) definition.index = earlier.index
    this.byName.set(definition.name, definition)
    this.refused.delete(definition.name)
  }

  refuse(name: string): void {
    if (!this.byName.has(name)) this.refused.add(name)
  }

  isRefused(name: string): boolean {
    return this.refused.has(name)
  }

  /**
   * The definition that an item adds to.
   *
   * @throws LoadError with `message` if there is none; undefined if there would be one, had it not been refused.
   */
  earlier(name: string, message: string, context: Context, hint?: string): T | undefined {
    const found = this.byName.get(name)
    if (found || this.refused.has(name)) return found
    throw new LoadError('LOAD_ERR_VALIDATE', message, context, { hint })
  }
}

export class Collection {
  readonly lists: Definitions<ListDefinition>
  readonly macros: Definitions<MacroDefinition>
  readonly rules: Definitions<RuleDefinition>
  requiredEngineVersion = '0.0.0'
  readonly requirements: Requirement[] = []
  private items = 0

  /** `isTraced`: whether to keep what each item changed. */
  constructor(isTraced = false) {
    this.lists = new Definitions(isTraced)
    this.macros = new Definitions(isTraced)
    this.rules = new Definitions(isTraced)
  }

  /** The number of the next item. */
  next(): number {
    return this.items++
  }
}

/** Plugins of which one must be loaded. */
export interface Requirement {
  readonly context: Context
  readonly alternatives: readonly { readonly name: string; readonly version: string }[]
}
