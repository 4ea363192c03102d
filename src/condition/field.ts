import type { ParamFormat, ParamType } from '../schema/params.ts'

/**
 * A value of a field. By type of the field:
 * text, paths, byte buffers: byte string; integers, times: number, or bigint where it does not fit 53 bits (and only
 * there); BOOL: boolean; addresses: byte string of 4 or 16 bytes; lists: array of these. No value is undefined.
 */
export type Scalar = string | number | bigint | boolean
export type Value = Scalar | readonly Scalar[] | undefined

export type FieldFlag =
  | 'filter_only'
  | 'print_only'
  | 'list'
  | 'hidden'
  | 'no_rhs'
  | 'no_transformer'
  | 'deprecated'
  | 'suggested_output'
  | 'info'
  | 'conversation'
  | 'ptr_unstable'

/** One entry of a field catalogue: name, type and how to read it from an event, in one place. */
export interface Field<E = unknown> {
  /** `fd.name`, without its argument. */
  readonly name: string
  readonly type: ParamType
  readonly format?: ParamFormat
  readonly help: string
  readonly flags?: readonly FieldFlag[]
  /** Whether `field[arg]` (or `field.arg` for evt.arg) may or must be written, and of which kind it is. */
  readonly arg?: FieldArg
  /** Reads the value; absent where an argument is required. */
  readonly get?: (event: E) => Value
  /** Makes the reader for one argument. Called once, at load; throws Fault where the argument cannot be. */
  readonly at?: (arg: string) => (event: E) => Value
  /** The type with this argument, where that is another than `type`: `evt.rawarg.size`. Throws Fault as `at` does. */
  readonly typeAt?: (arg: string) => ParamType
  /**
   * Reads a text that holds just those literals without blanks and NULs that the value holds, where it is had for less: for operators
   * that look for a literal anywhere in a value.
   */
  readonly haystack?: (event: E) => string | undefined
  /** Where events of one kind all have the same value: that value, so that conditions are decided at load. */
  readonly ofKind?: (kind: number) => { readonly value: Value } | undefined
  /** Whether the value in events of a kind follows from their subject alone (`Subjects`). */
  readonly ofSubject?: (kind: number, arg: string | undefined) => boolean
  /** `fd.ip`, `fd.port`: several values of which `=` wants any and `!=` none; `get` returns a list. */
  readonly isEither?: boolean
  /** `proc.aname` without index: several values, and every operator, also `!=`, wants any of them; `get` returns a list. */
  readonly isAny?: boolean
  /** Values that `=` and `in` accept, where they are few: names of events. */
  readonly accepts?: (literal: string) => boolean
  /** Is told, at load, each literal that it is compared with: what has to be found out ahead. */
  readonly comparedWith?: (literal: string) => void
  /** Makes the reader for outputs, where they show something else than what conditions compare; text is shown as it is. */
  readonly show?: (arg: string | undefined) => (event: E) => Value
  /** Reads what JSON has instead of that, where it is something else: a time is a number there. */
  readonly json?: (event: E) => Value
}

export interface FieldArg {
  readonly required: boolean
  readonly kind: 'index' | 'key' | 'either'
  /** Arguments that may also be written behind a dot: `evt.arg.fd`. */
  readonly dotted?: ReadonlySet<string>
}

/**
 * What events are about, where many are about the same thing: which rules may have to do with it is found out once.
 *
 * `token` stands for the rules: what was noted for others counts for nothing. Tokens are `noteLimit` apart.
 */
export interface Subjects<E = unknown> {
  /** What was noted for the subject of the event, from 0 to below `noteLimit`; -1 where nothing was. */
  noted(event: E, token: number): number
  note(event: E, token: number, value: number): void
}

export const noteLimit = 64

/** The fields that conditions and outputs of one source may use. */
export interface Catalogue<E = unknown> {
  find(name: string): Field<E> | undefined
  /** What several events of the source may be about; without it, rules are tested anew for each event. */
  readonly subjects?: Subjects<E>
  /** All names, for suggestions and listings. */
  readonly names: readonly string[]
}
