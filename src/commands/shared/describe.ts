import { type DescribeOptions, describeRule, describeRuleset } from '../../rule/describe.ts'
import type { Rule, Ruleset } from '../../rule/ruleset.ts'
import { kindName } from '../../schema/event.ts'
import type { Source } from './sources.ts'

/** A ruleset as data, for scripts. */
export function describeAll(ruleset: Ruleset, sources: readonly Source[]): object {
  return describeRuleset(ruleset, optionsOf(sources))
}

/** One rule as data. */
export function describeOne(rule: Rule, sources: readonly Source[]): object {
  return describeRule(rule, optionsOf(sources))
}

function optionsOf(sources: readonly Source[]): DescribeOptions {
  return {
    outputFields: (name, format) => sources.find((source) => source.name === name)?.checkFormat(format).fields ?? [],
    eventNames,
  }
}

// Scripts expect what Falco lists: asynchronous events may come with any rule, and one name was two system calls.
function eventNames(kinds: readonly number[]): string[] {
  const names = new Set(kinds.map(kindName))
  names.add('asyncevent')
  if (names.has('accept')) names.add('accept4')
  return [...names].sort()
}
