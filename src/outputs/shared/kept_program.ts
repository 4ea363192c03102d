import { closeSync, readSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import { writeAsFar } from '../../base/write.ts'
import { type Message, type Output, WriteFault } from '../output.ts'
import { endOf, shell } from './shell.ts'

/** A pipe: the end to read from, the end to write to, and a second one to read from. Only the first one waits. */
export type Pipe = readonly [read: number, write: number, peek: number]

// What a pipe holds, and more than that is never unread (pipe(7)).
const pipeBytes = 1024 * 1024
const drainBytes = 65536

interface Line {
  readonly bytes: Buffer
  /** Where it ends in all that this process was sent. */
  readonly end: number
}

interface Running {
  readonly process: { readonly exited: Promise<number> }
  readonly write: number
  readonly peek: number
  sent: number
  /** The last lines, which it may not have read. */
  lines: Line[]
  hasEnded: boolean
  /** Bytes that it left in the pipe; known once it has ended. */
  unread?: number
}

/** One process that takes all alerts. Where it dies, another takes its place, and gets what that one has not read. */
export class KeptProgram implements Output {
  readonly name = 'program'
  readonly #program: string
  readonly #pipe: () => Pipe | undefined
  #running: Running | undefined
  // Of processes that died, and of writes that are over.
  #unread: Buffer[] = []
  // Brings what a process has not read to the next.
  #reviving: Promise<void> | undefined
  #isWriting = false

  constructor(program: string, pipe: () => Pipe | undefined) {
    this.#program = program
    this.#pipe = pipe
  }

  async write(messages: readonly Message[]): Promise<void> {
    await this.#reviving
    this.#isWriting = true
    try {
      await this.#deliver(messages.map(({ line }) => Buffer.from(`${line}\n`, 'utf8')))
    } finally {
      this.#isWriting = false
    }
  }

  async #deliver(own: readonly Buffer[]): Promise<void> {
    let rest = own
    for (;;) {
      if (this.#running?.hasEnded) this.#takeBack(this.#running)
      const running = this.#running ?? this.#start()
      const lines = [...this.#unread, ...rest]
      this.#unread = []
      rest = []
      const isSent = await send(running, lines)
      // A pipe takes what nobody will read.
      if (isSent && !running.hasEnded) return
      const code = await running.process.exited
      this.#takeBack(running)
      if (isSent && this.#unread.length === 0) return
      if (readBytes(running) > 0) continue
      // Whoever called tries those of this call again, or counts them.
      const left = this.#unread.filter((line) => own.includes(line))
      this.#unread = this.#unread.filter((line) => !own.includes(line))
      throw new WriteFault(`the program ended with exit code ${code} and took no alert`, { written: own.length - left.length })
    }
  }

  reopen(): void {
    const old = this.#running
    this.#running = undefined
    if (old) void this.#end(old).catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#reviving
    if (this.#running?.hasEnded) this.#takeBack(this.#running)
    if (this.#unread.length > 0) await this.write([])
    const old = this.#running
    this.#running = undefined
    if (old) await this.#end(old)
  }

  #start(): Running {
    const pipe = this.#pipe()
    if (pipe === undefined) throw new Fault('output-failed', 'the kernel gives no pipe to the program')
    const [read, write, peek] = pipe
    try {
      const process = Bun.spawn([...shell, this.#program], { stdin: read, stdout: 'inherit', stderr: 'inherit' })
      const running: Running = { process, write, peek, sent: 0, lines: [], hasEnded: false }
      process.exited.then(() => {
        running.hasEnded = true
        this.#revive(running)
      })
      this.#running = running
      return running
    } catch (cause) {
      for (const fd of [write, peek]) closeSync(fd)
      throw new Fault('output-failed', `the program cannot be started: ${(cause as Error).message}`, { cause })
    } finally {
      closeSync(read)
    }
  }

  // What it has not read waits for nobody, such as the next alert, which may be hours away.
  #revive(dead: Running): void {
    if (this.#running !== dead || this.#isWriting || this.#reviving || readBytes(dead) === 0 || dead.unread === 0) return
    this.#reviving = this.#deliver([])
      .catch(() => undefined)
      .finally(() => {
        this.#reviving = undefined
        if (this.#running?.hasEnded) this.#revive(this.#running)
      })
  }

  #takeBack(dead: Running): void {
    if (this.#running !== dead) return
    this.#running = undefined
    const read = readBytes(dead)
    this.#unread.push(...dead.lines.filter(({ end }) => end > read).map(({ bytes }) => bytes))
    for (const fd of [dead.write, dead.peek]) closeSync(fd)
  }

  async #end({ process, write, peek }: Running): Promise<void> {
    closeSync(write)
    try {
      await endOf(process)
    } finally {
      closeSync(peek)
    }
  }
}

/** Sends lines; false where the process ended before it could have them all. */
async function send(running: Running, lines: readonly Buffer[]): Promise<boolean> {
  let end = running.sent
  for (const bytes of lines) {
    end += bytes.length
    running.lines.push({ bytes, end })
  }
  const all = Buffer.concat(lines)
  const { written } = await writeAsFar(running.write, all, () => !running.hasEnded)
  running.sent += written
  const first = running.lines.findIndex((line) => line.end > running.sent - pipeBytes)
  running.lines = running.lines.slice(Math.max(0, first))
  return written === all.length
}

// What a process that has ended has read of all that it was sent; the rest is taken out of the pipe.
function readBytes(dead: Running): number {
  dead.unread ??= drain(dead.peek)
  return dead.sent - dead.unread
}

function drain(fd: number): number {
  const buffer = Buffer.alloc(drainBytes)
  let bytes = 0
  for (;;) {
    try {
      const got = readSync(fd, buffer)
      if (got === 0) return bytes
      bytes += got
    } catch {
      return bytes
    }
  }
}
