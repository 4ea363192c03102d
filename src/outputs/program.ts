import type { Output } from './output.ts'
import { KeptProgram, type Pipe } from './shared/kept_program.ts'
import { endOf, shell } from './shared/shell.ts'

export interface ProgramOptions {
  /** For `sh -c`. */
  readonly program: string
  /** Whether one process takes all alerts, instead of one process for each. */
  readonly keepAlive: boolean
  /** Makes the pipe to a process that is kept; undefined where there is none to be had. */
  readonly pipe: () => Pipe | undefined
}

/** Alerts to the standard input of a command, a line each. */
export function openProgram(options: ProgramOptions): Output {
  return options.keepAlive ? new KeptProgram(options.program, options.pipe) : oncePerAlert(options.program)
}

function oncePerAlert(program: string): Output {
  return {
    name: 'program',
    batchMessages: 16,
    async write(messages) {
      for (const { line } of messages) {
        const process = Bun.spawn([...shell, program], { stdin: 'pipe', stdout: 'inherit', stderr: 'inherit' })
        process.stdin.write(`${line}\n`)
        await process.stdin.end()
        await endOf(process)
      }
    },
    async close() {},
  }
}
