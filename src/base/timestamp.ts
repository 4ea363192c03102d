import { zoneOffset } from './time.ts'

const nsPerSecond = 1_000_000_000n

/** Whole seconds of a time in ns since the epoch. */
export function secondsOf(ns: bigint): number {
  return Number(ns / nsPerSecond)
}

/** The nanoseconds within its second. */
export function nanosOf(ns: bigint): number {
  return Number(ns % nsPerSecond)
}

/** Nine digits. */
export function padNanos(nanos: number): string {
  return String(nanos).padStart(9, '0')
}

/** `HH:MM:SS.nnnnnnnnn`, local time. */
export function clockTime(ns: bigint): string {
  return `${localSecond(secondsOf(ns)).clock}.${padNanos(nanosOf(ns))}`
}

/** `HH:MM:SS`, local time. */
export function clockSeconds(ns: bigint): string {
  return localSecond(secondsOf(ns)).clock
}

/** `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, local time. */
export function dateTime(ns: bigint): string {
  return `${dateTimeSeconds(ns)}.${padNanos(nanosOf(ns))}`
}

/** `YYYY-MM-DD HH:MM:SS`, local time. */
export function dateTimeSeconds(ns: bigint): string {
  const second = localSecond(secondsOf(ns))
  return `${second.date} ${second.clock}`
}

/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000`, UTC. */
export function isoTime(ns: bigint): string {
  return `${utcSecond(ns)}.${padNanos(nanosOf(ns))}+0000`
}

/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`, UTC: the time of an alert in JSON. */
export function isoTimeZ(ns: bigint): string {
  return `${utcSecond(ns)}.${padNanos(nanosOf(ns))}Z`
}

/** `YYYY-MM-DDTHH:MM:SS+HHMM`, local time: an alert's time with `time_format_iso_8601`. */
export function isoLocalSeconds(ns: bigint): string {
  const seconds = secondsOf(ns)
  const local = localSecond(seconds)
  return `${local.date}T${local.clock}${zoneOffset(new Date(seconds * 1000))}`
}

let lastUtc = { seconds: Number.NaN, text: '' }

function utcSecond(ns: bigint): string {
  const seconds = secondsOf(ns)
  if (seconds !== lastUtc.seconds) lastUtc = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) }
  return lastUtc.text
}

interface LocalSecond {
  readonly seconds: number
  readonly clock: string
  readonly date: string
}

// Alerts come in bursts within a second, and the conversion to local time is dear.
let lastSecond: LocalSecond = { seconds: Number.NaN, clock: '', date: '' }

function localSecond(seconds: number): LocalSecond {
  if (seconds === lastSecond.seconds) return lastSecond
  const date = new Date(seconds * 1000)
  lastSecond = {
    seconds,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
    date: `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  }
  return lastSecond
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
