import type { Context } from '../context.ts'
import { type AlertOutputs, openOutputs } from './outputs.ts'
import { type LoadedRules, loadRuleset } from './ruleset.ts'
import { enabledSources, type Source } from './sources.ts'

/** All that has to be in order before a source of events is opened. */
export interface Prepared {
  readonly sources: readonly Source[]
  readonly rules: LoadedRules
  readonly outputs: AlertOutputs
}

/**
 * Chooses the sources, loads the rules and opens the outputs.
 *
 * @throws Fault where one of them is not as it should be.
 */
export function prepare(context: Context): Prepared {
  const sources = enabledSources(context)
  const rules = loadRuleset(context, sources)
  return { sources, rules, outputs: openOutputs(context.config.settings, context.log) }
}
