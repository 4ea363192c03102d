import { print } from '../../base/print.ts'
import { canRedraw } from '../../base/terminal.ts'

export interface ProgressOptions {
  /** Part of the work that is done, 0 to 1; undefined where that is not known. */
  readonly part: () => number | undefined
  /** Events so far. */
  readonly count: () => number
  /** Writes to the terminal; tests take it from here. */
  readonly write?: (text: string) => void
}

const tickMs = 250
// What is over sooner needs no progress.
const firstMs = 500

/** Shows how far a replay is, on a line of standard error that erases itself; returns the way to end it. Without a terminal there it does nothing. */
export function showProgress(options: ProgressOptions, isTerminal = canRedraw(2)): () => void {
  if (!isTerminal) return () => undefined
  const progress = new Progress(options, performance.now())
  let timer = setTimeout(function tick() {
    progress.draw(performance.now())
    timer = setTimeout(tick, tickMs)
  }, firstMs)
  return () => {
    clearTimeout(timer)
    progress.erase()
  }
}

const eraseLine = '\x1b[K'

/** The line itself; `nowMs` counts from any start. */
export class Progress {
  private readonly options: ProgressOptions
  private readonly write: (text: string) => void
  private isShown = false
  private lastMs: number
  private lastCount = 0

  constructor(options: ProgressOptions, startMs: number) {
    this.options = options
    this.write = options.write ?? ((text) => void print(text, 2))
    this.lastMs = startMs
  }

  // The cursor goes back to the first column, so that whatever is written next begins there.
  draw(nowMs: number): void {
    const count = this.options.count()
    const seconds = (nowMs - this.lastMs) / 1000
    const rate = seconds > 0 ? (count - this.lastCount) / seconds : 0
    const part = this.options.part()
    const percent = part === undefined ? '' : `${(Math.floor(part * 1000) / 10).toFixed(1)} %, `
    this.write(`${percent}${count.toLocaleString('en-US')} events, ${shortNumber(rate)} events/s${eraseLine}\r`)
    this.isShown = true
    this.lastMs = nowMs
    this.lastCount = count
  }

  erase(): void {
    if (this.isShown) this.write(eraseLine)
    this.isShown = false
  }
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0)
}
