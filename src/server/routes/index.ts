import { health } from './health.ts'
import { metrics } from './metrics.ts'
import { versions } from './versions.ts'

/** How each route is made. A source that takes events over HTTP brings a route of its own. */
export const routes = { health, versions, metrics } as const
