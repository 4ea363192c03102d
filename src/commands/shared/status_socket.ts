import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../context.ts'
import type { Status } from './status.ts'

/** Where running agents answer, each at `PID.sock`: only who may enter this directory can ask. */
export function statusDirectory(env: Environment): string {
  return env.RUNTIME_DIRECTORY || '/run/eyas'
}

const ending = '.sock'

/** The sockets in the directory, by the number of their process; those of dead processes are removed. */
export function statusSockets(directory: string): ReadonlyMap<number, string> {
  const sockets = new Map<number, string>()
  for (const name of readdirSync(directory).sort()) {
    const pid = Number(name.slice(0, -ending.length))
    if (!name.endsWith(ending) || !Number.isSafeInteger(pid) || pid <= 0) continue
    if (isAlive(pid)) sockets.set(pid, join(directory, name))
    else rmSync(join(directory, name), { force: true })
  }
  return sockets
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/**
 * Tells how this agent is to whoever connects to its socket, as one JSON object.
 *
 * @throws Error where the directory or the socket cannot be made.
 */
export function serveStatus(directory: string, status: () => Status): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  statusSockets(directory)
  const path = join(directory, `${process.pid}${ending}`)
  rmSync(path, { force: true })
  const server = Bun.listen({
    unix: path,
    socket: {
      open: (socket) => {
        socket.end(`${JSON.stringify(status())}\n`)
      },
      data: () => undefined,
      error: () => undefined,
    },
  })
  chmodSync(path, 0o600)
  return () => {
    server.stop(true)
    rmSync(path, { force: true })
  }
}

/** Asks an agent how it is; rejects where it does not answer within `limitMs`. */
export function askStatus(path: string, limitMs: number): Promise<Status> {
  const { promise, resolve, reject } = Promise.withResolvers<Status>()
  const timer = setTimeout(() => reject(new Error(`it does not answer within ${limitMs / 1000} s`)), limitMs)
  let text = ''
  const decoder = new TextDecoder()
  Bun.connect({
    unix: path,
    socket: {
      data: (_, bytes) => {
        text += decoder.decode(bytes, { stream: true })
        if (text.endsWith('\n')) resolve(JSON.parse(text) as Status)
      },
      close: () => reject(new Error('it hung up')),
    },
  }).catch(reject)
  return promise.finally(() => clearTimeout(timer))
}
