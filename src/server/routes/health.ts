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

/** Whether all is well: 200 in Falco's words, or 503; with `?verbose`, what every check says. */
export function health({ path, checks }: HealthOptions): Route {
  return {
    method: 'GET',
    path,
    answer: (request) => {
      const results = checks().map(({ name, problem }) => resultOf(name, problem()))
      const isGood = results.every(({ status }) => status === 'ok')
      const status = isGood ? 200 : 503
      const word = isGood ? 'ok' : 'failing'
      const isVerbose = new URL(request.url).searchParams.has('verbose')
      const body = isVerbose ? JSON.stringify({ status: word, checks: results }) : `{"status": "${word}"}`
      return new Response(body, { status, headers: jsonType })
    },
  }
}

interface CheckResult {
  readonly name: string
  readonly status: 'ok' | 'failing'
  readonly reason?: string
}

function resultOf(name: string, problem: string | undefined): CheckResult {
  return problem === undefined ? { name, status: 'ok' } : { name, status: 'failing', reason: problem }
}
