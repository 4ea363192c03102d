import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { Fault } from '../base/fault.ts'
import { formatPlace } from './place.ts'

/** A key and a certificate, ready for TLS. */
export type Certificate = SecureContext

export interface ListenOptions {
  readonly address: string
  readonly port: number
  /** PEM text with a key and a certificate, for TLS. */
  readonly pem: string | undefined
  /** PEM text of authorities: clients must show a certificate that one of them signed. */
  readonly clientCa?: string | undefined
  /** How many connections there may be at once; more are closed when they come. */
  readonly connections: number
  /** How long a connection may be silent; without it, whoever takes it looks to that. */
  readonly idleMs?: number
  /** How the configuration calls the server, its certificate and its address. */
  readonly words: Words
}

export interface Words {
  readonly server: string
  readonly certificate: string
  /** The way out where the address cannot be had. */
  readonly hint: string
}

/** Takes connections at one address, with or without TLS, and hands each to `onConnection`. */
export class Listener {
  readonly #tcp: Server
  readonly #options: ListenOptions
  #certificate: Certificate | undefined

  private constructor(options: ListenOptions, onConnection: (socket: Socket) => void) {
    this.#options = options
    this.#certificate = this.readCertificate(options.pem)
    this.#tcp = createServer((socket) => this.#connect(socket, onConnection))
    this.#tcp.maxConnections = options.connections
  }

  /**
   * Begins to listen.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had, or the certificate is none.
   */
  static async open(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<Listener> {
    const listener = new Listener(options, onConnection)
    await listener.#listen()
    return listener
  }

  /** The port, also where any was asked for. */
  get port(): number {
    const address = this.#tcp.address()
    return typeof address === 'object' && address !== null ? address.port : this.#options.port
  }

  /**
   * A certificate made ready for `present`; none for none.
   *
   * @throws Fault `webserver-unavailable` where `pem` has no key or no certificate.
   */
  readCertificate(pem: string | undefined, clientCa = this.#options.clientCa): Certificate | undefined {
    return pem === undefined ? undefined : certificateOf(pem, clientCa, this.#options.words.certificate)
  }

  /** Shows this certificate to those who connect from now on; without one, speaks plain text to them. */
  present(certificate: Certificate | undefined): void {
    this.#certificate = certificate
  }

  /** Takes no more connections. */
  close(): void {
    this.#tcp.close()
  }

  #listen(): Promise<void> {
    const { address, port } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Once it listens, it has no errors that anybody could do something about.
    this.#tcp.on('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, this.#options)))
    this.#tcp.listen(port, address, () => resolve())
    return promise
  }

  #connect(socket: Socket, onConnection: (socket: Socket) => void): void {
    socket.on('error', () => socket.destroy())
    const { idleMs } = this.#options
    if (idleMs !== undefined) socket.setTimeout(idleMs, () => socket.destroy())
    onConnection(this.#certificate === undefined ? socket : this.#secured(socket, this.#certificate))
  }

  #secured(socket: Socket, certificate: Certificate): Socket {
    const isClientKnown = this.#options.clientCa !== undefined
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: certificate,
      requestCert: isClientKnown,
      rejectUnauthorized: isClientKnown,
    })
    secured.on('error', () => socket.destroy())
    return secured
  }
}

function certificateOf(pem: string, clientCa: string | undefined, name: string): Certificate {
  const isWhole = /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/m.test(pem) && /^-----BEGIN CERTIFICATE-----/m.test(pem)
  try {
    if (isWhole) return createSecureContext({ key: pem, cert: pem, minVersion: 'TLSv1.2', ...(clientCa !== undefined && { ca: clientCa }) })
  } catch (cause) {
    throw badCertificate(name, (cause as Error).message, cause)
  }
  throw badCertificate(name, 'one of them is missing')
}

function badCertificate(name: string, reason: string, cause?: unknown): Fault {
  return new Fault('webserver-unavailable', `${name} is no PEM file with a key and a certificate: ${reason}`, {
    hint: 'put both into one file: cat key.pem certificate.pem > falco.pem',
    cause,
  })
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'not allowed; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine does not have that address',
}

/** Why the address of a server cannot be had. */
export function cannotListen(error: NodeJS.ErrnoException, { address, port, words }: ListenOptions): Fault {
  const { server, hint } = words
  return new Fault(
    'webserver-unavailable',
    `${server} cannot listen on ${formatPlace(address, port)}: ${reasons[error.code ?? ''] ?? error.message}`,
    {
      hint,
      cause: error,
    },
  )
}
