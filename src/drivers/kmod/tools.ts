import { constants } from 'node:fs'
import { join } from 'node:path'
import { isUsable } from '../../base/files.ts'

/** How a program that was run ended. */
export interface Ran {
  readonly isOk: boolean
  /** What it wrote, both streams, the last part of it. */
  readonly output: string
}

export interface RunOptions {
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const keptBytes = 16 * 1024
const defaultTimeoutMs = 60_000

/** The path of a program of the system; undefined where there is none. */
export function find(program: string): string | undefined {
  return folders.map((folder) => join(folder, program)).find((path) => isUsable(path, constants.X_OK))
}

/** Runs a program with these words, through no shell, in an environment of its own. */
export async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  const [name, ...words] = argv
  const program = name.startsWith('/') ? name : find(name)
  if (program === undefined) return { isOk: false, output: `${name} is not installed` }
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const child = Bun.spawn([program, ...words], {
    // Messages of programs are looked into, so they must not be translated.
    env: { PATH: folders.join(':'), LC_ALL: 'C', HOME: '/root', ...options.env },
    cwd: options.cwd ?? '/',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const [out, err, code] = await Promise.all([tailOf(child.stdout), tailOf(child.stderr), child.exited])
  const output = [out, err].filter((text) => text !== '').join('\n')
  if (code === 0) return { isOk: true, output }
  const isLate = child.signalCode === 'SIGKILL'
  return { isOk: false, output: isLate ? `${output}\n${name} took longer than ${timeoutMs / 1000} s`.trimStart() : output }
}

async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let tail = ''
  for await (const chunk of stream) tail = (tail + decoder.decode(chunk, { stream: true })).slice(-keptBytes)
  return tail.trim()
}

/** The last lines of an output, on one line. */
export function lastWords(output: string, lines = 3): string {
  return output.trim().split('\n').slice(-lines).join(' | ').slice(-400)
}
