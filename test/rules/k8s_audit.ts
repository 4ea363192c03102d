import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineVersion } from '../../src/base/version.ts'
import type { Catalogue } from '../../src/condition/field.ts'
import type { Alert } from '../../src/engine/alert.ts'
import { Engine } from '../../src/engine/engine.ts'
import { checkFormat, renderingOf } from '../../src/engine/rendering.ts'
import { createAuditFields, plugins } from '../../src/plugins/index.ts'
import { readBody } from '../../src/plugins/k8s_audit/body.ts'
import { AuditEvent } from '../../src/plugins/k8s_audit/event.ts'
import { type LoadOutcome, loadRules } from '../../src/rule/load.ts'

const catalogue = createAuditFields(plugins, { hostname: 'here', staticFields: new Map() })

/** Loads our own rules for audit events, and `overrides` after them. */
export function loadAuditRules(overrides = '[]'): LoadOutcome {
  const file = join(import.meta.dir, '..', '..', 'rules', 'k8s_audit_rules.yaml')
  return loadRulesText(readFileSync(file, 'utf8'), overrides)
}

export function loadRulesText(...texts: readonly string[]): LoadOutcome {
  const files = texts.map((text, i) => ({ name: `rules-${i + 1}.yaml`, text }))
  return loadRules(files, {
    engineVersion,
    catalogues: new Map([['k8s_audit', catalogue]]),
    checkFormat: (_, format) => checkFormat(format, catalogue),
    plugins: plugins.map(({ name, version }) => ({ name, version })),
  })
}

/** The alerts that documents raise, all rules counted. */
export function alertsOf({ ruleset }: LoadOutcome, ...documents: readonly object[]): Alert[] {
  const alerts: Alert[] = []
  const fields = catalogue as Catalogue as Catalogue<AuditEvent>
  const running = ruleset.rules.filter(({ enabled }) => enabled).map((rule) => ({ rule, rendering: renderingOf(rule, fields) }))
  const engine = new Engine<AuditEvent>(running, { matching: 'all', hostname: 'here', onAlert: (alert) => alerts.push(alert) })
  const event = new AuditEvent()
  for (const item of readBody(Buffer.from(JSON.stringify(documents))).items) {
    event.moveTo(item)
    engine.process(event)
  }
  return alerts
}
