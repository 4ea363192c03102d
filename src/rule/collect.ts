import { isNull } from '../base/node.ts'
import {
  type Collection,
  type Definitions,
  Exceptions,
  type ListDefinition,
  type MacroDefinition,
  partsText,
  type RuleDefinition,
} from './collection.ts'
import { type RuleKey, type RuleValues, readFullRule, readKey, type Warn } from './draft.ts'
import { checkValues, completeException, type Exception, type ExceptionDraft, type ExceptionValue } from './exception.ts'
import { hasAll, includesAll, isSameList, isSameValue } from './history.ts'
import { listKeys, macroKeys, ruleKeys } from './keys.ts'
import { type Override, readOverride } from './override.ts'
import { type Context, LoadError } from './problem.ts'
import type { Reader } from './reader.ts'

const appendDeprecated = "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
const enabledDeprecated =
  "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace')."
const bothAppends =
  "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."

export interface CollectOptions {
  readonly collection: Collection
  readonly warn: Warn
  /** Whether a source has a field or transformer of this text; always true for a source that is not loaded. */
  readonly isField: (source: string, text: string) => boolean
}

export function collectList(reader: Reader, { collection, warn }: CollectOptions): void {
  const { context } = reader
  if (!/^[^()"'\s=,]+$/.test(context.name)) warnName(warn, 'LOAD_INVALID_LIST_NAME', context)
  const items = readItems(reader)
  const touched = collection.next()
  const mode = readMode(reader, listKeys, warn)
  if (!isAppended('items', mode)) {
    noteDefinition(collection.lists, context, 'items', mode, (earlier) => isSameList(earlier.items, items))
    collection.lists.define({ name: context.name, context, index: touched, touched, items })
    return
  }
  const message = "List uses 'append' or 'override.items: append' but no list by that name already exists"
  const earlier = collection.lists.earlier(context.name, message, context)
  if (!earlier) return
  collection.lists.history?.add(context.name, { context, operation: 'append', key: 'items', isSame: includesAll(earlier.items, items) })
  for (const item of items) earlier.items.push(item)
  earlier.touched = touched
}

function readItems(reader: Reader): string[] {
  const { key, value } = reader.required('items')
  if (!isNull(value)) return reader.texts('items') ?? []
  throw new LoadError('LOAD_ERR_YAML_VALIDATE', "Mapping for key 'items' is empty", reader.at('items', key))
}

export function collectMacro(reader: Reader, { collection, warn }: CollectOptions): void {
  const { context } = reader
  if (!/^[a-zA-Z]+[a-zA-Z0-9_]*$/.test(context.name)) warnName(warn, 'LOAD_INVALID_MACRO_NAME', context)
  const condition = [reader.part('condition')]
  const touched = collection.next()
  const mode = readMode(reader, macroKeys, warn)
  if (!isAppended('condition', mode)) {
    noteDefinition(collection.macros, context, 'condition', mode, (earlier) => partsText(earlier.condition) === partsText(condition))
    collection.macros.define({ name: context.name, context, index: touched, touched, condition })
    return
  }
  const message = "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists"
  const earlier = collection.macros.earlier(context.name, message, context)
  if (!earlier) return
  collection.macros.history?.add(context.name, { context, operation: 'append', key: 'condition', isSame: false })
  earlier.condition.push(...condition)
  earlier.touched = touched
}

/** Notes a definition that stands alone, or takes the place of another. */
function noteDefinition<T extends ListDefinition | MacroDefinition>(
  definitions: Definitions<T>,
  context: Context,
  key: string,
  mode: Override | 'append' | undefined,
  isSame: (earlier: T) => boolean,
): void {
  const earlier = definitions.get(context.name)
  const isReplaced = mode !== undefined && earlier !== undefined
  definitions.history?.add(
    context.name,
    isReplaced
      ? { context, operation: 'replace', key, isSame: isSame(earlier) }
      : { context, operation: 'define', isSame: earlier !== undefined && isSame(earlier) },
  )
}

function warnName(warn: Warn, code: 'LOAD_INVALID_LIST_NAME' | 'LOAD_INVALID_MACRO_NAME', context: Context): void {
  const [kind, pattern] = code === 'LOAD_INVALID_LIST_NAME' ? ['List', `[^()"'[:space:]=,]+`] : ['Macro', '[a-zA-Z]+[a-zA-Z0-9_]*']
  warn(code, `${kind} has an invalid name. ${kind} names should match a regular expression: ${pattern}`, context)
}

/** `override` of an item, or 'append' for the old way to say the same. */
function readMode(reader: Reader, keys: Parameters<typeof readOverride>[1], warn: Warn): Override | 'append' | undefined {
  const append = reader.boolean('append')
  if (append !== undefined) warn('LOAD_DEPRECATED_ITEM', appendDeprecated, reader.at('append', reader.required('append').key))
  if (append && reader.has('override')) throw new LoadError('LOAD_ERR_YAML_VALIDATE', bothAppends, reader.context)
  return append ? 'append' : readOverride(reader, keys)
}

function isAppended(key: string, mode: Override | 'append' | undefined): boolean {
  return mode === 'append' || mode?.append.includes(key) === true
}

export function collectRule(reader: Reader, options: CollectOptions): void {
  const mode = readMode(reader, ruleKeys, options.warn)
  const source = reader.optionalText('source')
  if (mode === 'append') appendRule(reader, source, legacyAppend(reader), options)
  else if (mode) appendRule(reader, source, mode, options)
  else if (['condition', 'output', 'desc', 'priority'].some((key) => reader.has(key))) defineRule(reader, source ?? 'syscall', options)
  else switchRule(reader, options)
}

function defineRule(reader: Reader, source: string, { collection, warn, isField }: CollectOptions): void {
  const { context } = reader
  const { exceptions, ...values } = readFullRule(reader, warn)
  const touched = collection.next()
  const earlier = collection.rules.get(context.name)
  if (earlier) refuseOtherSource(earlier, source, context)
  const completed = new Exceptions(exceptions.map((draft) => completeException(draft, (text) => isField(source, text))))
  collection.rules.history?.add(context.name, { context, operation: 'define', isSame: false })
  collection.rules.define({ name: context.name, context, index: touched, touched, source, values, exceptions: completed })
}

function switchRule(reader: Reader, { collection, warn }: CollectOptions): void {
  const enabled = readKey.enabled(reader, false, warn)
  warn('LOAD_DEPRECATED_ITEM', enabledDeprecated, reader.at('enabled', reader.required('enabled').key))
  const message = "Rule has 'enabled' key but no rule by that name already exists"
  const earlier = collection.rules.earlier(reader.context.name, message, reader.context)
  if (!earlier) return
  const isSame = earlier.values.enabled === enabled
  collection.rules.history?.add(reader.context.name, { context: reader.context, operation: 'replace', key: 'enabled', isSame })
  earlier.values = { ...earlier.values, enabled }
}

function legacyAppend(reader: Reader): Override {
  const append = ['condition', 'exceptions'].filter((key) => reader.has(key))
  if (append.length > 0) return { append, replace: [] }
  throw new LoadError('LOAD_ERR_VALIDATE', 'Appended rule must have exceptions or condition property', reader.context)
}

function appendRule(reader: Reader, source: string | undefined, { append, replace }: Override, options: CollectOptions): void {
  const { collection, warn } = options
  const { context } = reader
  const added = readKeys(reader, append, true, warn)
  const replaced = readKeys(reader, replace, false, warn)
  const touched = collection.next()
  const message =
    append.length > 0
      ? "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists"
      : "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists"
  const earlier = collection.rules.earlier(context.name, message, context)
  if (!earlier) return
  if (source !== undefined) refuseOtherSource(earlier, source, context)
  const isField = (text: string) => options.isField(earlier.source, text)
  const { exceptions: newExceptions, ...newValues } = replaced
  const { exceptions: addedExceptions, ...addedValues } = added
  const exceptions = newExceptions && new Exceptions(newExceptions.map((draft) => completeException(draft, isField)))
  const { values } = earlier
  const { history } = collection.rules
  for (const key of append) history?.add(context.name, { context, operation: 'append', key, isSame: hasAll(earlier, key, added) })
  for (const key of replace) history?.add(context.name, { context, operation: 'replace', key, isSame: isSameValue(earlier, key, replaced) })
  if (addedExceptions) addExceptions(earlier.exceptions, addedExceptions, isField, warn)
  if (addedValues.condition) values.condition.push(...addedValues.condition)
  if (addedValues.output) values.output.push(...addedValues.output)
  if (addedValues.desc !== undefined) values.desc = `${values.desc} ${addedValues.desc}`
  for (const tag of addedValues.tags ?? []) values.tags.push(tag)
  Object.assign(values, newValues)
  if (exceptions) earlier.exceptions = exceptions
  earlier.touched = touched
}

function readKeys(reader: Reader, keys: readonly string[], isAdded: boolean, warn: Warn): Partial<RuleValues> {
  const values: Partial<RuleValues> = {}
  const read = <K extends RuleKey>(key: K) => {
    values[key] = readKey[key](reader, isAdded, warn)
  }
  for (const key of keys) read(key as RuleKey)
  return values
}

function refuseOtherSource(earlier: RuleDefinition, source: string, context: Context): void {
  if (earlier.source === source) return
  throw new LoadError('LOAD_ERR_VALIDATE', 'Rule has been re-defined with a different source', context, {
    hint: `the rule was defined for ${earlier.source}`,
  })
}

/** Adds all or, where one of them is wrong, none. */
function addExceptions(exceptions: Exceptions, drafts: readonly ExceptionDraft[], isField: (text: string) => boolean, warn: Warn): void {
  const added = new Exceptions([])
  const more: [to: Exception, values: readonly ExceptionValue[]][] = []
  for (const draft of drafts) {
    const found = exceptions.get(draft.name) ?? added.get(draft.name)
    if (found) more.push([found, addedValues(found, draft, warn)])
    else added.add(completeException(draft, isField))
  }
  for (const exception of added.all) exceptions.add(exception)
  for (const [to, values] of more) for (const value of values) to.values.push(value)
}

function addedValues(exception: Exception, draft: ExceptionDraft, warn: Warn): readonly ExceptionValue[] {
  for (const part of ['fields', 'comps'] as const) {
    if (draft[part] === undefined) continue
    const message = `Can not append exception ${part} to existing exception, only values`
    throw new LoadError('LOAD_ERR_VALIDATE', message, draft.context)
  }
  if (draft.values.length === 0) warn('LOAD_APPEND_NO_VALUES', 'Overriding/appending exception with no values', draft.context)
  checkValues(exception, draft.values, draft.context)
  return draft.values
}
