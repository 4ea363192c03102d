import { existsSync } from 'node:fs'
import type { ClientHttp2Session } from 'node:http2'
import { Message } from './protobuf.ts'

export interface GrpcCall {
  readonly socket: string
  /** `/package.Service/Method`. */
  readonly path: string
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** What came back: a message, or why there is none. */
export type GrpcAnswer = { readonly message: Message } | { readonly failure: 'unknown-method' | 'refused' | 'no-answer' }

// Of an answer: a container's status is some KB.
const mostBytes = 8 * 1024 * 1024
const prefixBytes = 5
const idleMs = 30_000
// google.golang.org/grpc/codes.
const statusOk = '0'
const statusUnimplemented = '12'

// A connection is kept for the next container: making one takes longer than a call.
const sessions = new Map<string, ClientHttp2Session>()

/** One call of gRPC over a unix socket. */
export async function callGrpc(call: GrpcCall): Promise<GrpcAnswer> {
  if (!existsSync(call.socket)) return { failure: 'no-answer' }
  const { promise, resolve } = Promise.withResolvers<GrpcAnswer>()
  const timer = setTimeout(() => resolve({ failure: 'no-answer' }), call.timeoutMs)
  try {
    const session = sessions.get(call.socket) ?? (await openSession(call.socket))
    const lost = () => resolve({ failure: 'no-answer' })
    session.once('close', lost)
    request(session, call, resolve)
    return await promise.finally(() => session.off('close', lost))
  } catch {
    return { failure: 'no-answer' }
  } finally {
    clearTimeout(timer)
  }
}

async function openSession(socket: string): Promise<ClientHttp2Session> {
  // Sockets and HTTP/2 are much to load, and few hosts need them.
  const http2 = await import('node:http2')
  const { connect } = process.getBuiltinModule('node:net')
  const session = http2.connect('http://localhost', { createConnection: () => connect(socket) })
  const forget = () => {
    if (sessions.get(socket) === session) sessions.delete(socket)
    session.destroy()
  }
  session.on('error', forget)
  session.on('goaway', forget)
  session.on('close', forget)
  session.setTimeout(idleMs, forget)
  session.unref()
  sessions.set(socket, session)
  return session
}

function request(session: ClientHttp2Session, { path, body, headers }: GrpcCall, resolve: (answer: GrpcAnswer) => void): void {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers })
  const chunks: Buffer[] = []
  let length = 0
  let status = statusOk
  const take = (told: Record<string, unknown>) => {
    status = String(told['grpc-status'] ?? status)
  }
  stream.on('response', take)
  stream.on('trailers', take)
  stream.on('error', () => resolve({ failure: 'no-answer' }))
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > mostBytes) resolve({ failure: 'refused' })
    else chunks.push(chunk)
  })
  stream.on('end', () => resolve(answerOf(Buffer.concat(chunks), status)))
  const head = Buffer.alloc(prefixBytes)
  head.writeUInt32BE(body.length, 1)
  stream.end(Buffer.concat([head, body]))
}

function answerOf(bytes: Buffer, status: string): GrpcAnswer {
  if (status === statusUnimplemented) return { failure: 'unknown-method' }
  const isWhole = bytes.length >= prefixBytes && bytes[0] === 0 && bytes.readUInt32BE(1) === bytes.length - prefixBytes
  return status === statusOk && isWhole ? { message: new Message(bytes.subarray(prefixBytes)) } : { failure: 'refused' }
}
