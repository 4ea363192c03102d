import { createHash, timingSafeEqual } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { Fault } from '../../base/fault.ts'
import { toUnicode, visible } from '../../base/text.ts'
import { readBody } from '../../plugins/k8s_audit/body.ts'
import type { Report } from '../../plugins/k8s_audit/files.ts'
import type { AuditIntake, Receipt } from '../../plugins/k8s_audit/intake.ts'
import { type Answer, type Asked, type IntakeRoute, jsonAnswer, jsonType } from './route.ts'

export interface AuditRouteOptions {
  readonly path: string
  readonly intake: AuditIntake
  /** Bytes of a body, as it comes and decompressed. */
  readonly bodyBytes: number
  /** Bytes of all bodies, and requests, that are taken in at once; more are asked to come again. */
  readonly queueBytes: number
  readonly requests: number
  /** Is told what became of each body, and of whom it came. */
  readonly report: Report
  /** What clients must send as `Authorization: Bearer`; undefined where they need nothing. */
  readonly token: () => string | undefined
}

const retryAfter = { 'Retry-After': '1' }

/** The webhook that kube-apiserver posts audit events to, and beside it, at `/status`, how they arrive. */
export class AuditIntakeRoutes {
  readonly routes: readonly IntakeRoute[]
  readonly #options: AuditRouteOptions
  #bytes = 0
  #requests = 0
  #refused = 0

  constructor(options: AuditRouteOptions) {
    const { path } = options
    this.#options = options
    this.routes = [
      { method: 'ALL', path, answer: (request) => this.#answer(request) },
      { method: 'ALL', path: `${path === '/' ? '' : path}/status`, answer: async (request) => this.#answerStatus(request) },
    ]
  }

  async #answer(request: Asked): Promise<Answer> {
    if (request.method !== 'POST') return refusal(405, 'audit events come by POST', { Allow: 'POST' })
    if (!this.#isAllowed(request)) return unknownClient
    const { bodyBytes } = this.#options
    const length = lengthOf(request) ?? bodyBytes
    if (length > bodyBytes) return tooLarge(bodyBytes)
    if (this.#isBusy(length)) {
      this.#refused++
      return refusal(429, 'too much comes at once; send it again', retryAfter)
    }
    this.#bytes += length
    this.#requests++
    try {
      const bytes = await request.read(bodyBytes)
      return bytes === undefined ? tooLarge(bodyBytes) : await this.#take(bytes, request.header('content-encoding'))
    } finally {
      this.#bytes -= length
      this.#requests--
    }
  }

  // 200 only when every event of the body was tested against the rules and its alerts are written.
  async #take(bytes: Buffer, encoding: string | undefined): Promise<Answer> {
    const { intake, report, bodyBytes } = this.#options
    try {
      const receipt = await intake.take(() => readBody(decoded(bytes, encoding, bodyBytes)))
      report('the webhook', receipt, bytes.length)
      return answerOf(receipt)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      report('the webhook', intake.refuse(error.message), bytes.length)
      return refusal(error.code === 'audit-encoding' ? 415 : 400, error.message)
    }
  }

  #answerStatus(request: Asked): Answer {
    if (request.method !== 'GET') return refusal(405, 'the status is there to be read', { Allow: 'GET' })
    if (!this.#isAllowed(request)) return unknownClient
    return jsonAnswer(200, this.#options.intake.status(this.#refused, this.#isBusy(1)))
  }

  #isBusy(length: number): boolean {
    const { queueBytes, requests } = this.#options
    // One body is always taken, however large it may be.
    return this.#requests >= requests || (this.#requests > 0 && this.#bytes + length > queueBytes)
  }

  #isAllowed(request: Asked): boolean {
    const token = this.#options.token()
    return token === undefined || isSame(request.header('authorization') ?? '', `Bearer ${token}`)
  }
}

const unknownClient = refusal(401, 'the token is missing or wrong', { 'WWW-Authenticate': 'Bearer' })

function tooLarge(limit: number): Answer {
  return refusal(413, `the body has more than ${limit} bytes`)
}

function lengthOf(request: Asked): number | undefined {
  const text = request.header('content-length')
  return text === undefined ? undefined : Number(text)
}

function answerOf({ accepted, duplicates, malformed, problem }: Receipt): Answer {
  const counts = `"accepted":${accepted},"duplicates":${duplicates},"malformed":${malformed}`
  const reason = problem === undefined ? '' : `,"problem":${JSON.stringify(readable(problem))}`
  const status = accepted + duplicates === 0 && malformed > 0 ? 400 : 200
  return { status, headers: jsonType, body: `{${counts}${reason}}\n` }
}

function refusal(status: number, problem: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonAnswer(status, { problem: readable(problem) }, headers)
}

function readable(text: string): string {
  return visible(toUnicode(text))
}

function decoded(bytes: Buffer, encoding: string | undefined, limit: number): Buffer {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return bytes
  if (encoding !== 'gzip') throw new Fault('audit-encoding', `Content-Encoding is gzip or nothing, not '${encoding.slice(0, 40)}'`)
  try {
    return gunzipSync(bytes, { maxOutputLength: limit })
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new Fault('audit-body', isTooLarge ? `the body has more than ${limit} bytes, decompressed` : 'the body is no gzip', { cause })
  }
}

// Takes as long for a wrong text as for the right one.
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}
