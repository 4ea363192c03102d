import { type BodyReader, ChunkedBody, SizedBody } from './http_body.ts'
import { parseHead, type RequestHead } from './http_head.ts'
import type { Answer, Asked } from './routes/route.ts'
import type { Wire, WireUser } from './wire.ts'

export interface ConnectionOptions {
  readonly headerBytes: number
  /** For the head of a request, and for all of it, from its first byte on. */
  readonly headersMs: number
  readonly requestMs: number
  /** Between two requests. */
  readonly idleMs: number
  readonly answer: (request: Asked) => Promise<Answer>
  /** Hears when it closed. */
  readonly onClose: () => void
}

const nothing = Buffer.alloc(0)

// What may come of a body before anybody has asked for it, and of the next request before this one is answered.
const unaskedBytes = 64 * 1024

/** What it waits for: the head of a request, the rest of its body, its answer, or the end of the connection. */
type State = 'head' | 'body' | 'answer' | 'over'

/** A connection that asks in HTTP/1.1, one request after the other: what it sends meanwhile waits. */
export class HttpConnection implements WireUser {
  readonly #wire: Wire
  readonly #options: ConnectionOptions
  #state: State = 'head'
  #rest: Buffer = nothing
  // When the request under way began, 0 for none; and when the last one ended.
  #beganMs = 0
  #idleSinceMs = performance.now()
  #reader: BodyReader = new SizedBody(0)
  // A body that is whole, until somebody asks for it; and who asked before it was, with the bytes he takes.
  #body: Buffer | undefined
  #onBody: ((body: Buffer | undefined) => void) | undefined
  #limit = unaskedBytes
  #isTooLarge = false
  // Whether the connection ends with this request.
  #isLast = false

  constructor(wire: Wire, options: ConnectionOptions) {
    this.#wire = wire
    this.#options = options
  }

  /** Closes a connection that takes too long with a request, or has none for long; called from time to time. */
  check(nowMs: number): void {
    const { headersMs, requestMs, idleMs } = this.#options
    if (this.#beganMs === 0) {
      if (nowMs - this.#idleSinceMs > idleMs) this.#finish()
      return
    }
    const limitMs = this.#state === 'head' ? headersMs : this.#state === 'body' ? requestMs : Number.POSITIVE_INFINITY
    if (nowMs - this.#beganMs > limitMs) this.#refuse(408, 'the request took too long')
  }

  /** Closes it; after the answer, where a request is under way. */
  end(): void {
    this.#isLast = true
    if (this.#beganMs === 0) this.#finish()
  }

  destroy(): void {
    this.#wire.destroy()
  }

  take(bytes: Buffer): void {
    if (this.#state === 'over') return
    if (this.#state === 'body') {
      this.#takeBody(bytes)
      return
    }
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    if (this.#state === 'head') this.#takeHead()
    // Whoever sends without waiting waits now.
    else if (this.#rest.length > unaskedBytes) this.#wire.pause()
  }

  #takeHead(): void {
    if (this.#rest.length === 0) return
    if (this.#beganMs === 0) this.#beganMs = performance.now()
    const end = this.#rest.indexOf('\r\n\r\n')
    const bytes = end < 0 ? this.#rest.length : end
    if (bytes > this.#options.headerBytes) this.#refuse(431, 'the headers are too large')
    else if (end >= 0) this.#begin(parseHead(this.#rest.latin1Slice(0, end)), this.#rest.subarray(end + 4))
  }

  #begin(head: RequestHead | undefined, rest: Buffer): void {
    if (head === undefined) {
      this.#refuse(400, 'this is no request')
      return
    }
    this.#state = 'body'
    this.#rest = nothing
    this.#reader = head.length === undefined ? new ChunkedBody() : new SizedBody(head.length)
    this.#limit = unaskedBytes
    this.#isTooLarge = false
    if (!head.keepsAlive) this.#isLast = true
    void this.#answer({
      method: head.method,
      url: `http://localhost${head.target}`,
      header: (name) => head.headers.get(name),
      read: (limit) => this.#read(limit, head.headers.get('expect')),
    })
    this.#takeBody(rest)
  }

  async #answer(asked: Asked): Promise<void> {
    const answer = await this.#options.answer(asked)
    if (this.#state === 'over') return
    // What was not read of a body is in the way of the next request.
    const isLast = this.#isLast || this.#state === 'body'
    this.#write(answer, isLast)
    this.#body = undefined
    if (isLast) {
      this.#finish()
      return
    }
    this.#beganMs = 0
    this.#idleSinceMs = performance.now()
    this.#state = 'head'
    this.#wire.resume()
    this.#takeHead()
  }

  #read(limit: number, expect: string | undefined): Promise<Buffer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
    this.#limit = limit
    this.#onBody = resolve
    if (this.#state === 'body' && expect?.toLowerCase() === '100-continue') this.#wire.write('HTTP/1.1 100 Continue\r\n\r\n')
    if (this.#body !== undefined) this.#hand(this.#body.length > limit ? undefined : this.#body)
    else if (this.#isTooLarge || this.#state === 'over') this.#hand(undefined)
    return promise
  }

  #takeBody(bytes: Buffer): void {
    if (this.#isTooLarge) return
    let rest: Buffer | undefined
    try {
      rest = this.#reader.take(bytes)
    } catch {
      this.#refuse(400, 'this is no body in chunks')
      return
    }
    if (this.#reader.size > this.#limit) {
      this.#isTooLarge = true
      this.#reader = new SizedBody(0)
      this.#hand(undefined)
    } else if (rest !== undefined) {
      this.#state = 'answer'
      this.#rest = rest
      this.#body = this.#reader.body()
      this.#reader = new SizedBody(0)
      if (this.#onBody) this.#hand(this.#body)
    }
  }

  #hand(body: Buffer | undefined): void {
    const resolve = this.#onBody
    this.#onBody = undefined
    if (resolve) this.#body = undefined
    resolve?.(body)
  }

  #refuse(status: number, problem: string): void {
    const body = `${JSON.stringify({ problem })}\n`
    this.#write({ status, headers: { 'Content-Type': 'application/json' }, body }, true)
    this.#finish()
  }

  #write({ status, headers, body }: Answer, isLast: boolean): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    let head = `HTTP/1.1 ${status} ${reasons[status] ?? 'Answer'}\r\nContent-Length: ${length}\r\n`
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`
    head += isLast ? 'Connection: close\r\n\r\n' : '\r\n'
    // In one piece, as each takes a system call.
    this.#wire.write(typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head), body]))
  }

  // What still comes is thrown away for a moment, so that the answer is not lost by a reset.
  #finish(): void {
    this.#state = 'over'
    this.#rest = nothing
    this.#reader = new SizedBody(0)
    this.#hand(undefined)
    this.#wire.end()
    this.#wire.resume()
    setTimeout(() => this.#wire.destroy(), lingerMs)
  }

  // Nothing more comes; an answer may still be wanted.
  goneAway(): void {
    this.#isLast = true
    if (this.#state !== 'answer') this.#finish()
  }

  closed(): void {
    this.#state = 'over'
    this.#hand(undefined)
    this.#options.onClose()
  }
}

const lingerMs = 1000

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}
