/** What a value looks like in YAML. */
export type ValueKind =
  | 'text'
  | 'priority'
  | 'version'
  | 'boolean'
  | 'integer'
  | 'texts'
  | 'override'
  | 'exceptions'
  | 'requirements'
  | 'alternatives'
  | 'text or texts'
  | 'exception values'

export interface Key {
  readonly name: string
  readonly kind: ValueKind
  readonly help: string
  /** Whether `override` may add to what is there. */
  readonly canAppend?: boolean
  /** Whether `override` may put something else in its place. */
  readonly canReplace?: boolean
}

export const ruleKeys: readonly Key[] = [
  { name: 'rule', kind: 'text', help: 'Name of the rule, unique.' },
  { name: 'condition', kind: 'text', help: 'When the rule fires: a condition on fields of an event.', canAppend: true, canReplace: true },
  { name: 'output', kind: 'text', help: 'What the alert says, with %fields.', canAppend: true, canReplace: true },
  { name: 'desc', kind: 'text', help: 'What the rule is about.', canAppend: true, canReplace: true },
  { name: 'priority', kind: 'priority', help: 'How severe it is: emergency to debug.', canReplace: true },
  { name: 'source', kind: 'text', help: 'Source of the events, syscall unless given.' },
  { name: 'enabled', kind: 'boolean', help: 'Whether the rule is on.', canReplace: true },
  { name: 'tags', kind: 'texts', help: 'Tags by which rules are selected.', canAppend: true, canReplace: true },
  { name: 'exceptions', kind: 'exceptions', help: 'Cases in which the rule does not fire.', canAppend: true, canReplace: true },
  { name: 'warn_evttypes', kind: 'boolean', help: 'Whether to warn of a condition tried on nearly every event.', canReplace: true },
  { name: 'skip-if-unknown-filter', kind: 'boolean', help: 'Whether to leave the rule out if a field is unknown.', canReplace: true },
  { name: 'capture', kind: 'boolean', help: 'Whether to record events when the rule fires.', canReplace: true },
  { name: 'capture_duration', kind: 'integer', help: 'How long to record, in milliseconds.', canReplace: true },
  { name: 'append', kind: 'boolean', help: 'Deprecated: adds condition and exceptions to an earlier rule.' },
  { name: 'override', kind: 'override', help: 'Which keys are appended to, or replace, those of an earlier rule.' },
]

export const macroKeys: readonly Key[] = [
  { name: 'macro', kind: 'text', help: 'Name of the macro.' },
  { name: 'condition', kind: 'text', help: 'Condition that the name stands for.', canAppend: true, canReplace: true },
  { name: 'append', kind: 'boolean', help: 'Deprecated: adds to an earlier macro.' },
  { name: 'override', kind: 'override', help: 'Whether condition is appended to, or replaces, an earlier one.' },
]

export const listKeys: readonly Key[] = [
  { name: 'list', kind: 'text', help: 'Name of the list.' },
  { name: 'items', kind: 'texts', help: 'Values, or names of earlier lists.', canAppend: true, canReplace: true },
  { name: 'append', kind: 'boolean', help: 'Deprecated: adds to an earlier list.' },
  { name: 'override', kind: 'override', help: 'Whether items are appended to, or replace, earlier ones.' },
]

export const engineVersionKeys: readonly Key[] = [
  { name: 'required_engine_version', kind: 'version', help: 'Version of the rule engine that the file needs.' },
]

export const pluginVersionsKeys: readonly Key[] = [
  { name: 'required_plugin_versions', kind: 'requirements', help: 'Plugins that the file needs.' },
]

export const alternativeKeys: readonly Key[] = [
  { name: 'name', kind: 'text', help: 'Name of the plugin.' },
  { name: 'version', kind: 'text', help: 'Least version of the plugin.' },
]

export const requirementKeys: readonly Key[] = [
  ...alternativeKeys,
  { name: 'alternatives', kind: 'alternatives', help: 'Plugins that would do as well.' },
]

export const exceptionKeys: readonly Key[] = [
  { name: 'name', kind: 'text', help: 'Name of the exception, unique in its rule.' },
  { name: 'fields', kind: 'text or texts', help: 'Field, or fields, that values are compared with.' },
  { name: 'comps', kind: 'text or texts', help: 'Operators of the comparisons.' },
  { name: 'values', kind: 'exception values', help: 'For one field values, for several fields lists of a value each.' },
]

/** What an item is, by the first of these keys that it has. */
export const itemKinds = [
  { key: 'required_engine_version', keys: engineVersionKeys },
  { key: 'required_plugin_versions', keys: pluginVersionsKeys },
  { key: 'list', keys: listKeys },
  { key: 'macro', keys: macroKeys },
  { key: 'rule', keys: ruleKeys },
] as const
