import { hostname } from 'node:os'
import { namedKinds, ruleKinds } from '../../capture/interest.ts'
import type { Catalogue } from '../../condition/field.ts'
import { checkFormat } from '../../engine/rendering.ts'
import { createSyscallFields, type EventCatalogue } from '../../fields/index.ts'
import type { Context, Environment } from '../context.ts'
import { DomainNameTable } from './domain_names.ts'
import type { Source } from './sources.ts'

/** System calls and what else the kernel tells. */
export interface SyscallSource extends Source {
  readonly fields: EventCatalogue
  readonly domainNames: DomainNameTable
}

export function syscallSource({ config, env }: Pick<Context, 'config' | 'env'>): SyscallSource {
  const { settings } = config
  const domainNames = new DomainNameTable()
  const fields = createSyscallFields({
    domainNames,
    hostname: hostnameOf(env),
    bufferFormat: settings.buffer_format_base64 ? 'base64' : 'text',
    staticFields: new Map(Object.entries(settings.static_fields)),
  })
  // The loader reads names and types only; who evaluates the rules hands in events of this source.
  const catalogue = fields as Catalogue as Catalogue<never>
  return {
    name: 'syscall',
    fields,
    domainNames,
    classes: fields.classes,
    catalogue,
    kinds: ruleKinds(),
    namedKinds: namedKinds(),
    checkFormat: (format) => checkFormat(format, catalogue),
    // What a name stands for today says nothing about a recording.
    begin: () => (settings['engine.kind'] === 'replay' ? () => undefined : domainNames.start()),
    inherit: (old) => domainNames.inherit((old as SyscallSource).domainNames),
  }
}

/** The name of this host in alerts. */
export function hostnameOf(env: Environment): string {
  return env.FALCO_HOSTNAME || hostname()
}
