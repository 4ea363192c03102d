import { dropCode } from '../../capture/code.ts'
import { every } from './timers.ts'

/**
 * Gives back the memory of what is over: a start and a reload leave tens of MB behind, which a program that then has little to do would
 * keep for hours. Takes some 20 ms, in which events wait in the rings.
 */
export function tidyMemory(): void {
  Bun.gc(true)
}

const watchMs = 50
const plentyBytes = 112 * 1024 * 1024
const growthBytes = 6 * 1024 * 1024

/** The same after a start, whose code is not needed any more either. */
export function tidyStart(): void {
  tidyMemory()
  dropCode()
}

/**
 * Keeps what a replay takes within bounds: JavaScript lets its heap grow to several times of what it holds, and a replay makes much
 * that is soon over. Tidies now, after the start, and whenever it has grown by a few MB beyond what it should do with.
 */
export function boundMemory(): () => void {
  tidyMemory()
  return watchMemory()
}

/** The same without tidying now: for what starts with little. */
export function watchMemory(): () => void {
  let most = plentyBytes
  return every(watchMs, () => {
    const bytes = process.memoryUsage.rss()
    if (bytes < most) return
    tidyMemory()
    most = bytes + growthBytes
  })
}
