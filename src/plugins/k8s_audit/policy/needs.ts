import type { Checked } from '../../../condition/checked.ts'
import { type Fact, type Facts, literalsOf, openFields } from './facts.ts'
import { highest, type Level, levelOf } from './level.ts'

/** A rule, as far as a policy is concerned with it. */
export interface PolicyRule {
  readonly name: string
  readonly condition: Checked<never>
  /** Fields that its alerts show, with their arguments. */
  readonly shown: readonly string[]
}

export const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const
export type Verb = (typeof verbs)[number]
export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

/** Where a request goes. */
interface Place {
  /** `pods`; undefined for any that no rule names. */
  readonly resource: string | undefined
  /** `exec`; empty for the object itself. */
  readonly subresource: string
}

/** What a request is for. */
export interface Target extends Place {
  readonly verb: Verb
}

/** That a rule can hold for requests of a target, and what of them it asks for. */
export interface Need {
  readonly rule: string
  readonly target: Target
  /** What its condition needs, and what its alerts show besides. */
  readonly level: Level
  readonly shownLevel: Level
  /** Fields of the condition that need the level. */
  readonly fields: readonly string[]
  /** At which of them it can hold. */
  readonly stages: readonly Stage[]
}

/** Who a request comes from: a name, or how it begins; undefined for anybody. */
export type User = Exclude<Fact, 'other'> | undefined

/** What rules need of the requests of a cluster. */
export function needsOf(rules: readonly PolicyRule[], user?: User): Need[] {
  const places = placesOf(rules)
  return rules.flatMap((rule) =>
    places
      // Most rules are for few places: whether they can hold there at all is soon found out.
      .filter((place) => openFields(rule.condition, { ...placeFacts(place), ...userFact(user) }) !== undefined)
      .flatMap((place) => verbs.flatMap((verb) => needOf(rule, { ...place, verb }, user) ?? [])),
  )
}

/** Whether a rule can hold for requests of a target that come from a user. */
export function canHold(rule: PolicyRule, target: Target, user: User): boolean {
  return needOf(rule, target, user) !== undefined
}

/** Whether a rule can hold for requests with a path that is no resource, such as `/livez`. */
export function canHoldOnPath(rule: PolicyRule, path: string, user: User): boolean {
  const facts = { 'ka.target.resource': { is: undefined }, 'ka.target.subresource': { is: undefined }, 'ka.verb': { is: 'get' } } as const
  return [{ is: path }, { startsWith: `${path}?` }].some((uri) =>
    stages.some(
      (stage) => openFields(rule.condition, { ...facts, ...userFact(user), 'ka.uri': uri, 'ka.stage': { is: stage } }) !== undefined,
    ),
  )
}

function needOf(rule: PolicyRule, target: Target, user: User): Need | undefined {
  const facts = { ...placeFacts(target), ...userFact(user), 'ka.verb': { is: target.verb } }
  if (openFields(rule.condition, facts) === undefined) return undefined
  const possible = stages.flatMap((stage) => {
    const open = openFields(rule.condition, { ...facts, 'ka.stage': { is: stage } })
    return open === undefined ? [] : [{ stage, open }]
  })
  if (possible.length === 0) return undefined
  const open = [...new Set(possible.flatMap((each) => [...each.open]))]
  const level = highest(['Metadata', ...open.map(levelOf)])
  return {
    rule: rule.name,
    target,
    level,
    shownLevel: highest([level, ...shownFields(rule, target).map(levelOf)]),
    fields: level === 'Metadata' ? [] : open.filter((field) => levelOf(field) === level).map((field) => field.replaceAll('"', '')),
    stages: possible.map(({ stage }) => stage),
  }
}

// A name that a request says is no news in the answer. Pods of controllers have none before.
function shownFields({ shown }: PolicyRule, { resource }: Target): readonly string[] {
  return resource !== 'pods' && shown.includes('ka.target.name') ? shown.filter((field) => field !== 'ka.resp.name') : shown
}

function placeFacts({ resource, subresource }: Place): Facts {
  return {
    'ka.target.resource': resource === undefined ? 'other' : { is: resource },
    'ka.target.subresource': { is: subresource === '' ? undefined : subresource },
  }
}

function userFact(user: User): Facts {
  return user === undefined ? {} : { 'ka.user.name': user }
}

// Whose subresources these are; others, such as status, any resource may have.
const owners: Readonly<Record<string, readonly string[]>> = {
  approval: ['certificatesigningrequests'],
  attach: ['pods'],
  binding: ['pods'],
  ephemeralcontainers: ['pods'],
  eviction: ['pods'],
  exec: ['pods'],
  log: ['pods'],
  portforward: ['pods'],
  proxy: ['nodes', 'pods', 'services'],
  token: ['serviceaccounts'],
}

// All resources and subresources that some rule names, and one that none names.
function placesOf(rules: readonly PolicyRule[]): Place[] {
  const named = (field: string) => [...new Set(rules.flatMap(({ condition }) => literalsOf(condition, field)))]
  const subresources = named('ka.target.subresource').sort()
  const resources = [...new Set([...named('ka.target.resource'), ...subresources.flatMap((sub) => owners[sub] ?? [])])].sort()
  return [...resources, undefined].flatMap((resource) =>
    ['', ...subresources]
      .filter((sub) => sub === '' || (owners[sub]?.includes(resource ?? '') ?? true))
      .map((subresource) => ({ resource, subresource })),
  )
}
