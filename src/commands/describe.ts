import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import { listRules } from '../rule/describe.ts'
import type { Action } from './command.ts'
import { describeAll, describeOne } from './shared/describe.ts'
import { loadRuleset } from './shared/ruleset.ts'
import { chooseSources } from './shared/sources.ts'

/** `-L`, and `-l RULE`. */
export const describeAction: Action = {
  name: 'describe',
  isWanted: ({ args }) => args.describe || args.describeRule !== undefined,
  run: (context) => {
    const { args, config } = context
    const sources = chooseSources(context).all
    const { ruleset } = loadRuleset(context, sources)
    const isJson = config.settings.json_output
    if (args.describeRule === undefined) return show(isJson ? JSON.stringify(describeAll(ruleset, sources)) : listRules(ruleset.rules))
    const rule = ruleset.rules.find(({ name }) => name === args.describeRule)
    if (!rule)
      throw unknownRule(
        args.describeRule,
        ruleset.rules.map(({ name }) => name),
      )
    return show(isJson ? JSON.stringify({ rules: [describeOne(rule, sources)] }) : listRules([rule]))
  },
}

function show(text: string): number {
  return print(`${text}\n`) ? 0 : 1
}

function unknownRule(name: string, names: readonly string[]): Fault {
  const near = closest(name, names)
  return new Fault('rule-unknown', `No rule with name "${name}" found`, { hint: near ? `did you mean "${near}"?` : 'see -L for all rules' })
}
