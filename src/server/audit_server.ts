import { readFileSync } from 'node:fs'
import { Hono } from 'hono/tiny'
import { fileProblem } from '../base/errno.ts'
import { Fault } from '../base/fault.ts'
import { type AuditRoute, refusal } from './routes/k8s_audit.ts'

export interface AuditServerOptions {
  readonly hostname: string
  readonly port: number
  /** PEM file with certificate and key; undefined without TLS. */
  readonly certificate: string | undefined
  readonly route: AuditRoute
}

export interface AuditServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * Listens for kube-apiserver.
 *
 * @throws Fault `server-unavailable` where the port or the certificate cannot be had.
 */
export function listenForAudit({ hostname, port, certificate, route }: AuditServerOptions): AuditServer {
  const pem = certificate === undefined ? undefined : readPem(certificate)
  try {
    const server = Bun.serve({
      hostname,
      port,
      maxRequestBodySize: route.maxBodyBytes,
      fetch: appOf(route).fetch,
      ...(pem !== undefined && { tls: { cert: pem, key: pem } }),
    })
    return { port: server.port ?? port, close: () => server.stop() }
  } catch (cause) {
    throw new Fault('server-unavailable', `cannot listen for audit events on ${hostname}:${port}: ${(cause as Error).message}`, {
      hint: 'choose another port in open_params of the plugin k8saudit',
      cause,
    })
  }
}

function appOf(route: AuditRoute): Hono {
  const app = new Hono()
  app.post(route.path, async ({ req: { raw } }) => {
    const { headers } = raw
    if (!route.isAllowed(headers.get('authorization')))
      return refusal(401, 'the token is missing or wrong', { 'WWW-Authenticate': 'Bearer' })
    return route.answer(Buffer.from(await raw.arrayBuffer()), headers.get('content-encoding'))
  })
  app.get(`${route.path}/status`, ({ req: { raw } }) =>
    route.isAllowed(raw.headers.get('authorization')) ? Response.json(route.status()) : refusal(401, 'the token is missing or wrong'),
  )
  app.all(route.path, () => refusal(405, 'audit events come by POST', { Allow: 'POST' }))
  return app
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('server-unavailable', `cannot read the certificate ${path}: ${fileProblem(cause)}`, {
      hint: 'put certificate and key into one PEM file: sslCertificate in init_config of the plugin k8saudit',
      cause,
    })
  }
}
