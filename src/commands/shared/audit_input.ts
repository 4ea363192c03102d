import type { Log } from '../../base/log.ts'
import { toUnicode, visible } from '../../base/text.ts'
import type { AuditEvent } from '../../plugins/k8s_audit/event.ts'
import { type Report, readAuditFiles } from '../../plugins/k8s_audit/files.ts'
import { AuditIntake } from '../../plugins/k8s_audit/intake.ts'
import { LogFollower, type LogOptions } from '../../plugins/k8s_audit/log.ts'
import type { AuditInput, AuditOptions } from '../../plugins/k8s_audit/options.ts'
import { listenForAudit } from '../../server/audit_server.ts'
import { AuditRoute } from '../../server/routes/k8s_audit.ts'
import type { OpenedSource, OpenRequest } from './sources.ts'

/** Begins to take audit events from where the configuration says they come. */
export function openAudit(input: AuditInput, options: AuditOptions, request: OpenRequest): OpenedSource {
  const { process, settle, log } = request
  const intake = new AuditIntake({ process: process as (event: AuditEvent) => void, settle, duplicateWindow: options.duplicateWindow })
  const report = malformedReport(log)
  if (input.kind === 'files') return { done: readAuditFiles(input.path, intake, report), close: async () => undefined }
  if (input.kind === 'log') return follow(input.path, { ...options, intake, report }, log)
  return listen(input, options, { intake, report, log })
}

function follow(path: string, options: Omit<LogOptions, 'path' | 'warn'>, log: Log): OpenedSource {
  const follower = new LogFollower({ ...options, path, warn: (text) => log.warning(`k8s_audit: ${text}`) })
  log.info(`Following the audit log ${path}`)
  const done = follower.run()
  return {
    done,
    close: () => {
      follower.close()
      return done
    },
  }
}

function listen(
  { hostname, port, path, isTls }: Extract<AuditInput, { kind: 'webhook' }>,
  options: AuditOptions,
  { intake, report, log }: { readonly intake: AuditIntake; readonly report: Report; readonly log: Log },
): OpenedSource {
  const route = new AuditRoute({ path, intake, report, maxBodyBytes: options.webhookMaxBatchSize, token: () => undefined })
  const server = listenForAudit({ hostname, port, certificate: isTls ? options.sslCertificate : undefined, route })
  log.info(`Listening for audit events on ${isTls ? 'https' : 'http'}://${hostname}:${server.port}${path}`)
  return { done: new Promise(() => undefined), close: () => server.close() }
}

// Whoever sends one malformed event sends more.
const reportMs = 10_000

/** Says on the log, from time to time, how many events were malformed. */
function malformedReport(log: Log): Report {
  let count = 0
  let nextMs = 0
  return (from, { malformed, problem }) => {
    if (malformed === 0) return
    count += malformed
    if (performance.now() < nextMs) return
    nextMs = performance.now() + reportMs
    log.warning(`k8s_audit: ${count} malformed events so far, the latest from ${from}: ${visible(toUnicode(problem ?? ''))}`)
  }
}
