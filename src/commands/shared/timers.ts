import { Fault } from '../../base/fault.ts'

/**
 * The time limit of the command line in milliseconds; 0 is none.
 *
 * @throws Fault `flag-invalid`.
 */
export function limitMs(seconds: string | undefined): number {
  if (seconds === undefined) return 0
  if (/^\d+(\.\d+)?$/.test(seconds)) return Number(seconds) * 1000
  throw new Fault('flag-invalid', `-M takes a number of seconds, not '${seconds}'`, { hint: 'write -M 60 to stop after a minute' })
}

// A timer of JavaScript holds 31 bits of milliseconds, and one that is set for longer goes off at once.
const longestTimerMs = 2 ** 31 - 1

/** Resolves in a later turn of the event loop: whatever waits goes first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Does `work` after `ms`, however long that is, unless the returned function is called; never where it is 0. */
export function after(ms: number, work: () => void): () => void {
  if (!(ms > 0)) return () => undefined
  const step = Math.min(ms, longestTimerMs)
  let undo: () => void = () => clearTimeout(timer)
  const timer = setTimeout(() => {
    if (step === ms) return work()
    undo = after(ms - step, work)
  }, step)
  return () => undo()
}

/** Does `work` every `ms`, however long that is, until the returned function is called. */
export function every(ms: number, work: () => void): () => void {
  if (ms > longestTimerMs) return everyLong(ms, work)
  const timer = setInterval(work, ms)
  return () => clearInterval(timer)
}

function everyLong(ms: number, work: () => void): () => void {
  let undo = after(ms, again)
  function again(): void {
    undo = after(ms, again)
    work()
  }
  return () => undo()
}
