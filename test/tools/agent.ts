import { copyFileSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A running `dist/eyas`, as tests and benchmarks drive it: its lines as they come, its CPU time and memory, and its end. */
export interface Agent {
  readonly pid: number
  /** Lines of stdout (alerts) and stderr (log) so far. */
  readonly alerts: readonly string[]
  readonly log: readonly string[]
  /** Resolves with the first alert line, old or new, that `matches`; undefined when `timeoutMs` have passed. */
  alert(matches: (line: string) => boolean, timeoutMs: number): Promise<string | undefined>
  /** Resolves when the log `matches`; false when `timeoutMs` have passed. */
  said(matches: (log: readonly string[]) => boolean, timeoutMs: number): Promise<boolean>
  /** User and system time, seconds. */
  cpuSeconds(): number
  rssMb(): number
  /** Asks it to end and returns its exit code, -1 where the signal killed it. */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>
}

export const root = join(import.meta.dir, '..', '..')
export const binary = join(root, 'dist', 'eyas')

/** Put before a command, this ends it with the program that runs the tests, however that ends: a test that fails leaves none behind. */
export const mortal: readonly string[] = Bun.which('setpriv') === null ? [] : ['setpriv', '--pdeathsig', 'KILL']

// Falco and we both say this once the probes are attached.
const readyPattern = /Capturing/

/** A limit of time, longer where the machine is known to be slow. */
export function patient(ms: number): number {
  return ms * Number(process.env.EYAS_TEST_PATIENCE ?? 1)
}

// USER_HZ is 100 on every Linux that we run on (include/asm-generic/param.h).
const ticksPerSecond = 100

/** Starts the binary, through `wrapper` where one is given, and waits until it captures; rejects with its log when it ends before. */
export async function startAgent(
  args: readonly string[] = [],
  env: Record<string, string> = {},
  wrapper: readonly string[] = [],
): Promise<Agent> {
  const child = Bun.spawn([...mortal, ...wrapper, binary, ...args], { stdout: 'pipe', stderr: 'pipe', env: { ...process.env, ...env } })
  const alerts: string[] = []
  const log: string[] = []
  const waiting = new Set<() => void>()
  const poke = () => {
    for (const wake of waiting) wake()
  }
  const ended = Promise.all([collect(child.stdout, alerts, poke), collect(child.stderr, log, poke), child.exited])
  const until = <T>(find: () => T | undefined, timeoutMs: number) => waitFor(find, timeoutMs, waiting, child.exited)
  if ((await until(() => log.find((line) => readyPattern.test(line)), patient(20_000))) === undefined) {
    child.kill('SIGKILL')
    throw new Error(`the agent did not start to capture:\n${log.join('\n')}`)
  }
  return {
    pid: child.pid,
    alerts,
    log,
    alert: (matches, timeoutMs) => until(() => alerts.find(matches), timeoutMs),
    said: async (matches, timeoutMs) => (await until(() => matches(log) || undefined, timeoutMs)) ?? false,
    cpuSeconds: () => cpuSeconds(child.pid),
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
      return child.exitCode ?? -1
    },
  }
}

/** User and system time of a process, seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Compiles C files of the tests into `to`; throws with the compiler's words. */
export function compileC(from: string | readonly string[], to: string, flags: readonly string[] = []): void {
  // Where there is no compiler, somebody has brought the programs.
  const brought = process.env.EYAS_TEST_PROGRAMS
  if (brought !== undefined) {
    copyFileSync(join(brought, basename(to)), to)
    return
  }
  const done = Bun.spawnSync(['clang', '-O2', '-Wall', ...flags, '-o', to, ...[from].flat()])
  if (done.exitCode !== 0) throw new Error(done.stderr.toString())
}

async function collect(stream: ReadableStream<Uint8Array>, lines: string[], poke: () => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    poke()
  }
  if (rest !== '') lines.push(rest)
  poke()
}

function waitFor<T>(
  find: () => T | undefined,
  timeoutMs: number,
  waiting: Set<() => void>,
  exited: Promise<number>,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      waiting.delete(look)
      resolve(find())
    }
    const look = () => {
      if (find() !== undefined) finish()
    }
    const timer = setTimeout(finish, timeoutMs)
    waiting.add(look)
    exited.then(finish)
    look()
  })
}
