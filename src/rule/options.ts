import type { Catalogue } from '../condition/field.ts'
import type { ExtraField, PluginVersion } from './ruleset.ts'

/** What rules are loaded against. */
export interface LoadOptions {
  /** Version of the rule engine, that files may ask for. */
  readonly engineVersion: string
  /** Fields by source; a rule of another source is left out, with a warning. */
  readonly catalogues: ReadonlyMap<string, Catalogue<never>>
  /** Checks an output, and tells which fields it shows. */
  readonly checkFormat: (source: string, format: string) => FormatCheck
  readonly plugins?: readonly PluginVersion[]
  /** All kinds of events that a source gives, by source; a source whose events have no kinds is left out. */
  readonly kinds?: ReadonlyMap<string, readonly number[]>
  /** The kinds of `kinds`, and those of types that are known by name but never come. */
  readonly namedKinds?: ReadonlyMap<string, readonly number[]>
  /** Whether to keep what each item changed, for those who explain it. */
  readonly isTraced?: boolean
  /** What the configuration adds to outputs, in order. */
  readonly appendOutput?: readonly AppendOutput[]
}

export interface FormatCheck {
  readonly problems: readonly FormatProblem[]
  /** Names of the fields, as written. */
  readonly fields: readonly string[]
}

export interface FormatProblem {
  readonly code: 'LOAD_ERR_COMPILE_OUTPUT' | 'LOAD_DEPRECATED_ITEM'
  readonly message: string
  /** Offset in the format. */
  readonly start: number
  /** Whether a field is not there at all, which `skip-if-unknown-filter` forgives. */
  readonly isUnknownField?: boolean
  readonly hint?: string | undefined
}

/** Text and fields that are added to the outputs of rules that match; what is left out matches all. */
export interface AppendOutput {
  readonly source?: string | undefined
  readonly rule?: string | undefined
  /** All of them. */
  readonly tags?: readonly string[]
  readonly output?: string | undefined
  /** Whether to append the fields that the source's catalogue marks for it. */
  readonly isSuggested?: boolean
  readonly fields?: readonly ExtraField[]
}
