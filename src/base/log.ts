import { maskSecrets } from './mask.ts'
import { ctime, isoSeconds } from './time.ts'

export const logLevels = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** Takes one finished line, without its newline; `text` is the same without the time, or not as JSON. */
export type LogTarget = (line: string, level: LogLevel, text: string) => void

export interface LogOptions {
  readonly level: LogLevel
  readonly isIso8601: boolean
  /** Whether a line is an object of JSON, with `time`, `level` and `message`. */
  readonly isJson?: boolean
  readonly targets: readonly LogTarget[]
}

// So many messages at once, and a second in the long run: a fault that repeats itself must not fill a disk.
const burst = 5000
const perSecond = 20

/** The program's own messages (not its alerts), in the form that Falco gives them: `Sat Nov 21 10:00:00 2026: TEXT`. */
export class Log {
  #options: LogOptions
  readonly #now: () => number
  #tokens = burst
  #refilledMs: number
  #leftOut = 0

  /** `now`: milliseconds of any clock. */
  constructor(options: LogOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
    this.#refilledMs = now()
  }

  /** Goes on as a new configuration wants it; whoever holds this log keeps it. */
  configure(options: LogOptions): void {
    this.#options = options
  }

  error(text: string): void {
    this.write('error', text)
  }

  warning(text: string): void {
    this.write('warning', text)
  }

  notice(text: string): void {
    this.write('notice', text)
  }

  info(text: string): void {
    this.write('info', text)
  }

  debug(text: string): void {
    this.write('debug', text)
  }

  /** Writes `text`, line by line, where `level` is wanted; without secrets, and not more than anybody could read. */
  write(level: LogLevel, text: string): void {
    if (logLevels.indexOf(level) > logLevels.indexOf(this.#options.level)) return
    if (!this.#takeToken()) {
      this.#leftOut++
      return
    }
    const leftOut = this.#leftOut
    this.#leftOut = 0
    if (leftOut > 0) this.#put('warning', `${leftOut} messages were left out here, since there were too many`)
    this.#put(level, maskSecrets(text))
  }

  #put(level: LogLevel, text: string): void {
    const { isJson, isIso8601, targets } = this.#options
    const now = new Date()
    const time = isJson ? now.toISOString() : isIso8601 ? isoSeconds(now) : ctime(now)
    for (const line of text.split('\n')) {
      const whole = isJson ? JSON.stringify({ time, level, message: line }) : `${time}: ${line}`
      for (const target of targets) target(whole, level, line)
    }
  }

  #takeToken(): boolean {
    const now = this.#now()
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#refilledMs) / 1000) * perSecond)
    this.#refilledMs = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
