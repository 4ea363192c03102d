import { Fault } from '../base/fault.ts'
import { closest } from '../base/suggest.ts'
import type { ParamType } from '../schema/params.ts'
import type { Span } from './ast.ts'
import type { Bound, Shape } from './checked.ts'
import { ConditionFault } from './fault.ts'
import type { Catalogue, Field, Value } from './field.ts'
import { kindOfType } from './kind.ts'

// Of a name longer than that, parts are not tried as fields.
const longestName = 1000

/** A field with its argument, ready to be read: for conditions and for the tokens of output formats. */
export interface FieldReader<E = unknown> {
  readonly field: Field<E>
  readonly arg: string | undefined
  readonly type: ParamType
  readonly read: (event: E) => Value
}

/**
 * Finds a field by the name that a user wrote: `proc.name`, `proc.aname` with argument `2`, `evt.arg.flags`.
 *
 * @throws ConditionFault `unknown-field` or `field-argument`, at the place `at`.
 */
export function bindField<E>(catalogue: Catalogue<E>, name: string, arg: string | undefined, at: Span): FieldReader<E> {
  const found = arg === undefined ? findDotted(catalogue, name) : { field: catalogue.find(name), arg }
  const { field } = found
  const written = arg === undefined ? name : `${name}[${arg}]`
  if (field === undefined || !takesArgument(field, found.arg)) throw unknownField(catalogue, name, written, at)
  try {
    return readerOf(field, found.arg)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new ConditionFault('field-argument', error.message, { ...at, hint: error.hint, cause: error })
  }
}

/** How many values the field gives, and what operators want of them. */
export function shapeOf(field: Field<never>): Shape {
  if (field.isEither) return 'either'
  if (field.isAny) return 'any'
  return field.flags?.includes('list') ? 'list' : 'one'
}

export function boundField<E>(reader: FieldReader<E>): Bound<E> {
  const { field, arg } = reader
  const shape = arg !== undefined && field.isAny ? 'one' : shapeOf(field)
  const ofKind = arg === undefined ? field.ofKind : undefined
  const base = {
    key: arg === undefined ? field.name : `${field.name}[${JSON.stringify(arg)}]`,
    name: field.name,
    type: reader.type,
    kind: kindOfType(reader.type),
    shape,
    field,
    read: reader.read,
    cost: shape === 'one' ? 2 : 15,
  }
  return {
    ...base,
    ...(ofKind && { ofKind: (kind: number) => ofKind.call(field, kind) }),
    ...(arg === undefined && field.haystack && { haystack: field.haystack }),
    ...(field.ofSubject && { ofSubject: (kind: number) => field.ofSubject?.(kind, arg) === true }),
  }
}

function readerOf<E>(field: Field<E>, arg: string | undefined): FieldReader<E> {
  if (arg === undefined) {
    const { get } = field
    // Falco's words for a field that needs its argument.
    if (get === undefined) throw new Fault('field-argument', `filter syntax error: ${field.name}`, { hint: `write ${field.name}[...]` })
    return { field, arg, type: field.type, read: get }
  }
  const read = field.at?.(arg)
  if (read === undefined) throw new Fault('field-argument', `${field.name} takes no argument`)
  return { field, arg, type: field.typeAt?.(arg) ?? field.type, read }
}

/** `evt.arg.flags` is `evt.arg[flags]`. */
function findDotted<E>(catalogue: Catalogue<E>, name: string): { field: Field<E> | undefined; arg: string | undefined } {
  const whole = catalogue.find(name)
  if (whole !== undefined || name.length > longestName) return { field: whole, arg: undefined }
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const field = catalogue.find(name.slice(0, dot))
    if (field?.arg?.kind === 'either') return { field, arg: name.slice(dot + 1) }
  }
  return { field: whole, arg: undefined }
}

function takesArgument(field: Field<never>, arg: string | undefined): boolean {
  if (arg === undefined) return true
  if (field.arg === undefined) return false
  return field.arg.kind !== 'index' || /^[+-]?\d+$/.test(arg)
}

function unknownField(catalogue: Catalogue<never>, name: string, written: string, at: Span): ConditionFault {
  const near = closest(name, catalogue.names)
  const hint = near === undefined || near === name ? 'list the fields with --list' : `did you mean ${near}?`
  return new ConditionFault('unknown-field', `filter_check called with nonexistent field ${written}`, { ...at, hint })
}
