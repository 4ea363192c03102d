import { jsonType, type Route } from './route.ts'

/** The versions of all parts, as falcoctl reads them. */
export function versions(all: Readonly<Record<string, unknown>>): Route {
  return { method: 'GET', path: '/versions', answer: () => new Response(JSON.stringify(all), { headers: jsonType }) }
}
