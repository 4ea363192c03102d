import { Fault } from '../base/fault.ts'
import { writeFully } from '../base/write.ts'
import type { Output } from './output.ts'
import { linesOf } from './shared/lines.ts'

/** Alerts to standard output, a line each. */
export function openStdout(): Output {
  return {
    name: 'stdout',
    async write(messages) {
      try {
        await writeFully(1, linesOf(messages))
      } catch (cause) {
        throw new Fault('output-failed', `cannot write to standard output: ${(cause as Error).message}`, { cause })
      }
    },
    async close() {},
  }
}
