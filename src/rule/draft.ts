import { parsePriority } from '../base/priority.ts'
import type { WarningCode } from './code.ts'
import { type ExceptionDraft, readExceptions } from './exception.ts'
import { type Context, LoadError } from './problem.ts'
import type { Part, Reader } from './reader.ts'

export type Warn = (code: WarningCode, message: string, at: Context) => void

/** The keys of a rule that an item may give, apart from its name and source. */
export interface RuleValues {
  condition: Part[]
  output: Part[]
  desc: string
  priority: number
  enabled: boolean
  tags: string[]
  exceptions: readonly ExceptionDraft[]
  warn_evttypes: boolean
  'skip-if-unknown-filter': boolean
  capture: boolean
  capture_duration: number
}

export type RuleKey = keyof RuleValues

type ReadKey<K extends RuleKey> = (reader: Reader, isAdded: boolean, warn: Warn) => RuleValues[K]

/** How each key is read; a key that is read must be there. */
export const readKey: { readonly [K in RuleKey]: ReadKey<K> } = {
  condition: (reader) => [reader.part('condition')],
  output: (reader) => [reader.part('output')],
  desc: (reader) => reader.text('desc'),
  priority: readPriority,
  enabled: (reader) => given(reader, 'enabled', reader.boolean('enabled')),
  tags: (reader) => reader.texts('tags') ?? [],
  exceptions: (reader, isAdded, warn) =>
    readExceptions(reader, isAdded, ({ name, context }) =>
      warn('LOAD_EXCEPTION_NAME_NOT_UNIQUE', `Multiple definitions of exception '${name}' in the same rule`, context),
    ),
  warn_evttypes: (reader) => given(reader, 'warn_evttypes', reader.boolean('warn_evttypes')),
  'skip-if-unknown-filter': (reader) => given(reader, 'skip-if-unknown-filter', reader.boolean('skip-if-unknown-filter')),
  capture: (reader) => given(reader, 'capture', reader.boolean('capture')),
  capture_duration: (reader) => given(reader, 'capture_duration', reader.integer('capture_duration')),
}

/** Reads all keys of a rule that is given as a whole. */
export function readFullRule(reader: Reader, warn: Warn): RuleValues {
  const read = <K extends RuleKey>(key: K) => readKey[key](reader, false, warn)
  return {
    condition: read('condition'),
    output: read('output'),
    desc: read('desc'),
    priority: read('priority'),
    enabled: reader.boolean('enabled') ?? true,
    tags: read('tags'),
    exceptions: reader.has('exceptions') ? read('exceptions') : [],
    warn_evttypes: reader.boolean('warn_evttypes') ?? true,
    'skip-if-unknown-filter': reader.boolean('skip-if-unknown-filter') ?? false,
    capture: reader.boolean('capture') ?? false,
    capture_duration: reader.integer('capture_duration') ?? 0,
  }
}

function readPriority(reader: Reader): number {
  const text = reader.text('priority')
  const priority = parsePriority(text)
  if (priority !== undefined) return priority
  const { key, value } = reader.required('priority')
  throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Invalid priority', reader.context.within('rule priority', text, value.at ?? key.at), {
    hint: 'use emergency, alert, critical, error, warning, notice, informational or debug',
  })
}

function given<T>(reader: Reader, key: string, value: T | undefined): T {
  if (value !== undefined) return value
  const entry = reader.required(key)
  throw new LoadError('LOAD_ERR_YAML_VALIDATE', `Mapping for key '${key}' is empty`, reader.at(key, entry.key))
}
