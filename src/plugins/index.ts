import type { Catalogue } from '../condition/field.ts'
import { commonEvtClass } from '../fields/evt/common.ts'
import type { FieldClass } from '../fields/field.ts'
import { staticClass } from '../fields/index.ts'
import { jsonPlugin } from './json.ts'
import type { AuditEvent } from './k8s_audit/event.ts'
import { k8sAuditPlugin } from './k8s_audit/index.ts'
import { summaryOf } from './k8s_audit/summary.ts'
import type { Plugin } from './plugin.ts'

/** The plugins that are built in. */
export const plugins: readonly Plugin[] = [k8sAuditPlugin, jsonPlugin]

/** The fields of a source, ready for conditions, outputs and listings. */
export interface SourceCatalogue extends Catalogue<never> {
  readonly classes: readonly FieldClass<never>[]
}

export interface SourceFieldOptions {
  readonly hostname: string
  /** `static_fields` of the configuration. */
  readonly staticFields: ReadonlyMap<string, string>
}

/** Makes the catalogue of the source `k8s_audit`, as far as the plugins in use have fields for it. */
export function createAuditFields(used: readonly Plugin[], { hostname, staticFields }: SourceFieldOptions): SourceCatalogue {
  const names = { source: 'k8s_audit', plugin: k8sAuditPlugin.name, summary: summaryOf }
  const classes: FieldClass<never>[] = [
    commonEvtClass<AuditEvent>(names, hostname),
    ...used.flatMap((plugin) => plugin.fields(names.source) ?? []),
    ...staticClass(staticFields),
  ]
  const byName = new Map(classes.flatMap(({ fields }) => fields.map((field) => [field.name, field] as const)))
  return { classes, names: [...byName.keys()], find: (name) => byName.get(name) }
}
