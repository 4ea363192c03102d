import { jsonType, type Route } from './route.ts'

/** Something that must be in order for alerts to come. */
export interface HealthCheck {
  readonly name: string
  /** What is wrong, in a sentence; undefined where all is well. */
  readonly problem: () => string | undefined
}

export interface HealthOptions {
  readonly path: string
  readonly checks: () => readonly HealthCheck[]
}

/** Whether all is well: 200 in Falco's words, or 503; with `?verbose`, what every check says; with `?only=NAME`, of these checks. */
export function health({ path, checks }: HealthOptions): Route {
  return {
    method: 'GET',
    path,
    answer: (request) => {
      const { searchParams } = new URL(request.url)
      const results = chosen(checks(), searchParams.getAll('only')).map(({ name, problem }) => resultOf(name, problem()))
      const isGood = results.every(({ status }) => status === 'ok')
      const status = isGood ? 200 : 503
      const word = isGood ? 'ok' : 'failing'
      const isVerbose = searchParams.has('verbose')
      const body = isVerbose ? JSON.stringify({ status: word, checks: results }) : `{"status": "${word}"}`
      return new Response(body, { status, headers: jsonType })
    },
  }
}

// A name that no check has is a mistake of whoever asks, who should not be told that all is well.
function chosen(checks: readonly HealthCheck[], only: readonly string[]): readonly HealthCheck[] {
  if (only.length === 0) return checks
  return only.map((name) => checks.find((check) => check.name === name) ?? { name, problem: () => 'there is no such check' })
}

interface CheckResult {
  readonly name: string
  readonly status: 'ok' | 'failing'
  readonly reason?: string
}

function resultOf(name: string, problem: string | undefined): CheckResult {
  return problem === undefined ? { name, status: 'ok' } : { name, status: 'failing', reason: problem }
}
