import type { Route } from './route.ts'

export interface MetricsOptions {
  readonly type: string
  /** The metrics as they are now. */
  readonly text: () => string
}

/** The metrics for Prometheus. */
export function metrics({ type, text }: MetricsOptions): Route {
  return { method: 'GET', path: '/metrics', answer: () => new Response(text(), { headers: { 'Content-Type': type } }) }
}
