import { textOf } from '../shared/json.ts'
import type { AuditEvent } from './event.ts'

/** An event in a few words: `alice create /api/v1/namespaces/default/pods ResponseComplete 201`. */
export function summaryOf({ audit }: AuditEvent): string {
  const parts = [audit?.user?.username, audit?.verb, audit?.requestURI, audit?.stage, audit?.responseStatus?.code]
  return parts.flatMap((part) => textOf(part) ?? []).join(' ')
}
