import type { Argument, Operand } from '../condition/ast.ts'
import { checkCondition } from '../condition/check.ts'
import type { Bound } from '../condition/checked.ts'
import { ConditionFault } from '../condition/fault.ts'
import type { Catalogue, Field, Value } from '../condition/field.ts'
import { transformerNames } from '../condition/lexer.ts'
import { parseCondition } from '../condition/parse.ts'
import { FormatFault, type ShownField } from './format.ts'
import { findField, showReader } from './format_field.ts'

/** A field inside transformers. */
export interface CallToken<E> {
  readonly read: (event: E) => Value
  readonly type: Field['type']
  /** Fields that it is made of. */
  readonly fields: readonly ShownField<E>[]
}

const names = transformerNames.filter((name) => name !== 'val')
const opening = new RegExp(`^(?:${names.join('|')})\\(`)

/** Length of the call of a transformer that starts at `start`; undefined where none does. */
export function callLength(text: string, start: number): number | undefined {
  const head = opening.exec(text.slice(start, start + 12))
  if (head === null) return undefined
  const end = closingAt(text, start + head[0].length)
  if (end === undefined) throw new FormatFault("expected a ')' token", start)
  const bracket = /^\[[^\]]*\]/.exec(text.slice(end))
  const isGetopt = text.startsWith('getopt', start)
  return end - start + (isGetopt ? (bracket?.[0].length ?? 0) : 0)
}

/**
 * Reads the call of a transformer as conditions do.
 *
 * @throws FormatFault with the offset in the whole format, of which the call starts at `start`.
 */
export function callToken<E>(text: string, start: number, catalogue: Catalogue<E>): CallToken<E> {
  const { bound, operand } = bindCall(text, start, catalogue)
  // Falco shows no value for a number that a transformer made.
  const isNumber = bound.kind !== 'text' && bound.kind !== 'bytes'
  const fields: ShownField<E>[] = []
  addFields(operand, catalogue, start, fields)
  return { read: isNumber ? () => undefined : bound.read, type: bound.type, fields }
}

function bindCall<E>(text: string, start: number, catalogue: Catalogue<E>): { bound: Bound<E>; operand: Operand } {
  try {
    // A transformer stands in conditions only; the shortest of them is a check of whether it has a value.
    const expr = parseCondition(`${text} exists`)
    if (expr.kind !== 'exists') throw new FormatFault('expected a transformer', start)
    const { condition, faults } = checkCondition(expr, withoutLimits(catalogue))
    if (faults[0]) throw faults[0]
    if (condition?.root.kind === 'check') return { bound: condition.root.left, operand: expr.left }
    throw new FormatFault('expected a transformer', start)
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error
    throw new FormatFault(error.message, start + error.start, { hint: error.hint, isUnknownField: error.code === 'unknown-field' })
  }
}

// Outputs may transform event types, which conditions may not, and fields that only outputs may show.
function withoutLimits<E>(catalogue: Catalogue<E>): Catalogue<E> {
  return {
    names: catalogue.names,
    find: (name) => {
      const field = catalogue.find(name)
      if (field === undefined) return undefined
      const { accepts: _accepts, ofKind: _ofKind, flags, ...rest } = field
      return flags === undefined ? rest : { ...rest, flags: flags.filter((flag) => flag !== 'print_only') }
    },
  }
}

function addFields<E>(argument: Argument, catalogue: Catalogue<E>, start: number, fields: ShownField<E>[]): void {
  if (argument.kind === 'call') for (const inner of argument.args) addFields(inner, catalogue, start, fields)
  if (argument.kind === 'arguments') for (const inner of argument.items) addFields(inner, catalogue, start, fields)
  if (argument.kind !== 'field') return
  const found = findField(argument.name, catalogue)
  if (found === undefined) return
  const token = argument.arg === undefined ? argument.name : `${argument.name}[${argument.arg}]`
  fields.push({ token, field: found.field, read: showReader(found.field, argument.arg ?? found.arg, start) })
}

// Offset behind the parenthesis that closes the one before `from`.
function closingAt(text: string, from: number): number | undefined {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '(') depth++
    if (char === ')' && --depth === 0) return at + 1
    if (char === '"' || char === "'") {
      const close = text.indexOf(char, at + 1)
      if (close < 0) return undefined
      at = close
    }
  }
  return undefined
}
