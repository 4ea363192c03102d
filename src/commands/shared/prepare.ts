import { type Context, configPaths } from '../context.ts'
import { type AlertOutputs, openOutputs } from './outputs.ts'
import { fingerprint } from './places.ts'
import { rulesPaths } from './rules.ts'
import { type LoadedRules, loadRuleset } from './ruleset.ts'
import { chooseSources, type Source } from './sources.ts'
import { hostnameOf } from './syscall_source.ts'

/** A configuration with its rules, read and checked; nothing of it runs yet. */
export interface Loaded {
  readonly context: Context
  readonly sources: readonly Source[]
  readonly rules: LoadedRules
  /** Where all of it was read, also what is not there, and what was there then (`places.ts`). */
  readonly paths: readonly string[]
  readonly fingerprint: string
}

/** All that has to be in order before a source of events is opened. */
export interface Prepared extends Loaded {
  readonly outputs: AlertOutputs
}

/**
 * Chooses the sources and loads the rules.
 *
 * @throws Fault where one of them is not as it should be.
 */
export function load(context: Context): Loaded {
  const paths = [...configPaths(context), ...rulesPaths(context)]
  // Before the rules are read, so that no change after that goes unnoticed.
  const before = fingerprint(paths)
  const { all, enabled: sources } = chooseSources(context)
  const loaded = loadRuleset(context, all)
  const rules = { ...loaded, running: loaded.running.filter(({ source }) => sources.some(({ name }) => name === source)) }
  return { context, sources, rules, paths, fingerprint: before }
}

/**
 * Loads, and opens the outputs.
 *
 * @throws Fault where something is not as it should be.
 */
export function prepare(context: Context): Prepared {
  const loaded = load(context)
  return { ...loaded, outputs: openOutputs(context.config.settings, { log: context.log, hostname: hostnameOf(context.env) }) }
}
