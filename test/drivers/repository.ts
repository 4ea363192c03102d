/** What a repository of the tests answers: by path, without the leading slash. */
export type Answers = Readonly<Record<string, (request: Request) => Response | Promise<Response>>>

/** A local HTTP server; anything that it has no answer for is 404. */
export function serve(answers: Answers, tls?: { readonly cert: string; readonly key: string }) {
  const asked: string[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 30,
    ...(tls && { tls }),
    fetch: (request) => {
      const { pathname } = new URL(request.url)
      asked.push(`${request.method} ${pathname}`)
      return answers[pathname.slice(1)]?.(request) ?? new Response('not here', { status: 404 })
    },
  })
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.port}`, asked, close: () => server.stop(true) }
}
