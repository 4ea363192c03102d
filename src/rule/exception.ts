import { isNull, type MappingNode, type Node } from '../base/node.ts'
import { modifierNames } from '../condition/lexer.ts'
import { operators } from '../condition/operators.ts'
import { quote } from './list.ts'
import { type Context, LoadError } from './problem.ts'
import { Reader } from './reader.ts'

/** A case in which a rule does not fire, as written. */
export interface ExceptionDraft {
  readonly name: string
  readonly context: Context
  /** Absent where it adds to an exception of that name. */
  readonly fields: string | readonly string[] | undefined
  readonly comps: string | readonly string[] | undefined
  readonly values: ExceptionValue[]
}

/** For an exception of one field a value; for one of several fields a value for each of them. */
export type ExceptionValue = ExceptionElement | readonly ExceptionElement[]
export type ExceptionElement = string | readonly string[]

/** A complete exception. */
export interface Exception {
  readonly name: string
  readonly context: Context
  readonly fields: readonly string[]
  /** One for each field. */
  readonly comps: readonly string[]
  /** Whether `fields` was one name, so that `values` is one list of values for it. */
  readonly isSingle: boolean
  readonly values: ExceptionValue[]
}

/**
 * Reads the exceptions of a rule item.
 *
 * `isAdded` tells whether the item adds to a rule, so that an exception may have only values; `warn` is told of names that
 * come twice.
 */
export function readExceptions(reader: Reader, isAdded: boolean, warn: (draft: ExceptionDraft) => void): readonly ExceptionDraft[] {
  const entry = reader.required('exceptions')
  if (isNull(entry.value)) return []
  const context = reader.context.within('exceptions', '', entry.value.at)
  if (entry.value.kind !== 'sequence') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Rule exceptions must be a sequence', context)
  const drafts: ExceptionDraft[] = []
  const names = new Set<string>()
  for (const item of entry.value.items) {
    if (item.kind !== 'mapping')
      throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Rule exception must be a mapping', context.within('exception', '', item.at))
    const draft = readException(item, context, isAdded)
    if (names.has(draft.name)) warn(draft)
    names.add(draft.name)
    drafts.push(draft)
  }
  return drafts
}

function readException(node: MappingNode, parent: Context, isAdded: boolean): ExceptionDraft {
  const name = new Reader(node, parent.within('exception', '', node.at)).text('name')
  const context = parent.within('exception', name, node.at)
  const reader = new Reader(node, context)
  if (!isAdded) reader.required('fields')
  const values = reader.entry('values')
  return {
    name,
    context,
    fields: reader.textOrTexts('fields'),
    comps: reader.textOrTexts('comps'),
    values: values && !isNull(values.value) ? readValues(values.value, context) : [],
  }
}

function readValues(node: Node, parent: Context): ExceptionValue[] {
  const context = parent.within('exception values', '', node.at)
  if (node.kind !== 'sequence') {
    throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Rule exception must have values property with a list of values', context)
  }
  return node.items.map((item) =>
    item.kind === 'sequence' ? item.items.map((element) => readElement(element, context)) : readText(item, context),
  )
}

function readElement(node: Node, context: Context): ExceptionElement {
  return node.kind === 'sequence' ? node.items.map((item) => readText(item, context)) : readText(node, context)
}

function readText(node: Node, parent: Context): string {
  if (node.kind === 'scalar') return node.text
  throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a scalar value', parent.within('exception value', '', node.at))
}

const rows = [...operators.values()]
const takingLists: ReadonlySet<string> = new Set([
  ...rows.filter(({ isList }) => isList).map(({ name }) => name),
  ...rows.filter(({ allowsModifier }) => allowsModifier).flatMap(({ name }) => modifierNames.map((modifier) => `${name} ${modifier}`)),
])
const comparisons: ReadonlySet<string> = new Set([...operators.keys(), ...takingLists])

/**
 * Completes an exception with the defaults, and checks that its parts fit together.
 *
 * @throws LoadError where they do not, or `isField` refuses one of the fields.
 */
export function completeException(draft: ExceptionDraft, isField: (name: string) => boolean): Exception {
  const { name, context, values } = draft
  const fail = (message: string, hint?: string) => new LoadError('LOAD_ERR_VALIDATE', message, context, { hint })
  if (draft.fields === undefined || draft.fields.length === 0) throw fail('Rule exception must have fields property with a list of fields')
  const isSingle = typeof draft.fields === 'string'
  const fields = typeof draft.fields === 'string' ? [draft.fields] : draft.fields
  const comps = compsOf(draft.comps, isSingle, fields.length, fail)
  const unknown = fields.find((field) => !isField(field))
  if (unknown !== undefined) throw fail(`'${unknown}' is not a supported filter field`)
  const exception = { name, context, fields, comps, isSingle, values }
  checkValues(exception, values, context)
  return exception
}

function compsOf(
  given: string | readonly string[] | undefined,
  isSingle: boolean,
  count: number,
  fail: (m: string, hint?: string) => LoadError,
) {
  if (isSingle) {
    if (given !== undefined && typeof given !== 'string') throw fail('Fields and comps must both be one text, or both lists')
    const comp = normalized(given ?? 'in')
    if (takingLists.has(comp)) return [comp]
    throw fail(
      `'${comp}' is not a supported comparison operator`,
      "an exception of one field takes in, pmatch, intersects, or an operator like 'startswith anyof'",
    )
  }
  if (typeof given === 'string') throw fail('Fields and comps must both be one text, or both lists')
  const comps = (given ?? new Array<string>(count).fill('=')).map(normalized)
  if (comps.length !== count) throw fail('Fields and comps lists must have equal length')
  const unknown = comps.find((comp) => !comparisons.has(comp))
  if (unknown !== undefined) throw fail(`'${unknown}' is not a supported comparison operator`)
  return comps
}

function normalized(comp: string): string {
  return comp.trim().replace(/\s+/g, ' ')
}

/** Checks that each entry of values of an exception has an element for each field. */
export function checkValues({ fields, isSingle }: Exception, values: readonly ExceptionValue[], context: Context): void {
  if (isSingle) return
  const isMatching = values.every((value) => typeof value !== 'string' && value.length === fields.length)
  if (!isMatching) throw new LoadError('LOAD_ERR_VALIDATE', 'Fields and values lists must have equal length', context)
}

/** The condition of a rule that fires where `condition` holds and no exception does. */
export function withExceptions(condition: string, exceptions: readonly Exception[]): string {
  if (exceptions.length === 0) return condition
  const parts = exceptions.filter(({ values }) => values.length > 0).map((exception) => ` and not ${exceptionText(exception)}`)
  return `(${condition})${parts.join('')}`
}

function exceptionText({ fields, comps, values, isSingle }: Exception): string {
  if (isSingle) return `(${fields[0]} ${comps[0]} (${values.flat(2).map(quoted).join(', ')}))`
  const entries = values.map((value) => {
    const elements = typeof value === 'string' ? [value] : value
    return `(${fields.map((field, i) => `${field} ${comps[i]} ${elementText(elements[i] ?? '', comps[i] ?? '=')}`).join(' and ')})`
  })
  return `(${entries.join(' or ')})`
}

function elementText(element: ExceptionElement, comp: string): string {
  if (typeof element !== 'string') return `(${element.map(quoted).join(', ')})`
  if (!takingLists.has(comp)) return quoted(element)
  return /^\(.*\)$/s.test(element) ? element : `(${quoted(element)})`
}

// As it would be written in a condition; a transformer, or a text in quotes, stays what it is.
function quoted(text: string): string {
  if (/^["']/.test(text) || !(text === '' || /\s/.test(text))) return text
  return quote(text)
}
