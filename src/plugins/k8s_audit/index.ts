import type { Plugin } from '../plugin.ts'
import type { AuditEvent } from './event.ts'
import { auditFields } from './fields.ts'
import { initSchema, openParams } from './options.ts'

/** Audit events of Kubernetes, and their fields `ka.*`. */
export const k8sAuditPlugin: Plugin<AuditEvent> = {
  name: 'k8saudit',
  description: 'Audit events of Kubernetes, as kube-apiserver posts them or writes them to its log.',
  contact: 'the makers of Eyas',
  version: '0.18.0',
  source: { name: 'k8s_audit', id: 1, openParams },
  fields: (source) => (source === 'k8s_audit' ? auditClass : undefined),
  initSchema,
}

const auditClass = {
  name: 'ka',
  description: 'An audit event of Kubernetes: who asked for what, and what came of it.',
  fields: auditFields,
}
