import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import { type Checksum, checksumIn, checksumsIn, mismatch } from './checksum.ts'
import { get, type HttpOptions, networkProblem } from './http.ts'

export interface DownloadOptions extends HttpOptions {
  /** Told after each piece: bytes so far, and in all, where the server says. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void
  /** The sum that the user gives. */
  readonly sha256?: string | undefined
}

const mostBytes = 128 * 1024 * 1024
const tries = 3
const pauseMs = 500
const partialContent = 206

// What may go better another time (RFC 9110).
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** What is there of a file, from try to try. */
interface Partial {
  bytes: number
  total: number | undefined
  /** Names the very file that the first bytes are of, for the server. */
  validator: string | undefined
  checksums: readonly Checksum[]
}

/**
 * Fetches a file of at most 128 MiB to `path`, which nobody else can write, in at most three tries, each going on where the last one
 * broke off; compares it with the checksums that the server gives in headers or in `URL.sha256`.
 *
 * @throws Fault `download-failed` with the reason.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<Buffer> {
  const fd = openSync(path, 'wx', 0o600)
  const partial: Partial = { bytes: 0, total: undefined, validator: undefined, checksums: [] }
  try {
    for (let left = tries; left > 0; left--) {
      const problem = await attempt(url, fd, partial, options)
      if (problem === undefined) break
      if (left === 1 || !problem.isPassing) throw new Fault('download-failed', problem.text)
      await Bun.sleep(pauseMs * (tries - left + 1))
    }
  } finally {
    closeSync(fd)
  }
  const bytes = readFileSync(path)
  const wrong = mismatch(bytes, [...partial.checksums, ...(await givenChecksums(url, options))])
  if (wrong !== undefined) throw new Fault('download-failed', wrong)
  return bytes
}

interface Problem {
  readonly text: string
  readonly isPassing: boolean
}

async function attempt(url: string, fd: number, partial: Partial, options: DownloadOptions): Promise<Problem | undefined> {
  try {
    const response = await get(url, options, rangeOf(partial), AbortSignal.timeout(options.timeoutMs))
    if (!response.ok) {
      await response.body?.cancel()
      const text = `the server answers ${response.status}${response.statusText === '' ? '' : ` ${response.statusText}`}`
      return { text, isPassing: passing.has(response.status) }
    }
    begin(response, fd, partial)
    await take(response, fd, partial, options)
    if (partial.total === undefined || partial.bytes === partial.total) return undefined
    return { text: `it breaks off after ${partial.bytes} of ${partial.total} bytes`, isPassing: true }
  } catch (error) {
    return { text: networkProblem(error, options.timeoutMs), isPassing: !(error instanceof Fault) }
  }
}

function rangeOf({ bytes, validator }: Partial): Record<string, string> {
  return bytes > 0 && validator !== undefined ? { range: `bytes=${bytes}-`, 'if-range': validator } : {}
}

// Goes on behind what is there only where the answer is about just that.
function begin(response: Response, fd: number, partial: Partial): void {
  const { headers } = response
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? []
  if (response.status === partialContent && Number(start) === partial.bytes) {
    partial.total = Number(total)
    return
  }
  if (response.status === partialContent) throw new Fault('download-failed', 'the server sends another part than was asked for')
  const length = headers.get('content-length')
  ftruncateSync(fd, 0)
  partial.bytes = 0
  // Packed though it was asked not to be: the length is that of the packed bytes.
  const isPacked = (headers.get('content-encoding') ?? 'identity') !== 'identity'
  partial.total = length === null || isPacked ? undefined : Number(length)
  const tag = headers.get('etag')
  partial.validator = tag !== null && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? undefined)
  partial.checksums = checksumsIn(headers)
}

async function take(response: Response, fd: number, partial: Partial, { onProgress }: DownloadOptions): Promise<void> {
  checkSize(partial.total ?? 0)
  for await (const chunk of response.body ?? []) {
    checkSize(partial.bytes + chunk.length)
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at, chunk.length - at, partial.bytes + at)
    partial.bytes += chunk.length
    onProgress?.(partial.bytes, partial.total)
  }
}

function checkSize(bytes: number): void {
  if (bytes > mostBytes) throw new Fault('download-failed', `it is larger than ${mostBytes / 1024 / 1024} MiB`)
}

async function givenChecksums(url: string, options: DownloadOptions): Promise<readonly Checksum[]> {
  const { sha256 } = options
  const given: readonly Checksum[] = sha256 === undefined ? [] : [{ kind: 'sha256', digest: Buffer.from(sha256, 'hex'), from: '--sha256' }]
  const beside = await checksumBeside(`${url}.sha256`, options)
  return beside === undefined ? given : [...given, beside]
}

const mostChecksumBytes = 4096

// Most repositories have none: what goes wrong here says nothing about the file.
async function checksumBeside(url: string, options: DownloadOptions): Promise<Checksum | undefined> {
  try {
    const response = await get(url, options, {}, AbortSignal.timeout(options.timeoutMs))
    const length = Number(response.headers.get('content-length') ?? 0)
    if (response.ok && length <= mostChecksumBytes) {
      for await (const chunk of response.body ?? [])
        return checksumIn(Buffer.from(chunk.subarray(0, mostChecksumBytes)).toString('latin1'), url)
    }
    await response.body?.cancel()
    return undefined
  } catch {
    return undefined
  }
}
