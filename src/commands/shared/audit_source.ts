import { checkFormat } from '../../engine/rendering.ts'
import { createAuditFields } from '../../plugins/index.ts'
import { parseOpenParams, parseOptions } from '../../plugins/k8s_audit/options.ts'
import type { Context } from '../context.ts'
import type { LoadedPlugin } from './plugins.ts'
import type { Source } from './sources.ts'
import { hostnameOf } from './syscall_source.ts'

const name = 'k8s_audit'

/** Audit events of Kubernetes. `loaded` are the plugins in use, of which some have fields for it. */
export function auditSource({ config, env }: Pick<Context, 'config' | 'env'>, loaded: readonly LoadedPlugin[]): Source | undefined {
  const own = loaded.find(({ plugin }) => plugin.source?.name === name)
  if (own === undefined) return undefined
  const catalogue = createAuditFields(
    loaded.map(({ plugin }) => plugin),
    { hostname: hostnameOf(env), staticFields: new Map(Object.entries(config.settings.static_fields)) },
  )
  const input = parseOpenParams(own.config.openParams)
  const options = parseOptions(own.config.initConfig)
  return {
    name,
    classes: catalogue.classes,
    catalogue,
    checkFormat: (format) => checkFormat(format, catalogue),
    open: (request) => {
      // Servers and readers are for those who run: to check rules takes fields alone.
      const { openAudit } = require('./audit_input.ts') as typeof import('./audit_input.ts')
      return openAudit(input, options, request)
    },
  }
}
