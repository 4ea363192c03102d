import type { BufferFormat } from '../base/bytes.ts'
import type { Field } from '../condition/field.ts'
import type { Event } from '../event/event.ts'

/** A field of the source `syscall`: it reads nothing but the event and what the state attached to it. */
export type EventField = Field<Event>

/** A heading of the listing, with its fields. */
export interface FieldClass {
  readonly name: string
  readonly description: string
  readonly fields: readonly EventField[]
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
