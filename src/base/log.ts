import { ctime, isoSeconds } from './time.ts'

export const logLevels = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** Takes one finished line, without its newline; `text` is the same without the time. */
export type LogTarget = (line: string, level: LogLevel, text: string) => void

export interface LogOptions {
  readonly level: LogLevel
  readonly isIso8601: boolean
  readonly targets: readonly LogTarget[]
}

/** The program's own messages (not its alerts), in the form that Falco gives them: `Sat Nov 21 10:00:00 2026: TEXT`. */
export class Log {
  #options: LogOptions

  constructor(options: LogOptions) {
    this.#options = options
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

  /** Writes `text`, line by line, where `level` is wanted. */
  write(level: LogLevel, text: string): void {
    if (logLevels.indexOf(level) > logLevels.indexOf(this.#options.level)) return
    const time = this.#options.isIso8601 ? isoSeconds(new Date()) : ctime(new Date())
    for (const line of text.split('\n')) for (const target of this.#options.targets) target(`${time}: ${line}`, level, line)
  }
}
