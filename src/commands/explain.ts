import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import { lints } from '../lints/index.ts'
import type { LoadOutcome, RulesFile } from '../rule/load.ts'
import type { Rule } from '../rule/ruleset.ts'
import { defineCommand } from './command.ts'
import type { Context } from './context.ts'
import { flagNamed } from './flags.ts'
import { type Explanation, explainRule } from './shared/explanation.ts'
import { explanationText } from './shared/explanation_text.ts'
import { rulesInput } from './shared/input.ts'
import { findingsIn } from './shared/lint.ts'
import { runningRules, traceRuleset } from './shared/ruleset.ts'
import { chooseSources } from './shared/sources.ts'

/** `eyas explain RULE`. */
export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'Shows what a rule says: its condition as a tree, events, fields, exceptions, who changed what.',
  usage: '[OPTION...] RULE...',
  flags: [
    flagNamed('config'),
    flagNamed('option'),
    { ...flagNamed('rules'), help: "Explain the rules of this file, directory or - instead of the configuration's rules_files." },
    { name: 'full', long: 'full', help: 'Show all values of long lists.' },
    { name: 'json', long: 'json', help: 'Print one JSON object.' },
  ],
  details: `RULE is the name of a rule, in which * stands for any text: eyas explain '*shell*'.`,
  run: ({ args, rest, ...call }) => {
    if (rest.length === 0)
      throw new Fault('flag-invalid', 'explain wants the name of a rule', { hint: "eyas -L lists them; '*' explains all" })
    const { context, files } = rulesInput(call, args, args.rules)
    const explained = explainRules(context, files, rest)
    const text = args.json
      ? `${JSON.stringify({ rules: explained }, undefined, 2)}\n`
      : explained.map((each) => explanationText(each, args.full)).join('\n')
    return print(text) ? 0 : 1
  },
})

/**
 * Explains the rules that names or patterns stand for, in the order of the ruleset.
 *
 * @throws Fault `rule-unknown` for a name that no rule has; it says so where a mistake in a file may have cost the rule.
 */
export function explainRules(context: Context, files: readonly RulesFile[], names: readonly string[]): readonly Explanation[] {
  const sources = chooseSources(context).all
  const outcome = traceRuleset(context, files, sources)
  const { rules } = outcome.ruleset
  const wanted = new Set(names.flatMap((name) => matching(name, rules, outcome)))
  const running = new Set(runningRules(context, outcome.ruleset))
  const notes = [...findingsIn(context, outcome, lints)]
  return rules
    .filter((rule) => wanted.has(rule))
    .map((rule) => explainRule(rule, { outcome, sources, isRunning: running.has(rule), notes }))
}

function matching(name: string, rules: readonly Rule[], { results }: LoadOutcome): readonly Rule[] {
  const exact = rules.filter((rule) => rule.name === name)
  if (exact.length > 0) return exact
  const pattern = new RegExp(`^${name.split('*').map(escaped).join('.*')}$`, 'is')
  const found = rules.filter((rule) => pattern.test(rule.name))
  if (found.length > 0) return found
  const broken = results.find(({ isValid }) => !isValid)
  const names = rules.map((rule) => rule.name)
  const near = closest(name, names) ?? names.find((each) => each.toLowerCase().includes(name.toLowerCase()))
  const hint = near ? `did you mean "${near}"?` : broken ? `${broken.name} has mistakes: see eyas check` : 'see eyas -L for all rules'
  throw new Fault('rule-unknown', `No rule with name "${name}" found`, { hint })
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}
