import { askedKinds, type BaseSyscalls, interestOf, usualInterest } from '../../capture/interest.ts'
import { operandKeys } from '../../condition/operands.ts'
import type { Settings } from '../../config/keys.ts'
import type { Rule } from '../../rule/ruleset.ts'

// Fields as conditions and outputs name them.
const fieldPattern = /\b[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+/g

/** What is to be traced for the rules that run, as `base_syscalls` wants it, by PPM_SC code. */
export function wantedSyscalls(settings: Settings, rules: readonly Rule[]): Uint8Array {
  return interestOf(askedKinds(rules.map(({ kinds }) => kinds ?? [])), fieldsOf(rules), baseOf(settings))
}

/** What will most likely be traced, before rules are loaded. */
export function expectedSyscalls(settings: Settings): Uint8Array {
  return usualInterest(baseOf(settings))
}

function baseOf(settings: Settings): BaseSyscalls {
  return {
    all: settings['base_syscalls.all'],
    customSet: settings['base_syscalls.custom_set'],
    repair: settings['base_syscalls.repair'],
  }
}

/** Whether some rule looks at environments of processes, or shows them. */
export function usesEnvironment(rules: readonly Rule[]): boolean {
  return fieldsOf(rules).some((name) => name === 'proc.env' || name === 'proc.aenv')
}

/** All that may be fields in conditions, macros included, and in outputs. */
function fieldsOf(rules: readonly Rule[]): string[] {
  const keys = new Set<string>()
  for (const { checked } of rules) operandKeys(checked.root, keys)
  const texts = rules.flatMap(({ format, extraFields }) => [format, ...extraFields.map((extra) => extra.format)])
  return [...keys, ...texts].flatMap((text) => [...text.matchAll(fieldPattern)].map(([name]) => name))
}
