/** Puts the body of a request together from what comes. */
export interface BodyReader {
  /** Takes what came; the bytes behind the body, once it is whole; undefined as long as it is not. Throws where it is none. */
  take(bytes: Buffer): Buffer | undefined
  /** The body, once it is whole. */
  body(): Buffer
  /** Bytes of it that came so far. */
  readonly size: number
}

const nothing = Buffer.alloc(0)

/** A body of `length` bytes. */
export class SizedBody implements BodyReader {
  size = 0
  readonly #length: number
  readonly #parts: Buffer[] = []

  constructor(length: number) {
    this.#length = length
  }

  take(bytes: Buffer): Buffer | undefined {
    const missing = this.#length - this.size
    if (bytes.length < missing) {
      this.#add(bytes)
      return undefined
    }
    this.#add(bytes.subarray(0, missing))
    return bytes.subarray(missing)
  }

  body(): Buffer {
    return joined(this.#parts)
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#parts.push(bytes)
    this.size += bytes.length
  }
}

// A size in hexadecimal digits, and extensions that nobody uses.
const longestSizeLine = 256

/** A body in chunks (RFC 9112, 7.1); trailers are read over. */
export class ChunkedBody implements BodyReader {
  size = 0
  readonly #parts: Buffer[] = []
  #rest: Buffer = nothing
  // Bytes of the chunk that are missing; undefined at a line.
  #missing: number | undefined = undefined
  #isAtEnd = false

  take(bytes: Buffer): Buffer | undefined {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    this.#rest = nothing
    for (;;) {
      if (this.#missing !== undefined) {
        if (rest.length < this.#missing + 2) return this.#takePart(rest)
        rest = this.#endChunk(rest, this.#missing)
        continue
      }
      const end = rest.indexOf('\r\n')
      if (end < 0) return this.#keep(rest)
      const line = rest.latin1Slice(0, end)
      rest = rest.subarray(end + 2)
      if (!this.#isAtEnd) this.#beginChunk(line)
      else if (line === '') return rest
    }
  }

  body(): Buffer {
    return joined(this.#parts)
  }

  #beginChunk(line: string): void {
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1]
    if (size === undefined) throw new Error('no chunk')
    const bytes = Number.parseInt(size, 16)
    if (bytes === 0) this.#isAtEnd = true
    else this.#missing = bytes
  }

  #endChunk(bytes: Buffer, length: number): Buffer {
    if (bytes[length] !== 0x0d || bytes[length + 1] !== 0x0a) throw new Error('no end of a chunk')
    this.#add(bytes.subarray(0, length))
    this.#missing = undefined
    return bytes.subarray(length + 2)
  }

  // All but the line break at its end.
  #takePart(bytes: Buffer): undefined {
    const part = bytes.subarray(0, Math.min(bytes.length, this.#missing ?? 0))
    this.#add(part)
    this.#missing = (this.#missing ?? 0) - part.length
    this.#rest = bytes.subarray(part.length)
  }

  #keep(bytes: Buffer): undefined {
    if (bytes.length > longestSizeLine) throw new Error('the size of a chunk is too long')
    this.#rest = bytes
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#parts.push(bytes)
    this.size += bytes.length
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}
