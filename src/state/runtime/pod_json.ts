import { toUnicode } from '../../base/text.ts'
import type { Container } from '../../event/container.ts'
import { cniText, notedLabels } from './bundle_json.ts'
import { labelsOf, listOf, objectOf, parse, shownText, textOf, textsOf } from './values.ts'

/** What is known of a pod, by the sandbox that the runtime keeps for it. */
export interface PodSandbox {
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly ip: string | undefined
  readonly cniJson: string | undefined
}

// What kubectl apply was given: the kubelet tells the runtime nothing of its probes.
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const podNames: readonly string[] = ['io.kubernetes.pod.name', 'io.kubernetes.pod.namespace', 'io.kubernetes.pod.uid']

/** The container with what its pod tells of it. */
export function inPod(container: Container, sandboxId: string, pod: PodSandbox | undefined): Container {
  if (pod === undefined) return { ...container, sandboxId }
  const labels = new Map(container.labels)
  for (const name of podNames) {
    const told = pod.labels.get(name)
    if (told !== undefined && !labels.has(name)) labels.set(name, told)
  }
  const ip = container.ip ?? pod.ip
  return { ...container, sandboxId, labels, podLabels: pod.labels, ip, cniJson: pod.cniJson, ...probesOf(container.name, pod) }
}

/** A pod as containerd's own notes of its sandbox tell it (JSON of the extension of the sandbox's container). */
export function parseSandbox(json: string): PodSandbox | undefined {
  const told = objectOf(objectOf(parse(json)).Metadata)
  const config = objectOf(told.Config)
  if (told.ID === undefined) return undefined
  return {
    labels: labelsOf(config.labels),
    annotations: labelsOf(config.annotations),
    ip: shownText(told.IP),
    cniJson: cniText(told.CNIResult),
  }
}

/** The same by the bundle of the pod's own container, as CRI-O writes it. */
export function parseSandboxBundle(bundle: unknown): PodSandbox {
  const notes = objectOf(objectOf(bundle).annotations)
  const jsonOf = (key: string) => parse(typeof notes[key] === 'string' ? notes[key] : undefined)
  return {
    labels: notedLabels(notes),
    annotations: labelsOf(jsonOf('io.kubernetes.cri-o.Annotations')),
    ip: shownText(notes['io.kubernetes.cri-o.IP.0']),
    cniJson: cniText(jsonOf('io.kubernetes.cri-o.CNIResult')),
  }
}

function probesOf(name: string | undefined, { annotations }: PodSandbox): Partial<Container> {
  const applied = annotations.get(lastApplied)
  if (applied === undefined) return {}
  const spec = objectOf(objectOf(parse(toUnicode(applied))).spec)
  const found = listOf(spec.containers)
    .map(objectOf)
    .find((each) => textOf(each.name) === name)
  return { livenessProbe: commandOf(found?.livenessProbe), readinessProbe: commandOf(found?.readinessProbe) }
}

function commandOf(probe: unknown): string | undefined {
  return textsOf(objectOf(objectOf(probe).exec).command).join(' ') || undefined
}
