import { createHash, timingSafeEqual } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { Fault } from '../../base/fault.ts'
import { toUnicode, visible } from '../../base/text.ts'
import { readBody } from '../../plugins/k8s_audit/body.ts'
import type { Report } from '../../plugins/k8s_audit/files.ts'
import type { AuditIntake, IntakeStatus, Receipt } from '../../plugins/k8s_audit/intake.ts'

export interface AuditRouteOptions {
  readonly path: string
  readonly intake: AuditIntake
  /** Bytes of a body, as it comes and decompressed. */
  readonly maxBodyBytes: number
  /** Is told what became of each body, and of whom it came. */
  readonly report: Report
  /** What clients must send as `Authorization: Bearer`; undefined where they need nothing. */
  readonly token: () => string | undefined
}

/** The webhook that kube-apiserver posts audit events to. */
export class AuditRoute {
  readonly path: string
  readonly maxBodyBytes: number
  readonly #options: AuditRouteOptions

  constructor(options: AuditRouteOptions) {
    this.path = options.path
    this.maxBodyBytes = options.maxBodyBytes
    this.#options = options
  }

  /** Answers 200 when every event of the body was tested against the rules and its alerts are written. */
  async answer(bytes: Buffer, encoding: string | null): Promise<Response> {
    const { intake, report } = this.#options
    try {
      const receipt = await intake.take(readBody(decoded(bytes, encoding, this.maxBodyBytes)))
      report('the webhook', receipt, bytes.length)
      return answerOf(receipt)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      report('the webhook', intake.refuse(error.message), bytes.length)
      return refusal(error.code === 'audit-encoding' ? 415 : 400, error.message)
    }
  }

  /** How events arrive. */
  status(): IntakeStatus {
    return this.#options.intake.status(0, false)
  }

  isAllowed(authorization: string | null): boolean {
    const token = this.#options.token()
    return token === undefined || (authorization !== null && isSame(authorization, `Bearer ${token}`))
  }
}

function answerOf({ accepted, duplicates, malformed, problem }: Receipt): Response {
  const counts = { accepted, duplicates, malformed, ...(problem !== undefined && { problem: readable(problem) }) }
  return Response.json(counts, { status: accepted + duplicates === 0 && malformed > 0 ? 400 : 200 })
}

/** An answer that says what is wrong. */
export function refusal(status: number, problem: string, headers: Record<string, string> = {}): Response {
  return Response.json({ problem: readable(problem) }, { status, headers })
}

function readable(text: string): string {
  return visible(toUnicode(text))
}

function decoded(bytes: Buffer, encoding: string | null, limit: number): Buffer {
  if (encoding === null || encoding === '' || encoding === 'identity') return bytes
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
