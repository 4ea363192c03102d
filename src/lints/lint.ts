import type { CompiledRule } from '../rule/compile.ts'
import type { Origins } from '../rule/origins.ts'
import type { Context } from '../rule/problem.ts'
import type { Rule } from '../rule/ruleset.ts'

/** Something that loads and is hardly meant. */
export interface Finding {
  readonly message: string
  readonly context: Context
  /** The text with a caret, where that is not in the file as it stands. */
  readonly snippet?: string | undefined
  /** The way out. */
  readonly hint: string
}

export interface LintedRule {
  readonly rule: Rule
  readonly compiled: CompiledRule
  /** Whether it is on, and of a wanted priority. */
  readonly isRunning: boolean
}

/** A ruleset to be looked at. */
export interface Subject {
  /** In the order in which they are tried. */
  readonly rules: readonly LintedRule[]
  readonly origins: Origins
  /** Whether an event stops at the first rule that holds on it. */
  readonly matching: 'first' | 'all'
}

/** One thing to look for. It may overlook, but not complain of what is right. */
export interface Lint {
  readonly code: string
  /** What it looks for, a sentence. */
  readonly help: string
  readonly find: (subject: Subject) => Iterable<Finding>
}
