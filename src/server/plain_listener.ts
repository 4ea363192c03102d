import type { Socket, TCPSocketListener } from 'bun'
import { cannotListen, type ListenOptions } from './listener.ts'
import type { Wire, WireUser } from './wire.ts'

/** Takes connections at one address, without TLS, and in half the time that sockets of Node take. */
export class PlainListener {
  readonly #server: TCPSocketListener<PlainWire>
  #count = 0

  /**
   * Begins to listen; `user` makes of a connection who hears what comes.
   *
   * @throws Fault `webserver-unavailable` where the address cannot be had.
   */
  constructor(options: ListenOptions, user: (wire: Wire) => WireUser) {
    try {
      this.#server = this.#listen(options, user)
    } catch (error) {
      throw cannotListen(error as NodeJS.ErrnoException, options)
    }
  }

  get port(): number {
    return this.#server.port
  }

  /** Takes no more connections. */
  close(): void {
    this.#server.stop()
  }

  #listen({ address, port, connections }: ListenOptions, user: (wire: Wire) => WireUser): TCPSocketListener<PlainWire> {
    return Bun.listen<PlainWire>({
      hostname: address,
      port,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          this.#count++
          socket.data = new PlainWire(socket)
          if (this.#count > connections) socket.terminate()
          else socket.data.connect(user)
        },
        data: (socket, bytes) => socket.data.user?.take(bytes),
        drain: (socket) => socket.data.drain(),
        end: (socket) => socket.data.user?.goneAway(),
        close: (socket) => {
          this.#count--
          socket.data.user?.closed()
        },
        error: (socket) => socket.terminate(),
      },
    })
  }
}

class PlainWire implements Wire {
  user: WireUser | undefined
  readonly #socket: Socket<PlainWire>
  // What the kernel has not taken yet.
  #rest: Buffer[] = []
  #isPaused = false
  #isEnding = false

  constructor(socket: Socket<PlainWire>) {
    this.#socket = socket
  }

  connect(user: (wire: Wire) => WireUser): void {
    this.#socket.setNoDelay(true)
    this.user = user(this)
  }

  write(given: string | Buffer): void {
    if (this.#rest.length > 0) {
      this.#rest.push(Buffer.from(given))
      return
    }
    const written = this.#socket.write(given)
    const length = typeof given === 'string' ? Buffer.byteLength(given) : given.length
    if (written < 0 || written >= length) return
    this.#rest.push(Buffer.from(given).subarray(written))
    // Who does not read answers gets no more of them.
    this.#socket.pause()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#rest.length === 0) this.#socket.resume()
  }

  end(): void {
    this.#isEnding = true
    if (this.#rest.length === 0) this.#socket.shutdown()
  }

  destroy(): void {
    this.#rest = []
    this.#socket.close()
  }

  drain(): void {
    for (let next = this.#rest.shift(); next !== undefined; next = this.#rest.shift()) {
      const written = this.#socket.write(next)
      if (written < 0) return
      if (written < next.length) {
        this.#rest.unshift(next.subarray(written))
        return
      }
    }
    if (this.#isEnding) this.#socket.shutdown()
    if (!this.#isPaused) this.#socket.resume()
  }
}
