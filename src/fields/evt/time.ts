import { Fault } from '../../base/fault.ts'
import { clockSeconds, clockTime, dateTime, dateTimeSeconds, isoTime, nanosOf, padNanos, secondsOf } from '../../base/timestamp.ts'
import type { Field, Value } from '../../condition/field.ts'
import { canonical } from '../../condition/literals.ts'
import type { Event } from '../../event/event.ts'
import type { AnyEvent, EventField, FieldOptions, OutputTime } from '../field.ts'

const nsPerMs = 1_000_000

/** When the event happened, absolutely and relative to others. */
export function timeFields(options: FieldOptions): readonly EventField[] {
  return [...clockFields, outputTimeField(options), ...rawFields, ...sinceStartFields, ...sincePreviousFields, ...latencyFields, around]
}

const clockFields: readonly Field<AnyEvent>[] = [
  clock('evt.time', 'Local time of day, with nanoseconds.', clockTime),
  clock('evt.time.s', 'Local time of day, to the second.', clockSeconds),
  clock('evt.time.iso8601', 'Date and time in UTC, as ISO 8601 with nanoseconds.', isoTime),
  clock('evt.datetime', 'Local date and time of day, with nanoseconds.', dateTime),
  clock('evt.datetime.s', 'Local date and time of day, to the second.', dateTimeSeconds),
]

function clock(name: string, help: string, text: (ns: bigint) => string): Field<AnyEvent> {
  return { name, type: 'CHARBUF', help, get: (event) => text(event.ts), json: nanoseconds }
}

// In JSON, Falco and sysdig write all of these as nanoseconds since the epoch.
function nanoseconds(event: AnyEvent): Value {
  return canonical(event.ts)
}

function outputTimeField({ outputTime }: FieldOptions): EventField {
  return {
    name: 'evt.outputtime',
    type: 'CHARBUF',
    flags: ['print_only'],
    help: 'Time in the form that was chosen for listings of events; the local time of day unless another was asked for.',
    get: outputTimes[outputTime],
    json: nanoseconds,
  }
}

const outputTimes: Readonly<Record<OutputTime, (event: Event) => string>> = {
  clock: (e) => clockTime(e.ts),
  date: (e) => dateTime(e.ts),
  epoch: (e) => decimalSeconds(e.ts),
  relative: (e) => decimalSeconds(sinceStart(e)),
  delta: (e) => decimalSeconds(sincePrevious(e)),
}

const rawFields: readonly Field<AnyEvent>[] = [
  { name: 'evt.rawtime', type: 'ABSTIME', format: 'DEC', help: 'Nanoseconds since the epoch.', get: (e) => canonical(e.ts) },
  { name: 'evt.rawtime.s', type: 'ABSTIME', format: 'DEC', help: 'Whole seconds since the epoch.', get: (e) => secondsOf(e.ts) },
  {
    name: 'evt.rawtime.ns',
    type: 'ABSTIME',
    format: '10_PADDED_DEC',
    help: 'Nanoseconds within the second.',
    get: (e) => nanosOf(e.ts),
  },
]

const sinceStartFields: readonly Field<AnyEvent>[] = [
  {
    name: 'evt.reltime',
    type: 'RELTIME',
    format: '10_PADDED_DEC',
    help: 'Nanoseconds since the first event.',
    get: (e) => canonical(sinceStart(e)),
  },
  {
    name: 'evt.reltime.s',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Whole seconds since the first event.',
    get: (e) => secondsOf(sinceStart(e)),
  },
  {
    name: 'evt.reltime.ns',
    type: 'RELTIME',
    format: '10_PADDED_DEC',
    help: 'Nanoseconds within the second, of the time since the first event.',
    get: (e) => nanosOf(sinceStart(e)),
  },
]

/** Those of the fields above that events of every source have. */
export const commonTimeFields: readonly Field<AnyEvent>[] = [...clockFields, ...rawFields, ...sinceStartFields]

const sincePreviousFields: readonly Field<AnyEvent>[] = [
  {
    name: 'evt.deltatime',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Nanoseconds since the event before this one.',
    get: (e) => canonical(sincePrevious(e)),
  },
  {
    name: 'evt.deltatime.s',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Whole seconds since the event before this one.',
    get: (e) => secondsOf(sincePrevious(e)),
  },
  {
    name: 'evt.deltatime.ns',
    type: 'RELTIME',
    format: '10_PADDED_DEC',
    help: 'Nanoseconds within the second, of the time since the event before this one.',
    get: (e) => nanosOf(sincePrevious(e)),
  },
]

// Drivers report only the end of a system call now, so the time that it took is not known.
const notKnown = () => undefined

const latencyFields: readonly EventField[] = [
  latency('evt.latency', 'RELTIME', 'Nanoseconds that the system call took; not known any more.'),
  latency('evt.latency.s', 'RELTIME', 'Whole seconds that the system call took; not known any more.'),
  {
    ...latency('evt.latency.ns', 'RELTIME', 'Nanoseconds within the second, of the same time; not known any more.'),
    format: '10_PADDED_DEC',
  },
  {
    ...latency('evt.latency.quantized', 'UINT64', 'Decimal logarithm of the same time; not known any more.'),
    flags: ['hidden', 'deprecated'],
  },
  { ...latency('evt.latency.human', 'CHARBUF', 'The same time in a readable form; not known any more.'), format: 'NA' },
  latency('evt.wait_latency', 'RELTIME', 'Nanoseconds that the thread waited in the system call; not known any more.'),
]

function latency(name: string, type: EventField['type'], help: string): EventField {
  return { name, type, format: 'DEC', flags: ['deprecated'], help, get: notKnown }
}

const around: EventField = {
  name: 'evt.around',
  type: 'UINT64',
  format: 'DEC',
  flags: ['filter_only', 'no_rhs', 'no_transformer'],
  arg: { required: true, kind: 'key' },
  help: 'How many milliseconds the event is away from the time that the argument gives, in nanoseconds since the epoch; compare it with <=.',
  at: (arg) => {
    if (!/^\d{1,19}$/.test(arg)) throw new Fault('field-argument', `evt.around takes a time in nanoseconds since the epoch, not ${arg}`)
    const center = BigInt(arg)
    return (e) => Math.ceil(Math.abs(Number(e.ts - center)) / nsPerMs)
  },
}

// Events of several processors may be a little out of order.
function sinceStart(event: AnyEvent): bigint {
  return positive(event.ts - event.firstTs)
}

function sincePrevious(event: AnyEvent): bigint {
  return positive(event.ts - event.previousTs)
}

function positive(ns: bigint): bigint {
  return ns < 0n ? 0n : ns
}

function decimalSeconds(ns: bigint): string {
  return `${secondsOf(ns)}.${padNanos(nanosOf(ns))}`
}
