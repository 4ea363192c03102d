import { Fault } from '../../../base/fault.ts'
import { groupOf } from './groups.ts'
import { isBelow, type Level, levels } from './level.ts'
import { canHold, type Need, needsOf, type PolicyRule, stages, type Target, type User } from './needs.ts'

/** What a policy keeps from a rule. */
export interface Blindness {
  readonly rule: string
  /** Whether the rule can fire on nothing any more. */
  readonly isWhole: boolean
  /** What it misses, a sentence each. */
  readonly misses: readonly string[]
}

/** A line of a policy that somebody wrote. */
interface GivenLine {
  readonly level: Level
  readonly omitStages: readonly string[]
  readonly verbs: readonly string[]
  readonly resources: readonly { readonly group: string; readonly resources: readonly string[]; readonly isNarrow: boolean }[]
  readonly nonResourceURLs: readonly string[]
  /** The users that it is for, where they are known by their names; empty for any. */
  readonly who: readonly User[]
  /** For whom or where it is, if not for all. */
  readonly narrowed: string | undefined
}

/**
 * Finds out which rules a policy blinds, and how. `document` is the policy as plain data.
 *
 * @throws Fault `policy-invalid` where it is none.
 */
export function verifyPolicy(document: unknown, rules: readonly PolicyRule[]): Blindness[] {
  const policy = readPolicy(document)
  return rules.flatMap((rule) => {
    const needs = needsOf([rule])
    const misses = needs.map((need) => missOf(need, policy, rule)).filter((miss) => miss !== undefined)
    if (misses.length === 0) return []
    const isWhole = misses.length === needs.length && misses.every((miss) => !miss.isPartial)
    return [{ rule: rule.name, isWhole, misses: summary(misses) }]
  })
}

interface Miss {
  readonly target: Target
  readonly reason: string
  readonly isPartial: boolean
}

interface GivenPolicy {
  readonly lines: readonly GivenLine[]
  readonly omitStages: readonly string[]
}

function missOf(need: Need, { lines, omitStages }: GivenPolicy, rule: PolicyRule): Miss | undefined {
  const { target } = need
  for (const [index, line] of lines.entries()) {
    if (!matches(line, target)) continue
    // It is no loss that the rule does not see those for whom it does not hold.
    if (line.who.length > 0 && !line.who.some((user) => canHold(rule, target, user))) continue
    const where = `line ${index + 1}, level ${line.level}`
    const omitted = [...omitStages, ...line.omitStages]
    const isPartial = line.narrowed !== undefined
    const whom = isPartial ? ` of ${line.narrowed}` : ''
    if (isBelow(line.level, need.level)) return { target, reason: `${whom}: ${lacking(need, line.level)} (${where})`, isPartial }
    const lost = need.stages.filter((stage) => omitted.includes(stage))
    // A rule for any stage loses nothing by one; a rule for some does.
    const isLoss = lost.length === need.stages.length || (lost.length > 0 && need.stages.length < stages.length)
    if (isLoss)
      return {
        target,
        reason: `${whom}: stage ${lost.join(', ')} is omitted (${where})`,
        isPartial: isPartial || lost.length < need.stages.length,
      }
    if (!isPartial) return undefined
  }
  return lines.some((line) => line.narrowed === undefined && matches(line, target))
    ? undefined
    : { target, reason: ': no line is about it', isPartial: false }
}

function lacking({ fields, level }: Need, given: Level): string {
  if (given === 'None') return 'not recorded'
  return `${fields.length > 0 ? fields.join(', ') : 'what the rule asks for'} needs level ${level}`
}

function matches(line: GivenLine, { resource, subresource, verb }: Target): boolean {
  if (line.verbs.length > 0 && !line.verbs.includes(verb) && !line.verbs.includes('*')) return false
  if (line.resources.length === 0) return line.nonResourceURLs.length === 0
  if (resource === undefined && subresource === '') return false
  const group = resource === undefined ? '' : (groupOf(resource) ?? undefined)
  const names = [
    `${resource ?? '*'}${subresource === '' ? '' : `/${subresource}`}`,
    ...(subresource === '' ? ['*'] : [`*/${subresource}`, `${resource}/*`]),
  ]
  return line.resources.some((each) => {
    const isGroup = group === undefined ? true : each.group === group
    return isGroup && (each.resources.length === 0 || names.some((name) => each.resources.includes(name)))
  })
}

// Verbs of one target, and targets with the same verbs, are told together where the reason is the same.
function summary(misses: readonly Miss[]): string[] {
  const nameOf = ({ resource, subresource }: Target) => `${resource ?? 'any other resource'}${subresource === '' ? '' : `/${subresource}`}`
  const byTarget = Map.groupBy(misses, ({ target, reason }) => `${nameOf(target)}${reason}`)
  const parts = [...byTarget.values()].map((same) => ({
    name: same[0] ? nameOf(same[0].target) : '',
    verbs: same.map(({ target }) => target.verb).join(', '),
    reason: same[0]?.reason ?? '',
  }))
  const byVerbs = Map.groupBy(parts, ({ verbs, reason }) => `${verbs} ${reason}`)
  return [...byVerbs.values()].map((same) => `${same[0]?.verbs} ${same.map(({ name }) => name).join(', ')}${same[0]?.reason}`)
}

// -------------------------------------------------------------------------------------------------- reading

function readPolicy(document: unknown): GivenPolicy {
  const policy = asMap(document, 'a policy')
  if (policy.kind !== 'Policy') throw invalid(`kind is Policy, not ${JSON.stringify(policy.kind)}`)
  if (!Array.isArray(policy.rules)) throw invalid('rules is a list of lines')
  return {
    omitStages: strings(policy.omitStages),
    lines: policy.rules.map((line, index) => readLine(asMap(line, `line ${index + 1}`), index)),
  }
}

function readLine(line: Readonly<Record<string, unknown>>, index: number): GivenLine {
  const level = levels.find((each) => each === line.level)
  if (level === undefined) throw invalid(`the level of line ${index + 1} is one of ${levels.join(', ')}, not ${JSON.stringify(line.level)}`)
  const resources = (Array.isArray(line.resources) ? line.resources : []).map((each: unknown) => {
    const entry = asMap(each, `a resource of line ${index + 1}`)
    return { group: String(entry.group ?? ''), resources: strings(entry.resources), isNarrow: strings(entry.resourceNames).length > 0 }
  })
  const narrowed = [
    ...['users', 'userGroups', 'namespaces'].flatMap((key) => strings(line[key])),
    ...(resources.some(({ isNarrow }) => isNarrow) ? ['some names'] : []),
  ]
  return {
    level,
    resources,
    omitStages: strings(line.omitStages),
    verbs: strings(line.verbs),
    nonResourceURLs: strings(line.nonResourceURLs),
    who: usersOf(line),
    narrowed: narrowed.length === 0 ? undefined : narrowed.slice(0, 3).join(', '),
  }
}

// Groups of users whose names begin alike.
const groupStarts: Readonly<Record<string, string>> = { 'system:nodes': 'system:node:', 'system:serviceaccounts': 'system:serviceaccount:' }

function usersOf(line: Readonly<Record<string, unknown>>): User[] {
  const users = strings(line.users)
  const groups = strings(line.userGroups)
  // A line is for users who are both.
  if (users.length > 0) return users.map((name) => ({ is: name }))
  const starts = groups.map((group) => groupStarts[group] ?? group.replace(/^system:serviceaccounts:(.+)$/, 'system:serviceaccount:$1:'))
  return starts.every((start) => start.startsWith('system:') && start.endsWith(':')) ? starts.map((startsWith) => ({ startsWith })) : []
}

function asMap(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  throw invalid(`${what} is a map`)
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function invalid(message: string): Fault {
  return new Fault('policy-invalid', `this is no audit policy: ${message}`, {
    hint: 'see https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ for what one looks like',
  })
}
