import { type DescribeOptions, describeRule, describeRuleset } from '../../rule/describe.ts'
import type { Rule, Ruleset } from '../../rule/ruleset.ts'
import { eventCodes, genericExit, kindName, syscalls } from '../../schema/event.ts'
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
    plugins: (name, fields) => sources.find((source) => source.name === name)?.pluginsOf?.(fields) ?? [],
  }
}

// Scripts expect what Falco lists: asynchronous events may come with any rule, one name was two system calls, and what only
// old recordings have is left out.
function eventNames(kinds: readonly number[]): string[] {
  const names = new Set(currentNames(kinds))
  names.add('asyncevent')
  if (names.has('accept')) names.add('accept4')
  return [...names].sort()
}

/** Names of the events of some kinds, sorted; kinds that only old recordings have are left out. */
export function currentNames(kinds: readonly number[]): string[] {
  return [...new Set(kinds.filter(isCurrent).map(kindName))].sort()
}

/** Whether the system calls of a kind still have generic events: those with an event of their own, and tracepoints, have none. */
function isCurrent(kind: number): boolean {
  if (kind < eventCodes) return true
  const { exit, x86_64, arm64 } = syscalls[kind - eventCodes] ?? {}
  return exit === genericExit && (x86_64 !== undefined || arm64 !== undefined)
}
