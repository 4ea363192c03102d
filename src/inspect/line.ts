import type { Event } from '../event/event.ts'
import { eventCodes, events } from '../schema/event.ts'

/** The line of an event as `sysdig -r` prints it; the star shows lines in which a field has no value. */
export const defaultLine = '*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info'

/** The same with the container, as `sysdig -pc` prints it. */
export const containerLine =
  '*%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info'

/** The same with the pod, as `sysdig -pk` prints it. */
export const podLine =
  '*%evt.num %evt.outputtime %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info'

export interface LineOptions {
  /** Which events are shown; all without it. */
  readonly filter?: (event: Event) => boolean
  /** The line of an event; undefined where it has none because a field has no value. */
  readonly format: (event: Event) => string | undefined
  /** Takes each line, without its end. */
  readonly write: (line: string) => void
  /** Events that pass the filter are shown until there were so many. */
  readonly limit?: number
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
