import { checkFormat } from '../../engine/rendering.ts'
import { createAuditFields } from '../../plugins/index.ts'
import { parseOpenParams, parseOptions } from '../../plugins/k8s_audit/options.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import type { IntakeRoute } from '../../server/routes/route.ts'
import type { Context } from '../context.ts'
import type { AuditInput } from './audit_input.ts'
import { auditEndpoint, type LoadedPlugin } from './plugins.ts'
import type { Source } from './sources.ts'
import { hostnameOf } from './syscall_source.ts'

const name = 'k8s_audit'

type SourceContext = Pick<Context, 'args' | 'config' | 'env'>

/** Audit events of Kubernetes. `loaded` are the plugins in use, of which some have fields for it. */
export function auditSource(context: SourceContext, loaded: readonly LoadedPlugin[]): AuditSource | undefined {
  const { config, env } = context
  const own = loaded.find(({ plugin }) => plugin.source?.name === name)
  if (own === undefined) return undefined
  const catalogue = createAuditFields(
    loaded.map(({ plugin }) => plugin),
    { hostname: hostnameOf(env), staticFields: new Map(Object.entries(config.settings.static_fields)) },
  )
  const options = parseOptions(own.config.initConfig)
  const endpoint = auditEndpoint(context)
  // A path on the web server is enough, unless the plugin is configured too.
  const input = endpoint !== undefined && !own.isConfigured ? undefined : parseOpenParams(own.config.openParams)
  return new AuditSource(
    catalogue,
    loaded.map(({ plugin }) => plugin),
    () => new (inputs().AuditInput)({ input, endpoint, options }),
  )
}

// Servers and readers are for those who run: to check rules takes fields alone.
function inputs(): typeof import('./audit_input.ts') {
  return require('./audit_input.ts') as typeof import('./audit_input.ts')
}

class AuditSource implements Source {
  readonly name = name
  readonly catalogue: ReturnType<typeof createAuditFields>
  readonly #plugins: readonly Plugin[]
  readonly #make: () => AuditInput
  #made: AuditInput | undefined

  constructor(catalogue: ReturnType<typeof createAuditFields>, plugins: readonly Plugin[], make: () => AuditInput) {
    this.catalogue = catalogue
    this.#plugins = plugins
    this.#make = make
  }

  get classes() {
    return this.catalogue.classes
  }

  readonly pluginsOf = (fields: readonly string[]) => {
    const bare = new Set(fields.map((field) => field.replace(/\[.*/, '')))
    const has = (plugin: Plugin) => plugin.fields(name)?.fields.some((field) => bare.has(field.name)) ?? false
    return this.#plugins.filter((plugin) => plugin.source?.name === name || has(plugin)).map((plugin) => plugin.name)
  }

  readonly checkFormat = (format: string) => checkFormat(format, this.catalogue)
  readonly open: NonNullable<Source['open']> = (request) => this.#input.open(request)

  get routes(): readonly IntakeRoute[] {
    return this.#input.routes
  }

  get #input(): AuditInput {
    this.#made ??= this.#make()
    return this.#made
  }
}
