import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { formatResult, resultsJson } from '../rule/result.ts'
import type { Action } from './command.ts'
import { describeAll } from './shared/describe.ts'
import { readRules } from './shared/rules.ts'
import { readRuleset } from './shared/ruleset.ts'
import { chooseSources } from './shared/sources.ts'

/** `-V FILE`: loads the files in order into one ruleset and prints the verdict on each. */
export const validateAction: Action = {
  name: 'validate',
  isWanted: ({ args }) => args.validate.length > 0,
  run: (context) => {
    const { args, config, log } = context
    const files = args.validate.map(readRules)
    log.info('Validating rules file(s):')
    for (const { name } of files) log.info(`   ${name}`)
    const sources = chooseSources(context).all
    const { results, ruleset, unmet } = readRuleset(context, files, sources)
    const isValid = results.every((result) => result.isValid) && unmet.length === 0
    if (config.settings.json_output) {
      const described = isValid && (args.describe || args.describeRule !== undefined) ? describeAll(ruleset, sources) : undefined
      print(`${JSON.stringify({ ...resultsJson(results), ...(described ? { falco_describe_results: described } : {}) })}\n`)
    } else print(`${results.map((result) => formatResult(result, args.verbose)).join('\n')}\n`)
    if (unmet.length > 0) throw new Fault('rules-invalid', unmet.join('\n'))
    return isValid ? 0 : 1
  },
}
