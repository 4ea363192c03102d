import type { Context } from '../context.ts'
import { type AlertOutputs, openOutputs } from './outputs.ts'
import { type LoadedRules, loadRuleset } from './ruleset.ts'
import { chooseSources, type Source } from './sources.ts'

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
  const { all, enabled: sources } = chooseSources(context)
  const loaded = loadRuleset(context, all)
  const rules = { ...loaded, running: loaded.running.filter(({ source }) => sources.some(({ name }) => name === source)) }
  return { sources, rules, outputs: openOutputs(context.config.settings, context.log) }
}
