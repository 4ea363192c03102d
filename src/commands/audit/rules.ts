import { Fault } from '../../base/fault.ts'
import { formatResult } from '../../rule/result.ts'
import type { Rule } from '../../rule/ruleset.ts'
import type { CommandCall } from '../command.ts'
import { type Context, callOf, openContext } from '../context.ts'
import { type Args, flagNamed } from '../flags.ts'
import { someRulesFiles } from '../shared/rules.ts'
import { readRuleset, runningRules } from '../shared/ruleset.ts'
import { chooseSources } from '../shared/sources.ts'

/** The flags that choose rules, as those of the program itself. */
export const ruleFlags = [flagNamed('config'), flagNamed('option'), flagNamed('rules')] as const

const source = 'k8s_audit'

/** The context of the program, had it been started with these flags to watch audit events. */
export function auditContext({ args, ...call }: AuditCall): Context {
  return openContext(callOf(call, { config: args.config, option: args.option, rules: args.rules, enableSource: [source] }), true)
}

type AuditCall = CommandCall & { readonly args: Pick<Args, 'config' | 'option' | 'rules'> }

/**
 * The rules for audit events that would run.
 *
 * @throws Fault `rules-invalid`, `rules-missing`.
 */
export function runningAuditRules(call: AuditCall): readonly Rule[] {
  const context = auditContext(call)
  const outcome = readRuleset(context, someRulesFiles(context), chooseSources(context).all)
  const invalid = outcome.results.filter(({ isValid }) => !isValid)
  const problems = [...invalid.map((result) => formatResult(result, false)), ...outcome.unmet]
  if (problems.length > 0) throw new Fault('rules-invalid', problems.join('\n'))
  const rules = runningRules(context, outcome.ruleset).filter((rule) => rule.source === source)
  if (rules.length > 0) return rules
  throw new Fault('rules-missing', 'none of the rules is for audit events', { hint: 'name others: -r builtin:k8s_audit_rules.yaml' })
}
