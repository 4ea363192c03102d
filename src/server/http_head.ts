/** The head of a request. */
export interface RequestHead {
  readonly method: string
  /** As in the request line: begins with a slash. */
  readonly target: string
  /** By name in lower case; those that come several times are joined with commas. */
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body; undefined where it comes in chunks. */
  readonly length: number | undefined
  /** Whether the other side wants to go on with this connection. */
  readonly keepsAlive: boolean
}

const requestLine = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/1\.([01])$/
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/

/** Reads the head of a request (RFC 9112), without the empty line at its end; undefined where it is none that we take. */
export function parseHead(text: string): RequestHead | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const request = requestLine.exec(first)
  if (request === null) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const header = headerLine.exec(line)
    if (header === null) return undefined
    const name = (header[1] as string).toLowerCase()
    const value = (header[2] as string).trimEnd()
    const known = headers.get(name)
    headers.set(name, known === undefined ? value : `${known}, ${value}`)
  }
  const framing = framingOf(headers)
  if (framing === undefined) return undefined
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  const keepsAlive = request[3] === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
  return { method: request[1] as string, target: request[2] as string, headers, keepsAlive, ...framing }
}

// Two ways to say how long a body is are one too many.
function framingOf(headers: ReadonlyMap<string, string>): { readonly length: number | undefined } | undefined {
  const encoding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (encoding !== undefined) return encoding.toLowerCase() === 'chunked' && length === undefined ? { length: undefined } : undefined
  if (length === undefined) return { length: 0 }
  return /^\d{1,15}$/.test(length) ? { length: Number(length) } : undefined
}
