import { toByteString, toUnicode } from '../../base/text.ts'
import type { Container, Mount } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'

type Json = { readonly [key: string]: unknown }

/** A container as Docker's config.v2.json and hostconfig.json tell it, or (in one) the answer of its API. */
export function parseDocker(fullId: string, config: unknown, hostConfig: unknown): Container {
  const top = objectOf(config)
  const inner = objectOf(top.Config)
  const host = objectOf(hostConfig ?? top.HostConfig)
  const container = emptyContainer(fullId, 'docker')
  container.name = textOf(top.Name)?.replace(/^\//, '')
  container.imageId = textOf(top.Image)
    ?.replace(/^sha256:/, '')
    .slice(0, 12)
  setImage(container, textOf(inner.Image))
  container.isPrivileged = booleanOf(host.Privileged)
  container.startTs = timeOf(objectOf(top.State).StartedAt) ?? timeOf(top.Created)
  container.ip = ipOf(objectOf(top.NetworkSettings))
  container.isHostPid = isHost(host.PidMode)
  container.isHostNetwork = isHost(host.NetworkMode)
  container.isHostIpc = isHost(host.IpcMode)
  container.healthcheck = healthcheckOf(objectOf(inner.Healthcheck).Test)
  return { ...container, labels: labelsOf(inner.Labels), mounts: mountsOf(top.Mounts ?? top.MountPoints) }
}

function isHost(mode: unknown): boolean | undefined {
  return typeof mode === 'string' ? mode === 'host' : undefined
}

// CMD and words, or CMD-SHELL and a line for the shell.
function healthcheckOf(test: unknown): string | undefined {
  if (!Array.isArray(test)) return undefined
  const [kind, ...words] = test.map((word) => textOf(word) ?? '')
  if (kind === 'CMD') return words.join(' ')
  if (kind === 'CMD-SHELL') return `/bin/sh -c ${words.join(' ')}`
  return kind === 'NONE' ? 'NONE' : undefined
}

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
} as const

// Labels that the kubelet gives, by the annotations that containerd and CRI-O keep them in.
const kubeletLabels: Readonly<Record<string, readonly string[]>> = {
  'io.kubernetes.pod.name': ['io.kubernetes.cri.sandbox-name'],
  'io.kubernetes.pod.namespace': ['io.kubernetes.cri.sandbox-namespace'],
  'io.kubernetes.pod.uid': ['io.kubernetes.cri.sandbox-uid'],
  'io.kubernetes.sandbox.id': ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'],
}

/** A container as its OCI bundle tells it: what runs, and the annotations of the runtime above. */
export function parseBundle(fullId: string, type: string, bundle: unknown): Container {
  const top = objectOf(bundle)
  const notes = objectOf(top.annotations)
  const find = (keys: readonly string[]) => keys.map((key) => textOf(notes[key])).find((text) => text !== undefined)
  const manager = find(annotations.manager)
  const container = emptyContainer(fullId, manager === 'libpod' ? 'podman' : (manager ?? type))
  container.name = find(annotations.name)
  setImage(container, find(annotations.image))
  container.isPrivileged = isPrivileged(objectOf(top.process), objectOf(top.linux))
  const kinds = namespacesOf(objectOf(top.linux).namespaces)
  container.isHostPid = kinds && !kinds.has('pid')
  container.isHostNetwork = kinds && !kinds.has('network')
  container.isHostIpc = kinds && !kinds.has('ipc')
  const labels = labelsOf(notes)
  for (const [label, keys] of Object.entries(kubeletLabels)) {
    const known = labels.get(label) ?? keys.map((key) => labels.get(key)).find((text) => text !== undefined)
    if (known !== undefined) labels.set(label, known)
  }
  return { ...container, labels, mounts: mountsOf(top.mounts) }
}

/** Namespaces of its own, by their kinds; undefined where a bundle does not tell. */
function namespacesOf(list: unknown): ReadonlySet<string> | undefined {
  return Array.isArray(list) ? new Set(list.map((each) => textOf(objectOf(each).type) ?? '')) : undefined
}

/** A container as Podman's list (`containers.json`) tells it, with its bundle; undefined where the list does not have it. */
export function parsePodman(fullId: string, list: string, bundle: unknown): Container | undefined {
  const all = parse(list)
  const found = (Array.isArray(all) ? all : []).map(objectOf).find(({ id }) => id === fullId)
  if (found === undefined) return undefined
  const told = objectOf(parse(typeof found.metadata === 'string' ? found.metadata : ''))
  const container = parseBundle(fullId, 'podman', bundle)
  container.name = shownText(told.name) ?? (Array.isArray(found.names) ? shownText(found.names[0]) : undefined)
  setImage(container, shownText(told['image-name']))
  container.imageId = shownText(told['image-id'] ?? found.image)?.slice(0, longestId)
  // Labels are in Podman's database; what a bundle notes is none.
  return { ...container, labels: new Map() }
}

// The numbers by which recordings tell the runtimes.
const runtimeNames = 'docker lxc libvirt-lxc mesos rkt custom cri containerd cri-o bpm static podman'
const runtimeOf: readonly string[] = runtimeNames.split(' ')
const unknownRuntime = 0xffff
const longestId = 12

/** A container as a recording tells it (byte string of JSON); undefined where that is none. */
export function parseListed(json: string): Container | undefined {
  const top = objectOf(parse(toUnicode(json)))
  const told = top.container === undefined ? top : objectOf(top.container)
  const id = shownText(told.id)?.slice(0, longestId)
  if (id === undefined) return undefined
  const container = emptyContainer(shownText(told.full_id) ?? id, runtimeOf[Number(told.type)] ?? '')
  container.name = shownText(told.name)
  container.image = shownText(told.image)
  container.imageId = shownText(told.imageid)
  container.imageRepository = shownText(told.imagerepo)
  container.imageTag = shownText(told.imagetag)
  container.imageDigest = shownText(told.imagedigest)
  container.isPrivileged = booleanOf(told.privileged)
  container.ip = shownText(told.ip)
  container.isHostPid = booleanOf(told.host_pid)
  container.isHostNetwork = booleanOf(told.host_network)
  container.isHostIpc = booleanOf(told.host_ipc)
  container.healthcheck = probeOf(objectOf(told.Healthcheck))
  return { ...container, id, labels: labelsOf(told.labels), mounts: mountsOf(told.Mounts) }
}

/** A container as recordings tell it: what `parseListed` reads. */
export function listedJson(container: Container): string {
  const shown = (text: string | undefined) => toUnicode(text ?? '')
  const type = runtimeOf.indexOf(container.type)
  const told = {
    id: shown(container.id),
    full_id: shown(container.fullId),
    type: type < 0 ? unknownRuntime : type,
    name: shown(container.name),
    image: shown(container.image),
    imageid: shown(container.imageId),
    imagerepo: shown(container.imageRepository),
    imagetag: shown(container.imageTag),
    imagedigest: shown(container.imageDigest),
    ...(container.isPrivileged === undefined ? {} : { privileged: container.isPrivileged }),
    ...(container.isHostPid === undefined ? {} : { host_pid: container.isHostPid }),
    ...(container.isHostNetwork === undefined ? {} : { host_network: container.isHostNetwork }),
    ...(container.isHostIpc === undefined ? {} : { host_ipc: container.isHostIpc }),
    ...(container.healthcheck === undefined ? {} : { Healthcheck: probeJson(shown(container.healthcheck)) }),
    is_pod_sandbox: false,
    ip: shown(container.ip),
    created_time: container.startTs === undefined ? 0 : Number(container.startTs / 1_000_000_000n),
    labels: Object.fromEntries([...container.labels].map(([key, text]) => [shown(key), shown(text)])),
    port_mappings: [],
    Mounts: container.mounts.map(({ source, dest, mode, isWritable, propagation }) => ({
      Source: shown(source),
      Destination: shown(dest),
      Mode: shown(mode),
      RW: isWritable,
      Propagation: shown(propagation),
    })),
  }
  return toByteString(JSON.stringify({ container: told }))
}

// A program and its arguments.
function probeJson(line: string): Json {
  const [exe = '', ...args] = line.split(' ')
  return { exe, args }
}

function probeOf({ exe, args }: Json): string | undefined {
  const first = shownText(exe)
  return first === undefined ? undefined : [first, ...(Array.isArray(args) ? args.map((arg) => textOf(arg) ?? '') : [])].join(' ')
}

/** Splits `registry:5000/team/app:tag@sha256:digest`. */
export function splitImage(image: string): { repository: string; tag: string | undefined; digest: string | undefined } {
  const at = image.indexOf('@')
  const digest = at < 0 ? undefined : image.slice(at + 1)
  const name = at < 0 ? image : image.slice(0, at)
  const colon = name.lastIndexOf(':')
  if (colon < 0 || name.includes('/', colon)) return { repository: name, tag: digest === undefined ? 'latest' : undefined, digest }
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1), digest }
}

/** Sets what the name of an image tells. */
export function setImage(container: Container, image: string | undefined): void {
  if (image === undefined) return
  container.image = image
  const { repository, tag, digest } = splitImage(image)
  container.imageRepository = repository
  container.imageTag = tag
  container.imageDigest = digest
}

// All capabilities and no masked paths: what the runtimes mean by privileged.
function isPrivileged(process: Json, linux: Json): boolean {
  const effective = objectOf(process.capabilities).effective
  const masked = linux.maskedPaths
  const hasAdmin = Array.isArray(effective) && effective.includes('CAP_SYS_ADMIN') && effective.includes('CAP_SYS_MODULE')
  return hasAdmin && (!Array.isArray(masked) || masked.length === 0)
}

function mountsOf(value: unknown): Mount[] {
  const list = Array.isArray(value) ? value : Object.values(objectOf(value))
  return list.map(objectOf).map((mount) => {
    const options = Array.isArray(mount.options) ? mount.options : []
    const isWritable = typeof mount.RW === 'boolean' ? mount.RW : !options.includes('ro')
    return {
      source: textOf(mount.Source ?? mount.source) ?? '',
      dest: textOf(mount.Destination ?? mount.destination) ?? '',
      mode: textOf(mount.Mode ?? mount.Relabel) ?? '',
      isWritable,
      propagation: textOf(mount.Propagation) ?? '',
    }
  })
}

function labelsOf(value: unknown): Map<string, string> {
  const labels = new Map<string, string>()
  for (const [key, text] of Object.entries(objectOf(value))) if (typeof text === 'string') labels.set(toByteString(key), toByteString(text))
  return labels
}

function ipOf(settings: Json): string | undefined {
  const own = textOf(settings.IPAddress)
  if (own) return own
  for (const network of Object.values(objectOf(settings.Networks))) {
    const ip = textOf(objectOf(network).IPAddress)
    if (ip) return ip
  }
  return undefined
}

function timeOf(value: unknown): bigint | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return ms > 0 ? BigInt(ms) * 1_000_000n : undefined
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function shownText(value: unknown): string | undefined {
  return textOf(value) || undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? toByteString(value) : undefined
}
