import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineVersion } from '../../src/base/version.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import type { Catalogue, Field, Value } from '../../src/condition/field.ts'
import { checkFormat } from '../../src/engine/rendering.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { type LoadOutcome, loadRules } from '../../src/rule/load.ts'

/** An event as the values of its fields; what is not named has no value. */
export type ToyEvent = Readonly<Record<string, Value>>

/** Loads the default rules, with fields that read toy events. */
export function loadDefaultRules(): LoadOutcome {
  const file = join(import.meta.dir, '..', '..', 'rules', 'falco_rules.yaml')
  const catalogue = toyCatalogue(createSyscallFields() as Catalogue as Catalogue<never>) as Catalogue<never>
  return loadRules([{ name: 'falco_rules.yaml', text: readFileSync(file, 'utf8') }], {
    engineVersion,
    catalogues: new Map([['syscall', catalogue]]),
    checkFormat: (_, format) => checkFormat(format, catalogue),
    plugins: [{ name: 'container', version: '0.7.0' }],
  })
}

/** Names of the rules that hold on the event. */
export function firing(outcome: LoadOutcome, event: ToyEvent): string[] {
  return outcome.ruleset.rules.filter((rule) => evaluate(rule.checked, event as never)).map((rule) => rule.name)
}

// The real fields with their types, but values from the event's table.
function toyCatalogue(real: Catalogue<never>): Catalogue<ToyEvent> {
  return {
    names: real.names,
    find: (name) => {
      const field = real.find(name)
      return field && toyField(field)
    },
  }
}

function toyField(field: Field<never>): Field<ToyEvent> {
  const { name, type, flags, arg, isEither, isAny, typeAt, accepts } = field
  return {
    name,
    type,
    help: '',
    ...(flags && { flags }),
    ...(arg && { arg, at: (key: string) => (event: ToyEvent) => event[`${name}[${key}]`] }),
    ...(isEither && { isEither }),
    ...(isAny && { isAny }),
    ...(typeAt && { typeAt }),
    ...(accepts && { accepts }),
    ...(arg?.required === true ? {} : { get: (event: ToyEvent) => event[name] }),
  }
}
