import type { Value } from '../../condition/field.ts'
import type { Json } from '../shared/json.ts'

// Rules are indexed by kinds of events: here, by the resource and the verb of a request, as far as rules are likely to ask for
// them. Others share the kind 0 of their row or column, in which nothing is decided ahead.

const resources = [
  '',
  'clusterrolebindings',
  'clusterroles',
  'configmaps',
  'cronjobs',
  'customresourcedefinitions',
  'daemonsets',
  'deployments',
  'endpoints',
  'endpointslices',
  'events',
  'ingresses',
  'jobs',
  'leases',
  'mutatingwebhookconfigurations',
  'namespaces',
  'networkpolicies',
  'nodes',
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'replicasets',
  'replicationcontrollers',
  'rolebindings',
  'roles',
  'secrets',
  'selfsubjectaccessreviews',
  'serviceaccounts',
  'services',
  'statefulsets',
  'subjectaccessreviews',
  'tokenreviews',
  'validatingwebhookconfigurations',
] as const
const verbs = ['', 'create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const

const resourceIndexes: ReadonlyMap<Json | undefined, number> = indexesOf(resources)
const verbIndexes: ReadonlyMap<Json | undefined, number> = indexesOf(verbs)

/** The kind of events with this resource and this verb. */
export function kindOf(resource: Json | undefined, verb: Json | undefined): number {
  return (resourceIndexes.get(resource) ?? 0) * verbs.length + (verbIndexes.get(verb) ?? 0)
}

/** The resource of all events of a kind, where they have the same. */
export function resourceOfKind(kind: number): { readonly value: Value } | undefined {
  return named(resources[Math.floor(kind / verbs.length)])
}

export function verbOfKind(kind: number): { readonly value: Value } | undefined {
  return named(verbs[kind % verbs.length])
}

function named(name: string | undefined): { readonly value: Value } | undefined {
  return name === undefined || name === '' ? undefined : { value: name }
}

function indexesOf(names: readonly string[]): Map<Json | undefined, number> {
  return new Map(names.flatMap((name, index) => (name === '' ? [] : [[name, index] as const])))
}
