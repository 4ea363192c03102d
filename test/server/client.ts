import { connect, type Socket } from 'node:net'

/** A connection on which the test decides every byte. */
export class RawClient {
  received = ''
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()
  readonly #closed: Promise<void>
  isClosed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
      for (const wake of this.#waiting) wake()
    })
    this.#socket.on('error', () => undefined)
    this.#closed = new Promise((resolve) =>
      this.#socket.on('close', () => {
        this.isClosed = true
        resolve()
      }),
    )
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  /** Resolves when the other side has said something that matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
    return this.received
  }

  /** Resolves when the other side has closed. */
  closed(): Promise<void> {
    return this.#closed
  }

  end(): void {
    this.#socket.destroy()
  }
}
