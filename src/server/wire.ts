import type { Socket } from 'node:net'

/** A connection, whatever it runs over. */
export interface Wire {
  write(bytes: string | Buffer): void
  /** Reads no more for now; what is on the way already may still come. */
  pause(): void
  resume(): void
  /** Sends no more, once all is sent. */
  end(): void
  destroy(): void
}

/** Who hears what comes over a wire. */
export interface WireUser {
  take(bytes: Buffer): void
  /** The other side sends no more. */
  goneAway(): void
  closed(): void
}

/** A wire that is a socket of Node, as TLS is; tells the user whom `user` makes of it. */
export function overSocket(socket: Socket, user: (wire: Wire) => WireUser): void {
  socket.setNoDelay(true)
  const its = user(socket as Wire)
  socket.on('data', (bytes: Buffer) => its.take(bytes))
  socket.on('end', () => its.goneAway())
  socket.on('close', () => its.closed())
}
