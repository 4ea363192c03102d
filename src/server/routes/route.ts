/** One thing that the server answers. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Begins with a slash. */
  readonly path: string
  /** Most bytes of a body that is read; without it, requests have none. */
  readonly bodyBytes?: number
  answer(request: Request): Response | Promise<Response>
}

/** The headers of an answer in plain text, and of one in JSON. */
export const textType = { 'Content-Type': 'text/plain' } as const
export const jsonType = { 'Content-Type': 'application/json' } as const

/** A request whose body was not read yet. */
export interface Asked {
  readonly method: string
  /** With scheme and host, whatever these are. */
  readonly url: string
  /** A header, by its name in lower case. */
  header(name: string): string | undefined
  /** The body; undefined where it has more than `limit` bytes, or the other side went away. */
  read(limit: number): Promise<Buffer | undefined>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A path for those who send much: it decides by the head of a request whether its body is read at all, and answers every method. */
export interface IntakeRoute {
  readonly method: 'ALL'
  readonly path: string
  answer(request: Asked): Promise<Answer>
}

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...jsonType, ...headers }, body: `${JSON.stringify(value)}\n` }
}
