import type { Finding, Lint } from '../../lints/lint.ts'
import type { LoadOutcome } from '../../rule/load.ts'
import type { Context } from '../context.ts'
import { runningRules } from './ruleset.ts'

export interface CodedFinding extends Finding {
  readonly code: string
}

/** What lints find in rules as they would run with a configuration. */
export function findingsIn(
  context: Pick<Context, 'config'>,
  { ruleset, origins }: LoadOutcome,
  lints: readonly Lint[],
): readonly CodedFinding[] {
  const running = new Set(runningRules(context, ruleset))
  const rules = ruleset.rules.flatMap((rule) => {
    const compiled = origins.rules.get(rule.name)
    return compiled ? [{ rule, compiled, isRunning: running.has(rule) }] : []
  })
  const subject = { rules, origins, matching: context.config.settings.rule_matching }
  return lints.flatMap(({ code, find }) => [...find(subject)].map((finding) => ({ code, ...finding })))
}
