import type { EventField, FieldClass } from './field.ts'

// What the API server knows of a pod and its owners comes with a collector in the cluster. Without one these have no value,
// so that rules which name them load, and hold nowhere.
const owners = [
  ['pod', 'pod'],
  ['ns', 'namespace of the pod'],
  ['deployment', 'deployment of the pod'],
  ['svc', 'services of the pod'],
  ['rs', 'replica set of the pod'],
  ['rc', 'replication controller of the pod'],
] as const

const fields: readonly EventField[] = owners.flatMap(([key, owner]) => [
  noText(`k8smeta.${key}.name`, `Name of the ${owner}, from the collector.`),
  noText(`k8smeta.${key}.uid`, `Uid of the ${owner}, from the collector.`),
  {
    name: `k8smeta.${key}.label`,
    type: 'CHARBUF',
    arg: { required: true, kind: 'key' },
    help: `Label of the ${owner} that the argument names, from the collector.`,
    at: () => () => undefined,
  },
  noText(`k8smeta.${key}.labels`, `All labels of the ${owner}, from the collector.`),
  ...(key === 'pod' ? [noText('k8smeta.pod.ip', 'Address of the pod, from the collector.')] : []),
])

/** `k8smeta`: the pod as the API server knows it. */
export const k8smetaClass: FieldClass = { name: 'k8smeta', description: 'The pod and its owners, as the API server knows them.', fields }

function noText(name: string, help: string): EventField {
  return { name, type: 'CHARBUF', help, get: () => undefined, ofKind: () => ({ value: undefined }) }
}
