import { type PriorityName, priorityName } from '../../base/priority.ts'
import { fieldsOf } from '../../condition/ast.ts'
import type { CheckNode, Node } from '../../condition/checked.ts'
import type { Catalogue, Field } from '../../condition/field.ts'
import { printCondition } from '../../condition/print.ts'
import type { ExceptionValue } from '../../rule/exception.ts'
import { changesOf, type ExplainedPart, explainCondition, type Place, placeOf } from '../../rule/explain.ts'
import type { LoadOutcome } from '../../rule/load.ts'
import type { Rule } from '../../rule/ruleset.ts'
import { currentNames } from './describe.ts'
import type { CodedFinding } from './lint.ts'
import type { Source } from './sources.ts'

/** All that there is to say of a rule. */
export interface Explanation {
  readonly name: string
  readonly description: string
  readonly priority: PriorityName
  readonly source: string
  readonly tags: readonly string[]
  /** As the files say, and as the configuration says then. */
  readonly enabled: boolean
  readonly running: boolean
  readonly defined: Place | undefined
  /** All that were loaded. */
  readonly files: readonly string[]
  /** What later items changed, in order. */
  readonly changes: readonly (Place & { readonly operation: 'define' | 'append' | 'replace'; readonly key: string })[]
  /** Names of the events that it is tried on; absent where the source's events have no names. */
  readonly events?: readonly string[]
  /** Whether these are nearly all there are. */
  readonly all_events?: boolean
  readonly condition: string
  readonly tree: ExplainedPart
  readonly output: string
  readonly exceptions: readonly ExplainedException[]
  readonly fields: readonly ExplainedField[]
  readonly cost: { readonly checks: number; readonly slow: readonly string[] }
  readonly notes: readonly { readonly code: string; readonly message: string; readonly hint: string }[]
}

export interface ExplainedException extends Place {
  readonly name: string
  readonly fields: readonly string[]
  readonly comps: readonly string[]
  readonly values: readonly ExceptionValue[]
}

export interface ExplainedField {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly in_condition: boolean
  readonly in_output: boolean
}

export interface Surroundings {
  readonly outcome: LoadOutcome
  readonly sources: readonly Source[]
  readonly isRunning: boolean
  readonly notes: readonly CodedFinding[]
}

// More kinds than this are nearly all; operators of more cost are slow, as are fields that look at several processes.
const manyKinds = 100
const slowCost = 25

export function explainRule(rule: Rule, { outcome, sources, isRunning, notes }: Surroundings): Explanation {
  const { origins } = outcome
  const compiled = origins.rules.get(rule.name)
  const source = sources.find(({ name }) => name === rule.source)
  const checks = checksIn(rule.checked.root)
  return {
    name: rule.name,
    description: rule.desc.trim(),
    priority: priorityName(rule.priority),
    source: rule.source,
    tags: rule.tags,
    enabled: rule.enabled,
    running: isRunning,
    defined: compiled && placeOf(compiled.definition.context),
    files: outcome.results.map(({ name }) => name),
    changes: changesOf(rule, origins).map(({ context, operation, key = '' }) => ({ ...placeOf(context), operation, key })),
    ...(rule.kinds && { events: currentNames(rule.kinds), all_events: rule.kinds.length > manyKinds }),
    condition: printCondition(rule.checked.expr),
    tree: explainCondition(rule, origins),
    output: rule.format,
    exceptions: rule.exceptions.map(({ name, fields, comps, values, context }) => ({ name, fields, comps, values, ...placeOf(context) })),
    fields: source ? fieldsIn(rule, source) : [],
    cost: { checks: checks.length, slow: [...new Set(checks.filter(isSlow).map(({ expr }) => printCondition(expr)))] },
    notes: notes.filter((note) => isOf(note, rule, outcome)).map(({ code, message, hint }) => ({ code, message, hint })),
  }
}

/** Each check once, macros' too. */
function checksIn(root: Node<never>): readonly CheckNode<never>[] {
  const found = new Set<Node<never>>()
  const pending = [root]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (found.has(node)) continue
    found.add(node)
    pending.push(...(node.kind === 'not' ? [node.item] : node.kind === 'check' ? [] : node.items))
  }
  return [...found].filter((node) => node.kind === 'check')
}

function isSlow({ operator, left }: CheckNode<never>): boolean {
  return (operator?.cost ?? 0) >= slowCost || left.shape === 'any'
}

function fieldsIn(rule: Rule, { catalogue, checkFormat }: Source): readonly ExplainedField[] {
  const inCondition = new Set(fieldsOf(rule.checked.expr))
  const inOutput = new Set(checkFormat(rule.format).fields)
  return [...inCondition.union(inOutput)].flatMap((name) => {
    const field = findField(catalogue, name)
    if (!field) return []
    return [{ name, type: field.type, help: field.help, in_condition: inCondition.has(name), in_output: inOutput.has(name) }]
  })
}

/** `evt.arg.flags` is listed as `evt.arg`, `proc.aname[2]` as `proc.aname`. */
function findField(catalogue: Catalogue<never>, written: string): Field<never> | undefined {
  const name = written.replace(/\[.*$/s, '')
  return catalogue.find(name) ?? (name.includes('.') ? findField(catalogue, name.slice(0, name.lastIndexOf('.'))) : undefined)
}

function isOf({ context }: CodedFinding, rule: Rule, { origins }: LoadOutcome): boolean {
  const names = context.path().map(({ type, name }) => `${type} ${name}`)
  if (names.includes(`rule ${rule.name}`)) return true
  const macros = new Set(rule.macros.flatMap((name) => [name, ...(origins.macros.get(name)?.macros ?? [])]))
  return names.some((name) => name.startsWith('macro ') && macros.has(name.slice('macro '.length)))
}
