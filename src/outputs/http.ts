import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { type Output, WriteFault } from './output.ts'

export interface HttpOptions {
  readonly url: string
  readonly isJson: boolean
  readonly userAgent: string
  /** Whether any certificate of the server will do. */
  readonly insecure: boolean
  /** Whether answers are printed on standard output. */
  readonly echo: boolean
  readonly caCert: string
  readonly caBundle: string
  readonly caPath: string
  /** PEM files of the client's certificate and key, where one is to be shown. */
  readonly client: { readonly cert: string; readonly key: string } | undefined
  readonly compress: boolean
  readonly keepAlive: boolean
  readonly maxConsecutiveTimeouts: number
  readonly timeoutMs: number
}

// Where many wait, so many requests are under way at once: one after the other, a receiver that is far away would fall behind for ever.
const mostAtOnce = 8

/** Alerts posted to a URL, a request each. */
export function openHttp(options: HttpOptions): Output {
  const tls = tlsOf(options)
  return {
    name: 'http',
    batchMessages: 2 * mostAtOnce,
    async write(messages) {
      const failures = new Map<number, Failure>()
      const posted = new Set<number>()
      let next = 0
      const postNext = async () => {
        for (let at = next++; at < messages.length && failures.size === 0; at = next++) {
          const failure = await postAgain(messages[at]?.line ?? '', options, tls)
          if (failure) failures.set(at, failure)
          else posted.add(at)
        }
      }
      // A few are posted in their order.
      const atOnce = messages.length > mostAtOnce ? mostAtOnce : 1
      await Promise.all(Array.from({ length: atOnce }, postNext))
      const written = Math.min(...failures.keys())
      const failure = failures.get(written)
      if (failure) throw new WriteFault(failure.message, { ...failure, written, ahead: posted })
    },
    async close() {},
  }
}

interface Failure {
  readonly message: string
  readonly isRefused: boolean
  readonly cause?: unknown
}

/** Posts a line, again where it timed out; says what went wrong in the end. */
async function postAgain(line: string, options: HttpOptions, tls: Bun.TLSOptions | undefined): Promise<Failure | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return failureOf(await post(line, options, tls), options.url)
    } catch (cause) {
      const isTimeout = cause instanceof Error && cause.name === 'TimeoutError'
      if (isTimeout && attempt < options.maxConsecutiveTimeouts) continue
      // The words in parentheses are what scripts that watch Falco's log look for.
      const message = `cannot post to ${options.url} (libcurl failed to perform call): ${(cause as Error).message}`
      return { message, isRefused: false, cause }
    }
  }
}

// What is wrong with the message itself stays wrong; anything else may pass: rights, routes, a receiver with too much to do.
const refusals: ReadonlySet<number> = new Set([400, 413, 415, 422])

function failureOf(status: number, url: string): Failure | undefined {
  if (status < 400) return undefined
  return { message: `${url} answers with status ${status}`, isRefused: refusals.has(status) }
}

async function post(line: string, options: HttpOptions, tls: Bun.TLSOptions | undefined): Promise<number> {
  const headers: Record<string, string> = {
    'Content-Type': options.isJson ? 'application/json' : 'text/plain',
    'User-Agent': options.userAgent,
  }
  if (options.compress) headers['Content-Encoding'] = 'gzip'
  const response = await fetch(options.url, {
    method: 'POST',
    headers,
    body: options.compress ? Bun.gzipSync(line) : line,
    keepalive: options.keepAlive,
    signal: AbortSignal.timeout(options.timeoutMs),
    ...(tls ? { tls } : {}),
  })
  const answer = await response.text()
  if (options.echo) print(answer)
  return response.status
}

function tlsOf(options: HttpOptions): Bun.TLSOptions | undefined {
  if (!options.url.startsWith('https:')) return undefined
  const ca = caOf(options)
  return {
    rejectUnauthorized: !options.insecure,
    ...(ca.length > 0 ? { ca } : {}),
    ...(options.client ? { cert: read(options.client.cert), key: read(options.client.key) } : {}),
  }
}

// A certificate or bundle that is named replaces the directory; the directory is read once.
function caOf({ caCert, caBundle, caPath, insecure }: HttpOptions): string[] {
  if (insecure) return []
  const named = [caCert, caBundle].filter((path) => path !== '').map(read)
  if (named.length > 0 || !existsSync(caPath)) return named
  const bundle = join(caPath, 'ca-certificates.crt')
  if (existsSync(bundle)) return [read(bundle)]
  const files = readdirSync(caPath).filter((name) => /\.(pem|crt)$/.test(name))
  return files
    .map((name) => join(caPath, name))
    .filter(existsSync)
    .map(read)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('output-failed', `cannot read ${path}, which http_output names`, { hint: 'mend the path or its permissions', cause })
  }
}
