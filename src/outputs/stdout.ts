import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Fault } from '../base/fault.ts'
import { writeFully } from '../base/write.ts'
import type { Output } from './output.ts'
import { linesOf } from './shared/lines.ts'

/** Alerts to standard output, a line each. */
export function openStdout(): Output {
  const fd = unblocked(1)
  return {
    name: 'stdout',
    async write(messages) {
      try {
        await writeFully(fd, linesOf(messages))
      } catch (cause) {
        throw new Fault('output-failed', `cannot write to standard output: ${(cause as Error).message}`, { cause })
      }
    },
    async close() {
      if (fd !== 1) closeSync(fd)
    },
  }
}

// A write to a pipe that nobody reads would hold one of the few threads that all files are written by. Opened anew, it does not wait, and
// whoever else has the pipe open goes on as before.
function unblocked(fd: number): number {
  try {
    return fstatSync(fd).isFIFO() ? openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK) : fd
  } catch {
    return fd
  }
}
