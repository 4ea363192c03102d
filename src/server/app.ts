import { Hono } from 'hono/tiny'
import { type Route, textType } from './routes/route.ts'

export interface App {
  /** Most bytes of a body that any route reads. */
  readonly bodyBytes: number
  answer(request: Request): Promise<Response>
}

/** Answers requests by these routes; `onError` hears of what a route throws. */
export function createApp(routes: readonly Route[], onError: (error: Error) => void): App {
  const app = new Hono()
  app.notFound(() => new Response('not found\n', { status: 404, headers: textType }))
  app.onError((error) => {
    onError(error)
    return new Response('internal error\n', { status: 500, headers: textType })
  })
  for (const route of routes) app.on(route.method, route.path, (context) => route.answer(context.req.raw))
  return {
    bodyBytes: Math.max(0, ...routes.map(({ bodyBytes }) => bodyBytes ?? 0)),
    answer: async (request) => app.fetch(request),
  }
}
