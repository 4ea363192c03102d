import { dropCode } from '../../capture/code.ts'
import { every } from './timers.ts'

/**
 * Gives back the memory of what is over: a start and a reload leave tens of MB behind, which a program that then has little to do would
 * keep for hours. Takes some 20 ms, in which events wait in the rings.
 */
export function tidyMemory(): void {
  Bun.gc(true)
}

/** The same after a start, whose code is not needed any more either. */
export function tidyStart(): void {
  tidyMemory()
  dropCode()
}

/**
 * Tidies when the program takes `plenty` bytes, and then when it has grown by `growth` more: for those to call from time to time
 * who make much that is soon over.
 */
export function tidyBeyond(plenty: number, growth: number): () => void {
  let most = plenty
  return () => {
    const bytes = process.memoryUsage.rss()
    most = Math.max(plenty, Math.min(most, bytes + growth))
    if (bytes < most) return
    tidyMemory()
    most = bytes + growth
  }
}

const watchMs = 50
const plentyBytes = 120 * 1024 * 1024
// What code comes back to after a moment.
const codeBytes = 12 * 1024 * 1024
const growthBytes = 6 * 1024 * 1024

/**
 * Keeps what a replay takes within bounds: JavaScript lets its heap grow to several times of what it holds, and a replay makes much
 * that is soon over. Whenever it has grown by a few MB beyond what it should do with, code is given back, which is cheap, and the heap is
 * tidied where that is not enough.
 */
export function watchMemory(): () => void {
  let most = plentyBytes
  return every(watchMs, () => {
    if (process.memoryUsage.rss() < most) return
    dropCode()
    if (process.memoryUsage.rss() + codeBytes < most) return
    tidyMemory()
    most = Math.max(most, process.memoryUsage.rss() + codeBytes) + growthBytes
  })
}
