import { interestLength, interestOf, wantedByRules } from '../../capture/interest.ts'
import type { Settings } from '../../config/keys.ts'
import type { Rule } from '../../rule/ruleset.ts'

// Fields as conditions and outputs name them.
const fieldPattern = /\b[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+/g

/** What is to be traced for the rules that run, as `base_syscalls` wants it, by PPM_SC code. */
export function wantedSyscalls(settings: Settings, kinds: ReadonlySet<number>, rules: readonly Rule[]): Uint8Array {
  if (settings['base_syscalls.all']) return new Uint8Array(interestLength).fill(wantedByRules)
  const fields = rules.flatMap(({ condition, format }) => [...condition.matchAll(fieldPattern), ...format.matchAll(fieldPattern)])
  return interestOf(
    kinds,
    fields.map(([name]) => name),
    { customSet: settings['base_syscalls.custom_set'], repair: settings['base_syscalls.repair'] },
  )
}
