import { createServer as createHttp, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcp, type Socket, type Server as TcpServer } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { Fault } from '../base/fault.ts'
import { type App, createApp } from './app.ts'
import { formatPlace } from './place.ts'
import { type Route, textType } from './routes/route.ts'

/** A key and a certificate, ready for TLS. */
export type Certificate = SecureContext

export interface ServerOptions {
  readonly address: string
  readonly port: number
  /** PEM text with a key and a certificate, for HTTPS. */
  readonly pem: string | undefined
  /** Hears of what a route throws. */
  readonly onError: (error: Error) => void
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
  readonly #tcp: TcpServer
  readonly #http: HttpServer
  readonly #options: ServerOptions
  #certificate: Certificate | undefined
  #app: App

  private constructor(options: ServerOptions) {
    this.#options = options
    this.#certificate = this.readCertificate(options.pem)
    this.#app = createApp([], options.onError)
    const { headersMs, requestMs, idleMs, headerBytes, connections } = limits
    this.#http = createHttp(
      { headersTimeout: headersMs, requestTimeout: requestMs, keepAliveTimeout: idleMs, maxHeaderSize: headerBytes },
      (request, response) => void this.#answer(request, response),
    )
    this.#tcp = createTcp((socket) => this.#connect(socket))
    this.#tcp.maxConnections = connections
  }

  /**
   * Begins to listen; until `serve`, all paths are unknown.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had, or the certificate is none.
   */
  static async open(options: ServerOptions): Promise<WebServer> {
    const server = new WebServer(options)
    await server.#listen()
    return server
  }

  /** The port, also where any was asked for. */
  get port(): number {
    const address = this.#tcp.address()
    return typeof address === 'object' && address !== null ? address.port : this.#options.port
  }

  /** Answers by these routes from now on. */
  serve(routes: readonly Route[]): void {
    this.#app = createApp(routes, this.#options.onError)
  }

  /**
   * A certificate made ready for `present`; none for none.
   *
   * @throws Fault `webserver-unavailable` where `pem` has no key or no certificate.
   */
  readCertificate(pem: string | undefined): Certificate | undefined {
    return pem === undefined ? undefined : certificateOf(pem)
  }

  /** Shows this certificate to those who connect from now on; without one, speaks plain HTTP to them. */
  present(certificate: Certificate | undefined): void {
    this.#certificate = certificate
  }

  close(): void {
    this.#tcp.close()
    this.#http.closeAllConnections()
  }

  #listen(): Promise<void> {
    const { address, port } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Once it listens, it has no errors that anybody could do something about.
    this.#tcp.on('error', (error: NodeJS.ErrnoException) => reject(unavailable(error, address, port)))
    this.#tcp.listen(port, address, () => resolve())
    return promise
  }

  #connect(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    socket.setTimeout(limits.idleMs, () => socket.destroy())
    if (this.#certificate === undefined) {
      this.#http.emit('connection', socket)
      return
    }
    const secured = new TLSSocket(socket, { isServer: true, secureContext: this.#certificate })
    secured.on('error', () => socket.destroy())
    this.#http.emit('connection', secured)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const app = this.#app
    const { status, headers, body } = await answerOf(request, app)
    response.writeHead(status, { ...headers, ...(status === 413 ? { Connection: 'close' } : {}) })
    response.end(body)
    if (status === 413) request.destroy()
  }
}

function certificateOf(pem: string): Certificate {
  const isWhole = /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/m.test(pem) && /^-----BEGIN CERTIFICATE-----/m.test(pem)
  try {
    if (isWhole) return createSecureContext({ key: pem, cert: pem, minVersion: 'TLSv1.2' })
  } catch (cause) {
    throw badCertificate((cause as Error).message, cause)
  }
  throw badCertificate('one of them is missing')
}

function badCertificate(reason: string, cause?: unknown): Fault {
  return new Fault('webserver-unavailable', `webserver.ssl_certificate is no PEM file with a key and a certificate: ${reason}`, {
    hint: 'put both into one file: cat key.pem certificate.pem > falco.pem',
    cause,
  })
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
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

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'not allowed; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine does not have that address',
}

function unavailable(error: NodeJS.ErrnoException, address: string, port: number): Fault {
  return new Fault(
    'webserver-unavailable',
    `the web server cannot listen on ${formatPlace(address, port)}: ${reasons[error.code ?? ''] ?? error.message}`,
    {
      hint: 'choose another webserver.listen_port or listen_address, or go without: -o webserver.enabled=false',
      cause: error,
    },
  )
}
