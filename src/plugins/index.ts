import { jsonPlugin } from './json.ts'
import { k8sAuditPlugin } from './k8s_audit/index.ts'
import type { Plugin } from './plugin.ts'

/** The plugins that are built in. */
export const plugins: readonly Plugin[] = [k8sAuditPlugin, jsonPlugin]
