import type { Event } from '../event/event.ts'
import { eventCodes, events } from '../schema/event.ts'

export interface LineOptions {
  /** Which events are shown; all without it. */
  readonly filter?: ((event: Event) => boolean) | undefined
  /** The line of an event; undefined where it has none because a field has no value. */
  readonly format: (event: Event) => string | undefined
  /** Takes each line, without its end. */
  readonly write: (line: string) => void
  /** Events that pass the filter are shown until there were so many. */
  readonly limit?: number | undefined
}

/** Prints a line for each event. */
export class LinePrinter {
  /** Events that passed the filter. */
  count = 0
  private readonly options: LineOptions
  private readonly limit: number

  constructor(options: LineOptions) {
    this.options = options
    this.limit = options.limit ?? Number.POSITIVE_INFINITY
  }

  /** Whether the limit was reached. */
  get isDone(): boolean {
    return this.count >= this.limit
  }

  process(event: Event): void {
    if (this.isDone || isInternal[event.type] === 1) return
    const { filter, format, write } = this.options
    if (filter !== undefined && !filter(event)) return
    this.count++
    const line = format(event)
    if (line !== undefined) write(line)
  }
}

// Events by which a driver talks to itself: samples of processes, notes of lost events.
const isInternal = Uint8Array.from({ length: eventCodes }, (_, code) => (events[code]?.categoryFlags.has('INTERNAL') ? 1 : 0))
