import { Fault } from '../base/fault.ts'
import type { Message, Output } from './output.ts'

export interface ProgramOptions {
  /** For `sh -c`. */
  readonly program: string
  /** Whether one process takes all alerts, instead of one process for each. */
  readonly keepAlive: boolean
}

/** Alerts to the standard input of a command, a line each. */
export function openProgram(options: ProgramOptions): Output {
  return options.keepAlive ? new KeptProgram(options.program) : oncePerAlert(options.program)
}

function oncePerAlert(program: string): Output {
  return {
    name: 'program',
    batchMessages: 16,
    async write(messages) {
      for (const { line } of messages) {
        const process = spawn(program)
        process.stdin.write(`${line}\n`)
        await endOf(process)
      }
    },
    async close() {},
  }
}

type Process = ReturnType<typeof spawn>

class KeptProgram implements Output {
  readonly name = 'program'
  readonly #program: string
  #process: Process | undefined

  constructor(program: string) {
    this.#program = program
  }

  async write(messages: readonly Message[]): Promise<void> {
    // A child that has ended takes writes without complaint, so its end is looked for first.
    if (this.#process?.exitCode !== null) this.#process = undefined
    const process = this.#process ?? spawn(this.#program)
    this.#process = process
    for (const { line } of messages) process.stdin.write(`${line}\n`)
    await process.stdin.flush()
  }

  reopen(): void {
    const old = this.#process
    this.#process = undefined
    if (old) void endOf(old).catch(() => undefined)
  }

  async close(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process) await endOf(process)
  }
}

function spawn(program: string) {
  return Bun.spawn(['/bin/sh', '-c', program], { stdin: 'pipe', stdout: 'inherit', stderr: 'inherit' })
}

async function endOf(process: Process): Promise<void> {
  await process.stdin.end()
  const code = await process.exited
  if (code !== 0) throw new Fault('output-failed', `the program ended with exit code ${code}`)
}
