import { Hono } from 'hono/tiny'
import { type Answer, type Asked, type IntakeRoute, type Route, textType } from './routes/route.ts'

export interface App {
  /** Most bytes of a body that any route reads, but for those that read it themselves. */
  readonly bodyBytes: number
  answer(request: Request): Promise<Response>
  /** Whether requests for a path are for `take`. */
  takes(path: string): boolean
  take(request: Asked): Promise<Answer>
}

/** Answers requests by these routes; `onError` hears of what a route throws. */
export function createApp(routes: readonly (Route | IntakeRoute)[], onError: (error: Error) => void): App {
  const app = new Hono()
  app.notFound(() => new Response('not found\n', { status: 404, headers: textType }))
  app.onError((error) => {
    onError(error)
    return new Response('internal error\n', { status: 500, headers: textType })
  })
  const plain = routes.filter((route) => route.method !== 'ALL')
  const intakes = new Map(routes.filter((route) => route.method === 'ALL').map((route) => [route.path, route]))
  for (const route of plain) app.on(route.method, route.path, (context) => route.answer(context.req.raw))
  // To make a Request of every 20 KB and a Response of every receipt takes longer than to look into them. Hono hands on what it is given.
  for (const route of intakes.values()) {
    app.all(route.path, (context) => route.answer(context.req.raw as unknown as Asked) as unknown as Promise<Response>)
  }
  return {
    bodyBytes: Math.max(0, ...plain.map(({ bodyBytes }) => bodyBytes ?? 0)),
    answer: async (request) => app.fetch(request),
    takes: (path) => intakes.has(path),
    take: async (request) => {
      const answer: unknown = await app.fetch(request as unknown as Request)
      return answer instanceof Response ? { status: answer.status, headers: textType, body: await answer.text() } : (answer as Answer)
    },
  }
}
