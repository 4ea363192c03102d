import type { Code, ErrorCode } from './code.ts'
import type { Source } from './source.ts'

/** What a place in a rules file belongs to. */
export type ItemType =
  | 'value for'
  | 'exceptions'
  | 'exception'
  | 'exception values'
  | 'exception value'
  | 'rules content'
  | 'rules content item'
  | 'required_engine_version'
  | 'required plugin versions'
  | 'required plugin versions entry'
  | 'required plugin versions alternative'
  | 'list'
  | 'list item'
  | 'macro'
  | 'macro condition'
  | 'rule'
  | 'rule condition'
  | 'condition expression'
  | 'rule output'
  | 'rule output expression'
  | 'rule priority'
  | 'overrides'
  | 'extension item'

/** A place in a rules file, and what it lies in: file, rule, condition. */
export class Context {
  readonly type: ItemType
  readonly name: string
  readonly source: Source
  readonly at: number
  readonly parent: Context | undefined

  constructor(type: ItemType, name: string, source: Source, at: number, parent?: Context) {
    this.type = type
    this.name = name
    this.source = source
    this.at = at
    this.parent = parent
  }

  within(type: ItemType, name: string, at: number): Context {
    return new Context(type, name, this.source, at, this)
  }

  /** From the file down to this place. */
  path(): readonly Context[] {
    return this.parent ? [...this.parent.path(), this] : [this]
  }
}

export interface Problem<C extends Code = Code> {
  readonly code: C
  readonly message: string
  readonly context: Context
  /** The text with a caret; the line of the file where it is left out. */
  readonly snippet?: string | undefined
  /** The way out, where one is known. */
  readonly hint?: string | undefined
}

/** Ends the reading of one item. */
export class LoadError extends Error {
  readonly problem: Problem<ErrorCode>

  constructor(
    code: ErrorCode,
    message: string,
    context: Context,
    detail: { snippet?: string | undefined; hint?: string | undefined } = {},
  ) {
    super(message)
    this.problem = { code, message, context, ...detail }
  }
}
