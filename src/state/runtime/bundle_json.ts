import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { setImage } from './image_name.ts'
import { bundleMounts } from './mounts.ts'
import { type Json, labelsOf, listOf, objectOf, parse, shownText, textOf, textsOf } from './values.ts'

// Names that the Kubernetes runtimes give what they write into a bundle's annotations: containerd's and CRI-O's.
const annotations = {
  name: [
    'io.kubernetes.cri.container-name',
    'io.kubernetes.container.name',
    'io.kubernetes.cri-o.Name',
    'nerdctl/name',
    'io.kubernetes.cri.sandbox-name',
  ],
  image: ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'io.kubernetes.cri-o.UserRequestedImage'],
  manager: ['io.container.manager'],
  sandbox: ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'],
  ip: ['io.kubernetes.cri-o.IP.0'],
  cni: ['io.kubernetes.cri-o.CNIResult'],
} as const

// What CRI-O notes of the labels that the kubelet gave.
const crioLabels = 'io.kubernetes.cri-o.Labels'

// Labels that the kubelet gives, by the annotations that containerd and CRI-O keep them in.
const kubeletLabels: Readonly<Record<string, readonly string[]>> = {
  'io.kubernetes.pod.name': ['io.kubernetes.cri.sandbox-name'],
  'io.kubernetes.pod.namespace': ['io.kubernetes.cri.sandbox-namespace'],
  'io.kubernetes.pod.uid': ['io.kubernetes.cri.sandbox-uid'],
}

/** A container as its OCI bundle tells it: what runs, and the annotations of the runtime above. */
export function parseBundle(fullId: string, type: string, bundle: unknown): Container {
  const top = objectOf(bundle)
  const notes = objectOf(top.annotations)
  const find = (keys: readonly string[]) => keys.map((key) => shownText(notes[key])).find((text) => text !== undefined)
  const manager = find(annotations.manager)
  const container = emptyContainer(fullId, manager === 'libpod' ? 'podman' : (manager ?? type))
  container.name = find(annotations.name)
  setImage(container, find(annotations.image))
  container.sandboxId = find(annotations.sandbox)
  container.ip = find(annotations.ip)
  container.cniJson = cniText(parse(find(annotations.cni)))
  const process = objectOf(top.process)
  const linux = objectOf(top.linux)
  container.isPrivileged = bundle === undefined ? undefined : isPrivileged(process, linux)
  container.env = textsOf(process.env)
  const kinds = namespacesOf(linux.namespaces)
  container.isHostPid = kinds && !kinds.has('pid')
  container.isHostNetwork = kinds && !kinds.has('network')
  container.isHostIpc = kinds && !kinds.has('ipc')
  return { ...container, labels: notedLabels(notes), mounts: bundleMounts(top.mounts, textOf(linux.rootfsPropagation) ?? '') }
}

/** Labels of the kubelet's, from a bundle's annotations. */
export function notedLabels(notes: Json): Map<string, string> {
  const labels = labelsOf(parse(typeof notes[crioLabels] === 'string' ? notes[crioLabels] : undefined))
  for (const [label, keys] of Object.entries(kubeletLabels)) {
    const noted = [label, ...keys].map((key) => textOf(notes[key])).find((text) => text !== undefined)
    if (noted !== undefined) labels.set(label, noted)
  }
  return labels
}

/** The interfaces of a pod as its network plugin told them, as JSON without what only machines want to know of them. */
export function cniText(result: unknown): string | undefined {
  const { Interfaces, interfaces, ips } = objectOf(result)
  if (Interfaces === undefined) return interfaces === undefined && ips === undefined ? undefined : textOf(JSON.stringify(result))
  const shown = Object.entries(objectOf(Interfaces)).flatMap(([name, each]) => (name === 'lo' ? [] : [[name, withoutMachine(each)]]))
  return textOf(JSON.stringify(Object.fromEntries(shown)))
}

function withoutMachine(value: unknown): Json {
  const { Mac: _mac, Sandbox: _sandbox, ...rest } = objectOf(value)
  return rest
}

/** Namespaces of its own, by their kinds; undefined where a bundle does not tell. */
function namespacesOf(list: unknown): ReadonlySet<string> | undefined {
  return Array.isArray(list) ? new Set(listOf(list).map((each) => textOf(objectOf(each).type) ?? '')) : undefined
}

// All capabilities and no masked paths: what the runtimes mean by privileged.
function isPrivileged(process: Json, linux: Json): boolean {
  const effective = objectOf(process.capabilities).effective
  const masked = linux.maskedPaths
  const hasAdmin = Array.isArray(effective) && effective.includes('CAP_SYS_ADMIN') && effective.includes('CAP_SYS_MODULE')
  return hasAdmin && (!Array.isArray(masked) || masked.length === 0)
}
