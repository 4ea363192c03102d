import type { Alert, JsonValue } from '../../engine/alert.ts'

export interface RepeatOptions {
  readonly windowMs: number
  /** Fields that make alerts of a rule alike; none: all of its output but numbers of processes and times. */
  readonly fields: readonly string[]
}

interface Repeated {
  last: Alert
  /** How many came after the one that was passed on, and are told by no summary yet. */
  count: number
  /** When what is counted now began, ms of any clock. */
  sinceMs: number
}

// One more ends the window of the oldest.
const mostKeys = 10_000

// Each event has others of these.
const volatile =
  /^(evt\.(time|datetime|rawtime|reltime|outputtime|latency|deltatime|num|cpu)|proc\.(v?pid|pvpid|ppid|apid|v?pgid|v?sid|sid|duration)|thread\.(v?tid|exectime|cpu|totexectime)|fd\.num)\b/

/**
 * Makes of alike alerts the first one, at once, and one summary for each window in which others came.
 *
 * Nothing is lost from the count: what was passed on, and the numbers in the summaries, add up to what came.
 */
export class Repeats {
  private readonly options: RepeatOptions
  private readonly pass: (alert: Alert) => void
  // In the order of their windows.
  private readonly known = new Map<string, Repeated>()
  private readonly chosen: ReadonlySet<string>

  constructor(options: RepeatOptions, pass: (alert: Alert) => void) {
    this.options = options
    this.pass = pass
    this.chosen = new Set(options.fields)
  }

  add(alert: Alert, nowMs: number): void {
    const key = this.keyOf(alert)
    const seen = this.known.get(key)
    if (seen && nowMs - seen.sinceMs < this.options.windowMs) {
      seen.last = alert
      seen.count++
      return
    }
    if (seen) this.end(key, seen, nowMs)
    // Where it was repeated, its next window has begun, and this one belongs to it.
    const next = this.known.get(key)
    if (next) {
      next.last = alert
      next.count++
      return
    }
    if (this.known.size >= mostKeys) this.endOldest(nowMs)
    this.known.set(key, { last: alert, count: 0, sinceMs: nowMs })
    this.pass(alert)
  }

  /** Tells what the windows that are over by now have counted; to be called every second or so. */
  sweep(nowMs: number): void {
    for (const [key, repeated] of this.known) {
      if (nowMs - repeated.sinceMs < this.options.windowMs) return
      this.end(key, repeated, nowMs)
    }
  }

  /** Tells all that was counted: at the end. */
  flush(nowMs: number): void {
    for (const repeated of this.known.values()) this.tell(repeated, nowMs)
    this.known.clear()
  }

  private end(key: string, repeated: Repeated, nowMs: number): void {
    this.known.delete(key)
    if (repeated.count === 0) return
    this.tell(repeated, nowMs)
    this.known.set(key, { last: repeated.last, count: 0, sinceMs: nowMs })
  }

  private endOldest(nowMs: number): void {
    for (const [key, repeated] of this.known) {
      this.known.delete(key)
      this.tell(repeated, nowMs)
      return
    }
  }

  private tell({ last, count, sinceMs }: Repeated, nowMs: number): void {
    if (count === 0) return
    const seconds = Math.max(1, Math.round((nowMs - sinceMs) / 1000))
    const fields: [string, JsonValue][] = [
      ['eyas.repeated', count],
      ['eyas.seconds', seconds],
    ]
    this.pass({ ...last, text: `Repeated ${count} times in ${seconds} s: ${last.text}`, fields: [...last.fields, ...fields] })
  }

  private keyOf({ rule, fields, text }: Alert): string {
    const isWanted = this.chosen.size > 0 ? (name: string) => this.chosen.has(name) : (name: string) => !volatile.test(name)
    let key = `${rule}\0`
    if (fields.length === 0) key += text
    for (const [name, value] of fields) if (isWanted(name)) key += `${name}\0${valueKey(value)}\0`
    return key
  }
}

function valueKey(value: JsonValue): string {
  return Array.isArray(value) ? value.map(valueKey).join('\x01') : String(value)
}
