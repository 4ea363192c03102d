/** What is wrong with a rules file, by code: scripts match the codes. */
export const errorCodes = [
  ['LOAD_ERR_FILE_READ', 'File read error', 'The file cannot be read.'],
  ['LOAD_ERR_YAML_PARSE', 'YAML parse error', 'The text is not YAML.'],
  ['LOAD_ERR_YAML_VALIDATE', 'Error validating internal structure of YAML file', 'The YAML does not have the shape of a rules file.'],
  ['LOAD_ERR_COMPILE_CONDITION', 'Error compiling condition', 'A condition is not well formed, or does not fit its fields.'],
  ['LOAD_ERR_COMPILE_OUTPUT', 'Error compiling output', 'An output is not well formed, or names a field that is not there.'],
  ['LOAD_ERR_VALIDATE', 'Error validating rule/macro/list/exception objects', 'Items do not fit together.'],
  ['LOAD_ERR_EXTENSION', 'Error in extension item', 'Kept for items of extensions.'],
] as const

/** What is odd about a rules file, but does not keep it from working. */
export const warningCodes = [
  ['LOAD_UNKNOWN_SOURCE', 'Unknown event source', 'Nothing loaded gives events of the source, so the rule is left out.'],
  ['LOAD_UNSAFE_NA_CHECK', 'Unsafe <NA> comparison in condition', 'A field without a value is never equal to <NA>.'],
  ['LOAD_NO_EVTTYPE', 'Condition has no event-type restriction', 'The rule is tried on nearly every event.'],
  ['LOAD_UNKNOWN_FILTER', 'Unknown field or event-type in condition or output', 'The rule is left out, as it asks for.'],
  ['LOAD_UNUSED_MACRO', 'Unused macro', 'Nothing refers to the macro.'],
  ['LOAD_UNUSED_LIST', 'Unused list', 'Nothing refers to the list.'],
  ['LOAD_UNKNOWN_ITEM', 'Unknown rules file item', 'The item is ignored.'],
  ['LOAD_DEPRECATED_ITEM', 'Used deprecated item', 'It still works, and may stop to.'],
  ['LOAD_WARNING_EXTENSION', 'Warning in extension item', 'Kept for items of extensions.'],
  ['LOAD_APPEND_NO_VALUES', 'Overriding/appending with no values', 'The exception stays as it is.'],
  ['LOAD_EXCEPTION_NAME_NOT_UNIQUE', 'Multiple exceptions defined with the same name', 'Both hold, but only the first can be appended to.'],
  ['LOAD_INVALID_MACRO_NAME', 'Invalid macro name', 'A condition cannot refer to the macro.'],
  ['LOAD_INVALID_LIST_NAME', 'Invalid list name', 'A condition cannot refer to the list.'],
  ['LOAD_COMPILE_CONDITION', 'Warning in rule condition', 'The condition may not mean what it seems to.'],
  ['LOAD_UNKNOWN_KEY', 'Unknown key', 'The key is ignored.'],
] as const

export type ErrorCode = (typeof errorCodes)[number][0]
export type WarningCode = (typeof warningCodes)[number][0]
export type Code = ErrorCode | WarningCode

/** The few words that follow a code where it is shown. */
export const codeTitles: ReadonlyMap<Code, string> = new Map([...errorCodes, ...warningCodes].map(([code, title]) => [code, title]))
