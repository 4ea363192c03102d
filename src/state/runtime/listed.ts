import { toByteString, toUnicode } from '../../base/text.ts'
import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { apiMounts } from './mounts.ts'
import { booleanOf, type Json, labelsOf, objectOf, parse, shownText, textOf, textsOf } from './values.ts'

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
  container.cniJson = shownText(told.cni_json)
  container.isHostPid = booleanOf(told.host_pid)
  container.isHostNetwork = booleanOf(told.host_network)
  container.isHostIpc = booleanOf(told.host_ipc)
  container.healthcheck = probeOf(told.Healthcheck)
  container.livenessProbe = probeOf(told.LivenessProbe)
  container.readinessProbe = probeOf(told.ReadinessProbe)
  container.sandboxId = shownText(told.pod_sandbox_id)
  container.podLabels = labelsOf(told.pod_sandbox_labels)
  container.env = textsOf(told.env)
  return { ...container, id, labels: labelsOf(told.labels), mounts: apiMounts(told.Mounts) }
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
    ...optional(container),
    is_pod_sandbox: container.sandboxId !== undefined && container.sandboxId === container.fullId,
    pod_sandbox_id: shown(container.sandboxId),
    pod_sandbox_labels: labelsJson(container.podLabels),
    ip: shown(container.ip),
    cni_json: shown(container.cniJson),
    created_time: container.startTs === undefined ? 0 : Number(container.startTs / 1_000_000_000n),
    env: container.env.map(toUnicode),
    labels: labelsJson(container.labels),
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

// What is left out where it is not known: no would be an answer.
function optional({ isPrivileged, isHostPid, isHostNetwork, isHostIpc, healthcheck, livenessProbe, readinessProbe }: Container): Json {
  return {
    privileged: isPrivileged,
    host_pid: isHostPid,
    host_network: isHostNetwork,
    host_ipc: isHostIpc,
    Healthcheck: probeJson(healthcheck),
    LivenessProbe: probeJson(livenessProbe),
    ReadinessProbe: probeJson(readinessProbe),
  }
}

function labelsJson(labels: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...labels].map(([key, text]) => [toUnicode(key), toUnicode(text)]))
}

// A program and its arguments.
function probeJson(line: string | undefined): Json | undefined {
  if (line === undefined) return undefined
  const [exe = '', ...args] = toUnicode(line).split(' ')
  return { exe, args }
}

function probeOf(told: unknown): string | undefined {
  const { exe, args } = objectOf(told)
  const first = shownText(exe)
  return first === undefined ? undefined : [first, ...(Array.isArray(args) ? args.map((arg) => textOf(arg) ?? '') : [])].join(' ')
}
