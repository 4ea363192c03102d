/** A time to the nanosecond: whole seconds since the epoch, and the rest. */
export interface Timestamp {
  readonly seconds: number
  readonly nanos: number
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/

// Times of events come in order, so that most of them share all but their last digits.
let lastMinute = { text: '-', seconds: 0 }

/** Reads a time as RFC 3339 has it (`2026-11-21T10:00:00.123456Z`); undefined where it is none, or no day of the calendar. */
export function parseRfc3339(text: string): Timestamp | undefined {
  return text.length === microsLength && text.startsWith(lastMinute.text) ? parseMicros(text) : parseAny(text)
}

// `2026-11-21T10:00:00.123456Z`, as Kubernetes writes times.
const microsLength = 27
const isDigit = (code: number) => code >= 0x30 && code <= 0x39

/** A time in the minute of the one before. */
function parseMicros(text: string): Timestamp | undefined {
  const tens = text.charCodeAt(17)
  const ones = text.charCodeAt(18)
  const isWritten = text[16] === ':' && text[19] === '.' && text[26] === 'Z' && tens < 0x36 && isDigit(tens) && isDigit(ones)
  if (!isWritten) return parseAny(text)
  let micros = 0
  for (let at = 20; at < 26; at++) {
    const code = text.charCodeAt(at)
    if (!isDigit(code)) return parseAny(text)
    micros = micros * 10 + code - 0x30
  }
  return { seconds: lastMinute.seconds + (tens - 0x30) * 10 + ones - 0x30, nanos: micros * 1000 }
}

function parseAny(text: string): Timestamp | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const second = Number(match[6])
  if (second > 59) return undefined
  const minute = text.slice(0, 16)
  if (minute !== lastMinute.text) {
    const seconds = startOfMinute(match)
    if (seconds === undefined) return undefined
    lastMinute = { text: minute, seconds }
  }
  const offset = match[8] === undefined ? 0 : offsetSeconds(match)
  if (offset === undefined) return undefined
  const fraction = match[7]
  return { seconds: lastMinute.seconds + second - offset, nanos: fraction === undefined ? 0 : Number(fraction.padEnd(9, '0')) }
}

/** Nanoseconds since the epoch. */
export function nanosecondsOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
}

function startOfMinute(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute] = match.slice(1, 6).map(Number) as [number, number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute)
  const isSame =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour && date.getUTCMinutes() === minute
  return isSame ? date.getTime() / 1000 : undefined
}

function offsetSeconds(match: RegExpExecArray): number | undefined {
  const hours = Number(match[9])
  const minutes = Number(match[10])
  if (hours > 23 || minutes > 59) return undefined
  return (match[8] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
}
