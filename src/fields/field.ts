import type { BufferFormat } from '../base/bytes.ts'
import type { Field } from '../condition/field.ts'
import type { Event } from '../event/event.ts'

/** A field of the source `syscall`: it reads nothing but the event and what the state attached to it. */
export type EventField = Field<Event>

/** What the fields that all sources have read: the number of an event and its times, ns since the epoch. */
export interface AnyEvent {
  /** Counted from 1 in its source. */
  readonly num: number
  readonly ts: bigint
  /** Of the event before this one, and of the first of the source; its own for the first. */
  readonly previousTs: bigint
  readonly firstTs: bigint
}

/** A heading of the listing, with its fields. */
export interface FieldClass<E = Event> {
  readonly name: string
  readonly description: string
  readonly fields: readonly Field<E>[]
}

/** What `%evt.outputtime` shows: time of day, date and time, seconds since the epoch, since the start, or since the event before. */
export type OutputTime = 'clock' | 'date' | 'epoch' | 'relative' | 'delta'

/** Domain names of addresses, as far as rules ask for them. */
export interface DomainNames {
  /** Rules compare with this name. */
  want(name: string): void
  /** The wanted names that have this address of 4 or 16 bytes. */
  of(address: string): readonly string[]
}

/** What fields show that is not in the events. */
export interface FieldOptions {
  readonly hostname: string
  readonly bufferFormat: BufferFormat
  readonly outputTime: OutputTime
  /** `static_fields` of the configuration: text by key, in Unicode. */
  readonly staticFields: ReadonlyMap<string, string>
  readonly domainNames: DomainNames
}

export const defaultFieldOptions: FieldOptions = {
  hostname: '',
  bufferFormat: 'text',
  outputTime: 'clock',
  staticFields: new Map(),
  domainNames: { want: () => undefined, of: () => [] },
}
