import { existsSync } from 'node:fs'
import { explain } from '../shared/explain.ts'
import { someRulesFiles } from '../shared/rules.ts'
import { readRuleset } from '../shared/ruleset.ts'
import { chooseSources } from '../shared/sources.ts'
import { type Check, type Finding, failed, ok, type Patient, skipped, warning } from './check.ts'

// The configuration and the rules.

export const fileChecks: readonly Check[] = [
  { name: 'config', look: lookAtConfig },
  { name: 'rules', look: lookAtRules },
  {
    name: 'upgrade',
    look: () => {
      const left = ['/etc/falco/falco.yaml.new', '/etc/falco/falco_rules.yaml.new', '/etc/systemd/system/eyas.service.new'].filter(
        existsSync,
      )
      if (left.length === 0) return ok('nothing is left to be merged')
      return warning(
        `${left.join(' and ')} of an upgrade wait`,
        'compare with the file beside it (diff FILE FILE.new), take over what is wanted, remove it',
      )
    },
  },
]

function lookAtConfig({ context, configFault }: Patient): Finding {
  if (!context) return failed(configFault, 'mend the file, or name another with -c')
  const { files, notInEffect, optionProblems } = context.config
  const problems = files.flatMap(({ path, problems: all }) => all.map(({ place, message }) => `${path}:${place.line ?? 1}: ${message}`))
  const all = [...problems, ...optionProblems.map(({ place, message }) => `${place.file}: ${message}`)]
  if (all.length > 0) return warning(all.join('; '), 'eyas --config-schema lists all keys')
  if (notInEffect.length > 0) return warning(`without effect in this release: ${notInEffect.join(', ')}`, 'leave them out')
  return ok(files.map(({ path }) => path).join(', '))
}

function lookAtRules({ context }: Patient): Finding {
  if (!context) return skipped('the configuration cannot be read')
  try {
    const files = someRulesFiles(context)
    const { results, ruleset, unmet } = readRuleset(context, files, chooseSources(context).all)
    const errors = [...results.flatMap(({ name, errors: all }) => all.map(({ message }) => `${name}: ${message}`)), ...unmet]
    const names = files.map(({ name }) => name)
    if (errors.length > 0) return failed(errors.join('; '), `eyas check ${names.join(' ')} says more`)
    const warnings = results.reduce((sum, each) => sum + each.warnings.length, 0)
    const text = `${ruleset.rules.length} of ${names.join(', ')}`
    return warnings === 0 ? ok(text) : warning(`${text}, with ${warnings} warnings`, `eyas check ${names.join(' ')} says more`)
  } catch (error) {
    return failed(explain(error).join('; '), 'mend rules_files in falco.yaml')
  }
}
