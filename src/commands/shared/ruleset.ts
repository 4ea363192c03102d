import { Fault } from '../../base/fault.ts'
import { parsePriority } from '../../base/priority.ts'
import { engineVersion } from '../../base/version.ts'
import type { AppendOutput as ConfiguredOutput } from '../../config/items.ts'
import { type LoadOutcome, loadRules, type RulesFile } from '../../rule/load.ts'
import type { AppendOutput, LoadOptions } from '../../rule/options.ts'
import { formatResult, formatSchema } from '../../rule/result.ts'
import type { ExtraField, Rule, Ruleset } from '../../rule/ruleset.ts'
import { selectRules } from '../../rule/selection.ts'
import type { Context } from '../context.ts'
import { loadedPlugins } from './plugins.ts'
import { someRulesFiles } from './rules.ts'
import type { Source } from './sources.ts'

// What Falco has as plugins and we have built in: the version is that of the plugin whose fields these are.
const builtInPlugins = [{ name: 'container', version: '0.7.0' }]

export interface LoadedRules {
  readonly ruleset: Ruleset
  /** Those that run: switched on, of a wanted priority. */
  readonly running: readonly Rule[]
  readonly files: readonly RulesFile[]
}

/**
 * Loads the rules that the command line and the configuration ask for, and says on the log what was loaded.
 *
 * @throws Fault `rules-missing`, `rules-unreadable`, and `rules-invalid` with all mistakes of all files.
 */
export function loadRuleset(context: Context, sources: readonly Source[]): LoadedRules {
  const { log, args } = context
  const files = someRulesFiles(context)
  log.debug(`Configured rules filenames: ${files.map(({ name }) => name).join(', ')}`)
  const outcome = readRuleset(context, files, sources)
  log.info('Loading rules from:')
  for (const result of outcome.results) {
    log.info(`   ${result.name} | ${formatSchema(result)}`)
    if (result.isValid && result.warnings.length > 0) log.warning(formatResult(result, args.verbose))
  }
  const invalid = outcome.results.filter(({ isValid }) => !isValid)
  if (invalid.length > 0) throw new Fault('rules-invalid', invalid.map((result) => formatResult(result, args.verbose)).join('\n'))
  if (outcome.unmet.length > 0) throw new Fault('rules-invalid', outcome.unmet.join('\n'))
  return { ruleset: outcome.ruleset, running: runningRules(context, outcome.ruleset), files }
}

/** The plugins that rules may require, as users know them. */
export function pluginVersions(context: Pick<Context, 'args' | 'config'>): readonly { readonly name: string; readonly version: string }[] {
  return [...builtInPlugins, ...loadedPlugins(context).map(({ plugin: { name, version } }) => ({ name, version }))]
}

/** Loads files as the configuration wants them to be read; mistakes are in the results. */
export function readRuleset(
  context: Pick<Context, 'args' | 'config'>,
  files: readonly RulesFile[],
  sources: readonly Source[],
): LoadOutcome {
  return loadRules(files, loadOptions(context, sources))
}

/** As `readRuleset`, keeping what each item of the files changed. */
export function traceRuleset(
  context: Pick<Context, 'args' | 'config'>,
  files: readonly RulesFile[],
  sources: readonly Source[],
): LoadOutcome {
  return loadRules(files, { ...loadOptions(context, sources), isTraced: true })
}

/** The rules that are on by what the configuration selects. */
export function runningRules({ config }: Pick<Context, 'config'>, { rules }: Ruleset): readonly Rule[] {
  const selections = config.selections.map(({ action, rule, tag }) => ({ operation: action, rule, tag }))
  return selectRules(rules, selections, parsePriority(config.settings.priority) ?? 7)
}

function loadOptions(context: Pick<Context, 'args' | 'config'>, sources: readonly Source[]): LoadOptions {
  const { config } = context
  return {
    engineVersion,
    catalogues: new Map(sources.map(({ name, catalogue }) => [name, catalogue])),
    checkFormat: (name, format) => sources.find((source) => source.name === name)?.checkFormat(format) ?? { problems: [], fields: [] },
    plugins: pluginVersions(context),
    kinds: new Map(sources.flatMap(({ name, kinds }) => (kinds ? [[name, kinds] as const] : []))),
    namedKinds: new Map(sources.flatMap(({ name, namedKinds }) => (namedKinds ? [[name, namedKinds] as const] : []))),
    appendOutput: [...config.appendOutputs.map(appended), { fields: staticFields(config.settings.static_fields) }],
  }
}

function appended({ source, rule, tags, extraOutput, extraFields, suggestedOutput }: ConfiguredOutput): AppendOutput {
  return {
    source: source || undefined,
    rule: rule || undefined,
    tags,
    output: extraOutput || undefined,
    isSuggested: suggestedOutput,
    fields: extraFields.map(({ name, format }) => ({ name, format: format ?? name, isRaw: format === undefined })),
  }
}

/** The static fields, for every alert; those that can be named in an output. */
function staticFields(texts: Readonly<Record<string, string>>): ExtraField[] {
  const names = Object.keys(texts).filter((key) => /^[\w.]+$/.test(key))
  return names.map((key) => ({ name: `static.${key}`, format: `static.${key}`, isRaw: true }))
}
