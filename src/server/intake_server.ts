import { createApp } from './app.ts'
import { HttpConnection } from './http_connection.ts'
import { type Certificate, Listener, type ListenOptions } from './listener.ts'
import { PlainListener } from './plain_listener.ts'
import type { Asked, IntakeRoute } from './routes/route.ts'
import { overSocket, type Wire } from './wire.ts'

export interface IntakeServerOptions extends Omit<ListenOptions, 'idleMs'> {
  /** For the head of a request, and for all of it. */
  readonly headersMs: number
  readonly requestMs: number
  /** How long a connection may be silent between requests. */
  readonly idleMs: number
  readonly routes: readonly IntakeRoute[]
  /** Hears of what a route throws. */
  readonly onError: (error: Error) => void
}

const headerBytes = 16 * 1024
const checkMs = 1000

/**
 * Takes in much over HTTP/1.1.
 *
 * It reads the protocol itself: Bun's server knows no bounds for connections and slow requests, and the HTTP server of Node's library,
 * which does, takes twice the time for a request of 20 KB.
 */
export class IntakeServer {
  readonly #listener: Listener | PlainListener
  readonly #secure: Listener | undefined
  readonly #connections: Set<HttpConnection>
  readonly #timer: Timer
  #onIdle: () => void = () => undefined

  private constructor(listener: Listener | PlainListener, connections: Set<HttpConnection>) {
    this.#listener = listener
    this.#secure = listener instanceof Listener ? listener : undefined
    this.#connections = connections
    this.#timer = setInterval(() => this.#check(), checkMs)
  }

  /**
   * Begins to listen.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had, or the certificate is none.
   */
  static async open(options: IntakeServerOptions): Promise<IntakeServer> {
    const { routes, onError, headersMs, requestMs, idleMs, ...listening } = options
    const app = createApp(routes, onError)
    const answer = (request: Asked) => app.take(request)
    const connections = new Set<HttpConnection>()
    const connect = (wire: Wire) => {
      const onClose = () => {
        connections.delete(connection)
        if (connections.size === 0) server.#onIdle()
      }
      const connection: HttpConnection = new HttpConnection(wire, { headerBytes, headersMs, requestMs, idleMs, answer, onClose })
      connections.add(connection)
      return connection
    }
    const listener =
      listening.pem === undefined
        ? new PlainListener(listening, connect)
        : await Listener.open(listening, (socket) => overSocket(socket, connect))
    const server: IntakeServer = new IntakeServer(listener, connections)
    return server
  }

  get port(): number {
    return this.#listener.port
  }

  /**
   * A certificate made ready for `present`.
   *
   * @throws Fault `webserver-unavailable` where `pem` has no key or no certificate.
   */
  readCertificate(pem: string | undefined, clientCa: string | undefined): Certificate | undefined {
    return this.#secure?.readCertificate(pem, clientCa)
  }

  /** Shows this certificate to those who connect from now on. */
  present(certificate: Certificate | undefined): void {
    this.#secure?.present(certificate)
  }

  /** Takes no more requests, answers those that are under way, for `limitMs` at most, and closes. */
  async close(limitMs: number): Promise<void> {
    this.#listener.close()
    clearInterval(this.#timer)
    for (const connection of this.#connections) connection.end()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limitMs)
    this.#onIdle = resolve
    if (this.#connections.size > 0) await promise
    clearTimeout(timer)
    for (const connection of this.#connections) connection.destroy()
  }

  #check(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.check(now)
  }
}
