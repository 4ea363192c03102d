import { elements, isObject, type Json, type JsonObject, textOf, texts } from '../shared/json.ts'
import type { AuditEvent } from './event.ts'
import { type AuditField, listEach } from './field.ts'

/** The lists of containers that a pod has. */
type ContainerList = 'containers' | 'initContainers' | 'ephemeralContainers'

const nouns: Readonly<Record<ContainerList, string>> = {
  containers: 'containers',
  initContainers: 'init containers',
  ephemeralContainers: 'ephemeral containers',
}

/** `ka.req.pod.containers.*` and the same for the other lists of containers. */
export function containerFields(list: ContainerList): readonly AuditField[] {
  const rows = list === 'ephemeralContainers' ? commonRows : [...commonRows, hostPort]
  return rows.map(([suffix, help, textsOf]) =>
    listEach(
      `ka.req.pod.${list}.${suffix}`,
      help.replace('CONTAINERS', `${nouns[list]} of the pod that is asked for`),
      (event) => containersOf(event, list),
      textsOf,
    ),
  )
}

/** The containers of the pod, or of the template of pods, that the request is about. */
export function containersOf(event: AuditEvent, list: ContainerList): readonly JsonObject[] {
  const own = event.podSpec?.[list]
  // Up to Kubernetes 1.21, a request for ephemeral containers was an object of nothing else.
  const found = own ?? (list === 'ephemeralContainers' ? event.audit?.requestObject?.ephemeralContainers : undefined)
  return elements(found).filter(isObject)
}

/** An image without its tag and digest: `registry:5000/team/app` of `registry:5000/team/app:1.2@sha256:...`. */
export function repositoryOf(image: string): string {
  const at = image.indexOf('@')
  const name = at < 0 ? image : image.slice(0, at)
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon < 0 ? name : name.slice(0, colon)
}

type Row = readonly [suffix: string, help: string, textsOf: (container: JsonObject, event: AuditEvent) => readonly string[]]

const commonRows: readonly Row[] = [
  ['name', 'Names of the CONTAINERS.', ({ name }) => texts(name)],
  ['image', 'Images of the CONTAINERS.', ({ image }) => texts(image)],
  ['image.repository', 'Images of the CONTAINERS, without tag and digest.', ({ image }) => texts(image).map(repositoryOf)],
  ['command', 'Commands of the CONTAINERS, word by word.', ({ command }) => texts(command)],
  ['args', 'Arguments of the CONTAINERS.', ({ args }) => texts(args)],
  ['privileged', 'Whether the CONTAINERS are privileged, where they say so.', security('privileged')],
  [
    'allow_privilege_escalation',
    'Whether the CONTAINERS may gain more privileges than their parent, where they say so.',
    security('allowPrivilegeEscalation'),
  ],
  ['read_only_fs', 'Whether the root file systems of the CONTAINERS are read-only, where they say so.', security('readOnlyRootFilesystem')],
  ['run_as_user', 'User ids that the CONTAINERS ask to run as.', security('runAsUser')],
  ['eff_run_as_user', 'User ids that the CONTAINERS start with: their own, else that of the pod, else 0.', effective('runAsUser')],
  ['run_as_group', 'Group ids that the CONTAINERS ask to run as.', security('runAsGroup')],
  ['eff_run_as_group', 'Group ids that the CONTAINERS start with: their own, else that of the pod, else 0.', effective('runAsGroup')],
  ['proc_mount', 'How /proc is mounted in the CONTAINERS, where they say so.', security('procMount')],
  ['add_capabilities', 'Capabilities that are added to the CONTAINERS.', addedCapabilities],
]

const hostPort: Row = [
  'host_port',
  'Ports of the host that the CONTAINERS take.',
  ({ ports }) => elements(ports).flatMap((port) => (isObject(port) ? texts(port.hostPort) : [])),
]

function security(key: string): Row[2] {
  return (container) => texts(securityOf(container)?.[key])
}

function effective(key: 'runAsUser' | 'runAsGroup'): Row[2] {
  return (container, event) => [textOf(securityOf(container)?.[key]) ?? textOf(event.podSpec?.securityContext?.[key]) ?? '0']
}

function addedCapabilities(container: JsonObject): readonly string[] {
  const capabilities = securityOf(container)?.capabilities
  return isObject(capabilities) ? texts(capabilities.add) : []
}

export function securityOf({ securityContext }: JsonObject): JsonObject | undefined {
  return isObject(securityContext as Json) ? (securityContext as JsonObject) : undefined
}
