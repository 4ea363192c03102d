import { grouped } from '../../base/grouped.ts'
import { print } from '../../base/print.ts'
import { canRedraw } from '../../base/terminal.ts'

/** Part of the work that is done, 0 to 1; undefined where that is not known. */
type Part = () => number | undefined

const tickMs = 250
// What is over sooner needs no progress.
const firstMs = 500

/**
 * Shows how far a replay is, and how many events there were, on a line of standard error; returns the way to erase it for good.
 *
 * Does nothing where standard error is no terminal, or there is no `part`.
 */
export function showProgress(part: Part | undefined, count: () => number): () => void {
  if (part === undefined || !canRedraw(2)) return () => undefined
  const progress = new Progress(part, count, performance.now())
  let timer = setTimeout(function tick() {
    print(progress.line(performance.now()), 2)
    timer = setTimeout(tick, tickMs)
  }, firstMs)
  return () => {
    clearTimeout(timer)
    print(progress.end(), 2)
  }
}

const eraseLine = '\x1b[K'

/** What is written to the terminal; `nowMs` counts from any start. */
export class Progress {
  private readonly part: Part
  private readonly count: () => number
  private isShown = false
  private lastMs: number
  private lastCount = 0

  constructor(part: Part, count: () => number, startMs: number) {
    this.part = part
    this.count = count
    this.lastMs = startMs
  }

  // The cursor goes back to the first column, so that whatever is written next begins there.
  line(nowMs: number): string {
    const count = this.count()
    const seconds = (nowMs - this.lastMs) / 1000
    const rate = seconds > 0 ? (count - this.lastCount) / seconds : 0
    const part = this.part()
    const percent = part === undefined ? '' : `${(Math.floor(part * 1000) / 10).toFixed(1)} %, `
    this.isShown = true
    this.lastMs = nowMs
    this.lastCount = count
    return `${percent}${grouped(count)} events, ${shortNumber(rate)} events/s${eraseLine}\r`
  }

  /** Erases the line, if there is one. */
  end(): string {
    return this.isShown ? eraseLine : ''
  }
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0)
}
