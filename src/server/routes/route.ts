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
