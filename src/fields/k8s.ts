import type { Container } from '../event/container.ts'
import type { Event } from '../event/event.ts'
import type { EventField, FieldClass } from './field.ts'
import { labelsText, ofContainer } from './shared/container.ts'

const podName = 'io.kubernetes.pod.name'
const podNamespace = 'io.kubernetes.pod.namespace'
const podUid = 'io.kubernetes.pod.uid'
const sandboxId = 'io.kubernetes.sandbox.id'
const shortIdDigits = 12

const templateHash = 'pod-template-hash'

// Deployments name their replica sets, and these their pods, with the hash that is a label of the pod.
const owners: Readonly<Record<string, (pod: string, hash: string) => string | undefined>> = {
  rs: (pod, hash) => (pod.includes(`-${hash}-`) ? pod.slice(0, pod.lastIndexOf('-')) : undefined),
  deployment: (pod, hash) => {
    const at = pod.lastIndexOf(`-${hash}-`)
    return at > 0 ? pod.slice(0, at) : undefined
  },
}

const fields: readonly EventField[] = [
  { ...ofLabel('k8s.pod.name', 'Name of the pod that the container belongs to.', podName), flags: ['suggested_output'] },
  { ...ofLabel('k8s.ns.name', 'Namespace of the pod.', podNamespace), flags: ['suggested_output'] },
  ofLabel('k8s.pod.id', 'Uid of the pod; the old name of k8s.pod.uid.', podUid),
  ofLabel('k8s.pod.uid', 'Uid of the pod.', podUid),
  {
    name: 'k8s.pod.sandbox_id',
    type: 'CHARBUF',
    help: "First 12 digits of the id of the pod's sandbox.",
    get: ofContainer((container) => sandboxOf(container)?.slice(0, shortIdDigits), ''),
  },
  { name: 'k8s.pod.full_sandbox_id', type: 'CHARBUF', help: "Id of the pod's sandbox in full.", get: ofContainer(sandboxOf, '') },
  {
    name: 'k8s.pod.label',
    type: 'CHARBUF',
    arg: { required: true, kind: 'key' },
    help: 'Label of the pod that the argument names, as far as the runtime tells it.',
    at: (key) => (e) => podLabelOf(e.thread?.container, key),
  },
  {
    name: 'k8s.pod.labels',
    type: 'CHARBUF',
    help: 'All labels of the pod but those of Kubernetes, as key:value texts with commas between, as far as the runtime tells them.',
    get: ofContainer((container) => (isInPod(container) ? labelsText(podLabelsOf(container)) : undefined), ''),
  },
  {
    name: 'k8s.pod.ip',
    type: 'CHARBUF',
    help: 'Address of the pod.',
    get: ofContainer((container) => (isInPod(container) ? container.ip : undefined), ''),
  },
  {
    name: 'k8s.pod.cni.json',
    type: 'CHARBUF',
    help: 'Interfaces and addresses of the pod, as its network plugin told them, as JSON.',
    get: ofContainer((container) => (isInPod(container) ? container.cniJson : undefined), ''),
  },
  notTold('k8s.ns.id', 'Uid of the namespace; asks for k8smeta.', ['deprecated']),
  labelNotTold('k8s.ns.label', 'Label of the namespace; asks for k8smeta.'),
  notTold('k8s.ns.labels', 'Labels of the namespace; asks for k8smeta.', ['deprecated']),
  ...['rc', 'svc', 'rs', 'deployment'].flatMap(ownerFields),
]

/** `k8s`: which pod the process belongs to. */
export const k8sClass: FieldClass = { name: 'k8s', description: 'The pod that the container belongs to.', fields }

function sandboxOf({ sandboxId: told, labels }: Container): string | undefined {
  return told ?? labels.get(sandboxId)
}

function isInPod(container: Container): boolean {
  return container.labels.has(podName) || sandboxOf(container) !== undefined
}

// Where a runtime does not tell those of pods, the container's hold the most of them.
function podLabelsOf({ podLabels, labels }: Container): ReadonlyMap<string, string> {
  return podLabels.size > 0 ? podLabels : labels
}

function podLabelOf(container: Container | undefined, key: string): string | undefined {
  return container && podLabelsOf(container).get(key)
}

function ofLabel(name: string, help: string, key: string): EventField {
  return { name, type: 'CHARBUF', help, get: (event) => event.thread?.container?.labels.get(key) }
}

function ownerName(kind: string, what: string): EventField {
  const name = `k8s.${kind}.name`
  const find = owners[kind]
  if (find === undefined) return notTold(name, `${what}; asks for k8smeta.`, ['deprecated'])
  const get = (event: Event) => {
    const container = event.thread?.container
    const pod = container?.labels.get(podName)
    const hash = podLabelOf(container, templateHash)
    return pod === undefined || hash === undefined ? undefined : find(pod, hash)
  }
  return { name, type: 'CHARBUF', flags: ['deprecated'], help: `${what}, from the labels of a pod that a deployment made.`, get }
}

// Who else owns a pod is known to the API server only.
function ownerFields(kind: string): EventField[] {
  const names: Readonly<Record<string, string>> = {
    rc: 'replication controller',
    svc: 'service',
    rs: 'replica set',
    deployment: 'deployment',
  }
  const owner = names[kind]
  return [
    ownerName(kind, `Name of the ${owner} of the pod`),
    notTold(`k8s.${kind}.id`, `Uid of the ${owner} of the pod; asks for k8smeta.`, ['deprecated']),
    labelNotTold(`k8s.${kind}.label`, `Label of the ${owner} of the pod; asks for k8smeta.`),
    notTold(`k8s.${kind}.labels`, `Labels of the ${owner} of the pod; asks for k8smeta.`, ['deprecated']),
  ]
}

function notTold(name: string, help: string, flags: EventField['flags'] = []): EventField {
  return { name, type: 'CHARBUF', flags, help, get: () => undefined, ofKind: () => ({ value: undefined }) }
}

function labelNotTold(name: string, help: string): EventField {
  return { name, type: 'CHARBUF', flags: ['deprecated'], arg: { required: true, kind: 'key' }, help, at: () => () => undefined }
}
