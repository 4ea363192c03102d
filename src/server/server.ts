import { createServer as createHttp, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type App, createApp } from './app.ts'
import { type Certificate, Listener, type Words } from './listener.ts'
import { type Answer, type Asked, type IntakeRoute, type Route, textType } from './routes/route.ts'

export interface ServerOptions {
  readonly address: string
  readonly port: number
  /** PEM text with a key and a certificate, for HTTPS. */
  readonly pem: string | undefined
  /** Hears of what a route throws. */
  readonly onError: (error: Error) => void
}

const words: Words = {
  server: 'the web server',
  certificate: 'webserver.ssl_certificate',
  hint: 'choose another webserver.listen_port or listen_address, or go without: -o webserver.enabled=false',
}

// Whoever can reach the port gets no more than this of us.
const limits = {
  connections: 64,
  headerBytes: 16 * 1024,
  // For the headers of a request, for all of it, and between requests.
  headersMs: 5000,
  requestMs: 10_000,
  idleMs: 15_000,
} as const

/**
 * Answers HTTP requests at one address.
 *
 * Connections are counted by a TCP server of our own, in front of HTTP and TLS: Bun's HTTP server takes as many as come, and where
 * they use up the descriptors of the process, nothing else works any more.
 */
export class WebServer {
  readonly #listener: Listener
  readonly #http: HttpServer
  readonly #onError: ServerOptions['onError']
  #app: App

  private constructor(listener: Listener, http: HttpServer, onError: ServerOptions['onError']) {
    this.#listener = listener
    this.#http = http
    this.#onError = onError
    this.#app = createApp([], onError)
    http.on('request', (request, response) => void this.#answer(request, response))
  }

  /**
   * Begins to listen; until `serve`, all paths are unknown.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had, or the certificate is none.
   */
  static async open({ onError, ...options }: ServerOptions): Promise<WebServer> {
    const { headersMs, requestMs, idleMs, headerBytes, connections } = limits
    const http = createHttp({
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      maxHeaderSize: headerBytes,
    })
    const listener = await Listener.open({ ...options, connections, idleMs, words }, (socket) => http.emit('connection', socket))
    return new WebServer(listener, http, onError)
  }

  /** The port, also where any was asked for. */
  get port(): number {
    return this.#listener.port
  }

  /** Answers by these routes from now on. */
  serve(routes: readonly (Route | IntakeRoute)[]): void {
    this.#app = createApp(routes, this.#onError)
  }

  /**
   * A certificate made ready for `present`; none for none.
   *
   * @throws Fault `webserver-unavailable` where `pem` has no key or no certificate.
   */
  readCertificate(pem: string | undefined): Certificate | undefined {
    return this.#listener.readCertificate(pem)
  }

  /** Shows this certificate to those who connect from now on; without one, speaks plain HTTP to them. */
  present(certificate: Certificate | undefined): void {
    this.#listener.present(certificate)
  }

  close(): void {
    this.#listener.close()
    this.#http.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const app = this.#app
    const { status, headers, body } = app.takes(pathOf(request)) ? await app.take(askedOf(request)) : await answerOf(request, app)
    // What was not read of a body is in the way of the next request.
    const isOver = status === 413 || !request.complete
    response.writeHead(status, { ...headers, ...(isOver ? { Connection: 'close' } : {}) })
    response.end(body)
    if (isOver) request.destroy()
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  const question = url.indexOf('?')
  return question < 0 ? url : url.slice(0, question)
}

function askedOf(request: IncomingMessage): Asked {
  const { method = 'GET', url = '/', headers } = request
  return {
    method,
    url: `http://localhost${url}`,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    read: (limit) => bodyOf(request, limit),
  }
}

async function answerOf(request: IncomingMessage, app: App): Promise<Answer> {
  const body = await bodyOf(request, app.bodyBytes)
  if (body === undefined) return plain(413, 'too large\n')
  const asked = requestOf(request, body)
  if (asked === undefined) return plain(400, 'not a request for a path\n')
  const response = await app.answer(asked)
  return { status: response.status, headers: Object.fromEntries(response.headers), body: new Uint8Array(await response.arrayBuffer()) }
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer<ArrayBuffer>): Request | undefined {
  const single = Object.entries(headers).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[name, value]] : []))
  const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0
  try {
    return url.startsWith('/')
      ? new Request(`http://localhost${url}`, { method, headers: single, ...(hasBody ? { body } : {}) })
      : undefined
  } catch {
    return undefined
  }
}

function plain(status: number, text: string): Answer {
  return { status, headers: textType, body: Buffer.from(text) }
}

/** The body of a request; undefined where it has more than `limit` bytes. */
async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer<ArrayBuffer> | undefined>()
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > limit) resolve(undefined)
    else chunks.push(chunk)
  })
  request.on('end', () => resolve(Buffer.concat(chunks)))
  // Who goes away in the middle gets no answer; this only ends the wait.
  request.on('error', () => resolve(undefined))
  request.on('close', () => resolve(undefined))
  return promise
}
