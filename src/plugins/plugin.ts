import type { Value } from '../condition/field.ts'
import type { AnyEvent, FieldClass } from '../fields/field.ts'
import type { Json } from './shared/json.ts'

/** An event that is a JSON document. */
export interface DocumentEvent extends AnyEvent {
  /** Strings in it are byte strings (`base/text.ts`). */
  readonly document: Json
  /** The time in nanoseconds since the epoch, as text. */
  readonly rawTime: string
  /** The same document, in which numbers that do not fit a JavaScript number are texts as they were written. */
  exactDocument(): Json
}

/** What a plugin gets events from. */
export interface PluginSource {
  readonly name: string
  /** Its number in the registry of plugins. */
  readonly id: number
  /** What `open_params` may be, one a line. */
  readonly openParams: readonly string[]
}

/** What Falco loads as a plugin and is built in here: a source of events, fields, or both. */
export interface Plugin<E extends AnyEvent = never> {
  readonly name: string
  readonly description: string
  readonly contact: string
  /** Of the plugin of Falco that has the same fields: rules ask for it. */
  readonly version: string
  readonly source?: PluginSource
  /** Fields that events of a source have, by name of the source. */
  readonly fields: (source: string) => FieldClass<E> | undefined
  /** JSON schema of `init_config`. */
  readonly initSchema: Readonly<Record<string, unknown>>
}

export type Read<E> = (event: E) => Value
