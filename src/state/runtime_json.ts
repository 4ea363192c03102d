import { toByteString, toUnicode } from '../base/text.ts'
import type { Container, Mount } from '../event/container.ts'
import { emptyContainer } from './containers.ts'

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
  container.isPrivileged = typeof host.Privileged === 'boolean' ? host.Privileged : undefined
  container.startTs = timeOf(objectOf(top.State).StartedAt) ?? timeOf(top.Created)
  container.ip = ipOf(objectOf(top.NetworkSettings))
  return { ...container, labels: labelsOf(inner.Labels), mounts: mountsOf(top.Mounts ?? top.MountPoints) }
}

// Names that the Kubernetes runtimes give what they write into a bundle's annotations: containerd's and CRI-O's.
const annotations = {
  name: ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name', 'io.kubernetes.cri-o.Name', 'nerdctl/name'],
  image: ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'io.kubernetes.cri-o.UserRequestedImage'],
  manager: ['io.container.manager'],
} as const

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
  return { ...container, labels: labelsOf(notes), mounts: mountsOf(top.mounts) }
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
  container.isPrivileged = typeof told.privileged === 'boolean' ? told.privileged : undefined
  container.ip = shownText(told.ip)
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

/** Splits `registry:5000/team/app:tag@sha256:digest`. */
export function splitImage(image: string): { repository: string; tag: string | undefined; digest: string | undefined } {
  const at = image.indexOf('@')
  const digest = at < 0 ? undefined : image.slice(at + 1)
  const name = at < 0 ? image : image.slice(0, at)
  const colon = name.lastIndexOf(':')
  if (colon < 0 || name.includes('/', colon)) return { repository: name, tag: digest === undefined ? 'latest' : undefined, digest }
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1), digest }
}

function setImage(container: Container, image: string | undefined): void {
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

function shownText(value: unknown): string | undefined {
  return textOf(value) || undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? toByteString(value) : undefined
}
