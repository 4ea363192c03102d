import { twoColumns } from '../base/layout.ts'
import { priorityName } from '../base/priority.ts'
import { type Expr, fieldsOf, operatorsOf } from '../condition/ast.ts'
import { printCondition } from '../condition/print.ts'
import type { List, Macro, Rule, Ruleset } from './ruleset.ts'

export interface DescribeOptions {
  /** Names of the fields that an output shows, as written. */
  readonly outputFields: (source: string, format: string) => readonly string[]
  /** Names of the events of the given kinds, for rules of a source whose events have kinds. */
  readonly eventNames: (kinds: readonly number[]) => readonly string[]
  /** Names of the plugins that a source and some fields are of. */
  readonly plugins: (source: string, fields: readonly string[]) => readonly string[]
}

/** Lists, macros and rules as scripts read them: how they are written, and what became of them. */
export function describeRuleset(ruleset: Ruleset, options: DescribeOptions): object {
  return {
    required_engine_version: ruleset.requiredEngineVersion,
    required_plugin_versions: ruleset.requirements.map(([first, ...alternatives]) => ({ ...first, alternatives })),
    lists: ruleset.lists.map(describeList),
    macros: ruleset.macros.map(describeMacro),
    rules: ruleset.rules.map((rule) => describeRule(rule, options)),
  }
}

function describeList({ name, items, compiled, lists, isUsed }: List): object {
  return {
    info: { name, items: items.filter((item) => !lists.includes(item)) },
    details: { used: isUsed, items_compiled: compiled, lists, plugins: [] },
  }
}

function describeMacro({ name, condition, expr, isUsed, macros, lists }: Macro): object {
  return {
    info: { name, condition },
    details: { used: isUsed, macros, lists, plugins: [], ...describeCondition(expr) },
  }
}

export function describeRule(rule: Rule, options: DescribeOptions): object {
  const { name, condition, desc, output, priority, source, tags, enabled, capture, captureDurationMs, extraFields } = rule
  return {
    info: {
      name,
      condition,
      description: desc,
      output,
      priority: priorityName(priority),
      source,
      tags,
      enabled,
      capture,
      capture_duration: captureDurationMs,
    },
    details: {
      ...describeCondition(rule.checked.expr),
      events: rule.selected === undefined ? [] : options.eventNames(rule.selected),
      macros: rule.macros,
      lists: rule.lists,
      plugins: sortedSet(options.plugins(source, [...fieldsOf(rule.checked.expr), ...options.outputFields(source, rule.format)])),
      output_compiled: rule.format,
      output_fields: sortedSet(options.outputFields(source, rule.format)),
      extra_output_fields: extraFields.filter(({ isRaw }) => isRaw).map((field) => field.name),
      extra_output_formatted_fields: Object.fromEntries(
        extraFields.filter(({ isRaw }) => !isRaw).map((field) => [field.name, field.format]),
      ),
      exception_names: sortedSet(rule.exceptions.map((exception) => exception.name)),
      exception_fields: sortedSet(rule.exceptions.flatMap(({ fields }) => fields)),
      exception_operators: sortedSet(rule.exceptions.flatMap(({ comps }) => comps)),
    },
  }
}

function describeCondition(expr: Expr): object {
  return {
    condition_compiled: printCondition(expr),
    condition_fields: sortedSet(fieldsOf(expr)),
    condition_operators: sortedSet(operatorsOf(expr)),
  }
}

function sortedSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

const nameColumns = 50
const lineColumns = 120

/** Names and descriptions of rules for people, descriptions wrapped. */
export function listRules(rules: readonly Rule[]): string {
  const rows = rules.map(({ name, desc }) => row(name, desc))
  return [row('Rule', 'Description'), row('----', '-----------'), ...rows].join('\n')
}

function row(name: string, desc: string): string {
  return twoColumns(name, desc.trim(), nameColumns + 1, lineColumns).trimEnd()
}
