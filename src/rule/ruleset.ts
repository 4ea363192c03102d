import type { Expr } from '../condition/ast.ts'
import type { Checked } from '../condition/checked.ts'
import type { Exception } from './exception.ts'

/** A rule that can run: merged from all items of its name, bound to fields, its output checked. */
export interface Rule {
  readonly name: string
  readonly source: string
  /** 0 emergency to 7 debug, as in syslog. */
  readonly priority: number
  readonly desc: string
  /** As written, what was appended included; without exceptions. */
  readonly condition: string
  readonly checked: Checked<never>
  /** Kinds of events for which the condition can hold; undefined where the source's events have no kinds. */
  readonly kinds: readonly number[] | undefined
  /** Kinds that its checks on types of events leave, which may be more: what scripts are told. */
  readonly selected: readonly number[] | undefined
  /** As written, what was appended included. */
  readonly output: string
  /** What the alert says: the output with what the configuration appends to it. */
  readonly format: string
  /** What the configuration adds to the alert's fields. */
  readonly extraFields: readonly ExtraField[]
  /** Sorted, each once. */
  readonly tags: readonly string[]
  /** As the files say; the configuration may switch it (`selectRules`). */
  readonly enabled: boolean
  readonly exceptions: readonly Exception[]
  readonly capture: boolean
  /** 0: as the configuration says. */
  readonly captureDurationMs: number
  /** Names that its condition refers to, not through others. */
  readonly macros: readonly string[]
  readonly lists: readonly string[]
}

/** A field of alerts that is not in the output: a field's own value, or a text with fields in it. */
export interface ExtraField {
  readonly name: string
  readonly format: string
  readonly isRaw: boolean
}

export interface Macro {
  readonly name: string
  readonly condition: string
  readonly expr: Expr
  readonly isUsed: boolean
  readonly macros: readonly string[]
  readonly lists: readonly string[]
}

export interface List {
  readonly name: string
  /** As written. */
  readonly items: readonly string[]
  /** With the items of lists in place of their names. */
  readonly compiled: readonly string[]
  readonly lists: readonly string[]
  readonly isUsed: boolean
}

/** What the files say together. */
export interface Ruleset {
  /** In the order in which they are tried. */
  readonly rules: readonly Rule[]
  readonly macros: readonly Macro[]
  readonly lists: readonly List[]
  /** The greatest version that a file asks for. */
  readonly requiredEngineVersion: string
  readonly requirements: readonly (readonly PluginVersion[])[]
}

export interface PluginVersion {
  readonly name: string
  readonly version: string
}
