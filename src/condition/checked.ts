import type { Net } from './address.ts'
import type { Compare, Exists, Expr, Modifier } from './ast.ts'
import type { Field, Scalar, Value } from './field.ts'
import type { Glob } from './glob.ts'
import type { ValueKind } from './kind.ts'
import type { Operator } from './operators.ts'
import type { Regex } from './regex.ts'

// A condition that is bound to fields: what evaluator, optimizer and compiler work on.

/**
 * How many values an operand gives, and how a check on several holds.
 *
 * one: a single value. list: `in` wants all, `intersects` any. either: any, but `!=` wants all (`fd.ip`). any: any (`proc.aname`).
 */
export type Shape = 'one' | 'list' | 'either' | 'any'

export interface Bound<E = unknown> {
  /** Operands with the same key read the same value from the same event. */
  readonly key: string
  /** Name for messages: of the field, or the first field inside transformers. */
  readonly name: string
  readonly type: Field['type']
  readonly kind: ValueKind
  readonly shape: Shape
  /** Absent for transformers and for literals inside them. */
  readonly field?: Field<E>
  readonly read: (event: E) => Value
  /** As `Field.haystack`. */
  readonly haystack?: (event: E) => string | undefined
  /** The value where it is the same for all events of a kind. */
  readonly ofKind?: (kind: number) => { readonly value: Value } | undefined
  /** Whether the value in events of a kind follows from their subject alone. */
  readonly ofSubject?: (kind: number) => boolean
  /** Rough time of one read, in comparisons of two numbers. */
  readonly cost: number
}

/** A literal as operators compare with it. */
export type Right = Scalar | Net | Glob | Regex

export interface CheckNode<E = unknown> {
  readonly kind: 'check'
  /** Checks with the same key hold on the same events. */
  readonly key: string
  readonly expr: Exists | Compare
  readonly left: Bound<E>
  /** Absent for `exists`. */
  readonly operator?: Operator
  readonly modifier?: Modifier
  /** Literals to compare with: one, or those of a list. */
  readonly rights: readonly Right[]
  /** The other field of the event to compare with, instead of literals. */
  readonly operand?: Bound<E>
}

export interface LogicNode<E = unknown> {
  readonly kind: 'and' | 'or'
  readonly items: readonly Node<E>[]
}

export interface NotNode<E = unknown> {
  readonly kind: 'not'
  readonly item: Node<E>
}

/** Nodes of macros are shared: one object in all conditions that refer to them and were checked with one cache. */
export type Node<E = unknown> = CheckNode<E> | LogicNode<E> | NotNode<E>

export interface Checked<E = unknown> {
  readonly expr: Expr
  readonly root: Node<E>
}
