import { groupOf } from './groups.ts'
import { highest, isBelow, type Level, levels } from './level.ts'
import { canHoldOnPath, type Need, needsOf, type PolicyRule, type Stage, stages, type Target, type User, verbs } from './needs.ts'

/** A line of a policy; what is left out matches all. */
export interface PolicyLine {
  readonly level: Level
  /** Why it is there, a sentence each. */
  readonly reasons: readonly string[]
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  /** Resources by their API group. */
  readonly resources?: ReadonlyMap<string, readonly string[]>
  readonly nonResourceURLs?: readonly string[]
}

export interface Policy {
  readonly lines: readonly PolicyLine[]
  readonly omitStages: readonly Stage[]
  /** What the reader has to know besides. */
  readonly notes: readonly string[]
}

/** `needed`: what conditions ask for and alerts show; `minimal`: what conditions ask for; `full`: all but noise and secrets. */
export type Extent = 'needed' | 'minimal' | 'full'

/** Makes the policy that records what the rules need, at the lowest level that will do. */
export function makePolicy(rules: readonly PolicyRule[], extent: Extent): Policy {
  const needs = needsOf(rules)
  const levelIn = (need: Need) => (extent === 'minimal' ? need.level : need.shownLevel)
  const others = needs.filter(({ target }) => target.resource === undefined && target.subresource === '')
  // What a rule wants of any resource needs no word about this one.
  const general = new Set(others.map(({ rule, target }) => `${target.verb} ${rule}`))
  const named = needs.filter(({ rule, target }) => !general.has(`${target.verb} ${rule}`))
  const unknown = new Set<string>()
  const specific = extent === 'full' ? fullLines(needs) : specificLines(named, levelIn, unknown)
  const rest =
    extent === 'full'
      ? [catchAll('RequestResponse', ['Everything else, with what was asked for and answered.'])]
      : otherLines(others, levelIn)
  const noise = rest.length === 0 ? [] : noiseLines(rules, extent)
  return {
    lines: [...specific, ...noise, ...rest],
    omitStages: omittedStages(needs),
    notes: [...unknown].map((resource) => `The API group of '${resource}' is not known: put it where it says GROUP.`),
  }
}

// ------------------------------------------------------------------------------------------------- what rules name

type LevelIn = (need: Need) => Level

// One line for each level and set of verbs: requests of one target are in one line only, so that their order does not matter.
function specificLines(needs: readonly Need[], levelIn: LevelIn, unknown: Set<string>): PolicyLine[] {
  const byTarget = Map.groupBy(needs, ({ target }) => targetName(target))
  const parts = [...byTarget].flatMap(([name, own]) => {
    const byVerb = Map.groupBy(own, ({ target }) => target.verb)
    const levelOfVerb = new Map([...byVerb].map(([verb, all]) => [verb, highest(all.map(levelIn))]))
    return [...Map.groupBy(levelOfVerb, ([, level]) => level)].map(([level, entries]) => {
      const used = entries.map(([verb]) => verb)
      return { name, target: own[0]?.target, level, verbs: used, needs: own.filter(({ target }) => used.includes(target.verb)) }
    })
  })
  const lines = [...Map.groupBy(parts, ({ level, verbs: used }) => `${level} ${used.join(' ')}`).values()].map((same): PolicyLine => {
    const [first] = same
    const level = first?.level ?? 'None'
    const used = first?.verbs ?? []
    const all = same.flatMap((part) => part.needs)
    return {
      level,
      reasons: reasonsOf(all, level, levelIn),
      ...(used.length < verbs.length && { verbs: used }),
      resources: byGroup(
        same.flatMap(({ target }) => target ?? []),
        unknown,
      ),
    }
  })
  return lines.sort((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level))
}

function targetName({ resource, subresource }: Target): string {
  return subresource === '' ? (resource ?? '*') : `${resource ?? '*'}/${subresource}`
}

function byGroup(targets: readonly Target[], unknown: Set<string>): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const target of targets) {
    const group = target.resource === undefined ? '' : groupOf(target.resource)
    if (group === undefined) unknown.add(target.resource ?? '')
    const key = group ?? 'GROUP'
    found.set(key, [...(found.get(key) ?? []), targetName(target)].sort())
  }
  return found
}

function reasonsOf(needs: readonly Need[], level: Level, levelIn: LevelIn): string[] {
  const byRule = Map.groupBy(needs, ({ rule }) => rule)
  return [...byRule].map(([rule, own]) => {
    const asks = own.find((need) => need.level === level && need.level !== 'Metadata')
    if (asks) return `${rule}: asks for ${asks.fields.join(', ')}`
    const isShown = own.some((need) => levelIn(need) === level && isBelow(need.level, level))
    return isShown ? `${rule}: its alerts show it` : rule
  })
}

// ------------------------------------------------------------------------------------------------ what they leave open

function otherLines(needs: readonly Need[], levelIn: LevelIn): PolicyLine[] {
  if (needs.length === 0) return []
  const level = highest(needs.map(levelIn))
  const used = verbs.filter((verb) => needs.some(({ target }) => target.verb === verb))
  const line = catchAll(
    level,
    reasonsOf(needs, level, levelIn).map((reason) => `${reason} (of any resource)`),
  )
  return [used.length < verbs.length ? { ...line, verbs: used } : line]
}

function catchAll(level: Level, reasons: readonly string[]): PolicyLine {
  return { level, reasons }
}

interface Noise {
  readonly user: User
  readonly line: Omit<PolicyLine, 'level' | 'reasons'>
  readonly who: string
}

// Who makes most of the requests of a cluster that nobody does anything about.
const noises: readonly Noise[] = [
  ...['system:apiserver', 'system:kube-controller-manager', 'system:kube-proxy', 'system:kube-scheduler'].map((name) => ({
    user: { is: name },
    line: { users: [name] },
    who: name,
  })),
  { user: { startsWith: 'system:node:' }, line: { userGroups: ['system:nodes'] }, who: 'nodes' },
  { user: { startsWith: 'system:serviceaccount:' }, line: { userGroups: ['system:serviceaccounts'] }, who: 'service accounts' },
  {
    user: { startsWith: 'system:serviceaccount:kube-system:' },
    line: { userGroups: ['system:serviceaccounts:kube-system'] },
    who: 'service accounts of kube-system',
  },
]

const healthPaths = ['/healthz', '/livez', '/readyz']

function noiseLines(rules: readonly PolicyRule[], extent: Extent): PolicyLine[] {
  const isOther = ({ target }: Need) => target.resource === undefined && target.subresource === ''
  const silent = extent === 'full' ? [] : noises.filter(({ user }) => !needsOf(rules, user).some(isOther))
  const isProbeNeeded = healthPaths.some((path) => rules.some((rule) => canHoldOnPath(rule, path, { is: 'system:anonymous' })))
  return [
    ...mergeUsers(silent),
    ...(isProbeNeeded
      ? []
      : [
          {
            level: 'None' as const,
            reasons: ['No rule asks for checks of health.'],
            users: ['system:anonymous'],
            nonResourceURLs: healthPaths.map((path) => `${path}*`),
          },
        ]),
  ]
}

function mergeUsers(silent: readonly Noise[]): PolicyLine[] {
  const users = silent.flatMap(({ line }) => line.users ?? [])
  const groups = silent.flatMap(({ line }) => line.userGroups ?? [])
  const all = groups.includes('system:serviceaccounts') ? groups.filter((group) => group !== 'system:serviceaccounts:kube-system') : groups
  return [
    ...(users.length === 0 ? [] : [{ level: 'None' as const, reasons: ['No rule asks for anything else that these do.'], users }]),
    ...(all.length === 0 ? [] : [{ level: 'None' as const, reasons: ['No rule asks for anything else that these do.'], userGroups: all }]),
  ]
}

// A stage that no rule needs, as each can hold at a later one.
function omittedStages(needs: readonly Need[]): Stage[] {
  const isNeeded = (stage: Stage) => needs.some((need) => need.stages.includes(stage) && need.stages[need.stages.length - 1] === stage)
  return needs.length === 0 || !isNeeded('RequestReceived') ? stages.filter((stage) => stage === 'RequestReceived') : []
}

// ----------------------------------------------------------------------------------------------------------- all

// Bodies of these hold what should not be written to a log, or are of no use there.
const withoutBodies = ['configmaps', 'secrets', 'serviceaccounts/token', 'tokenreviews']

function fullLines(needs: readonly Need[]): PolicyLine[] {
  const asked = new Map<string, Level>()
  for (const { target, level } of needs) {
    const name = targetName(target)
    asked.set(name, highest([level, asked.get(name) ?? 'Metadata']))
  }
  const byLevel = Map.groupBy(withoutBodies, (name) => asked.get(name) ?? 'Metadata')
  return [...byLevel].map(([level, names]) => ({
    level,
    reasons: [level === 'Metadata' ? 'What they hold is secret.' : 'What they hold may be secret, but rules ask for it.'],
    resources: Map.groupBy(names, (name) => groupOf(name.replace(/\/.*/, '')) ?? ''),
  }))
}
