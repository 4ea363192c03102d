import { toByteString } from '../../base/text.ts'
import { elements, isObject, type Json, type JsonObject, textOf, texts } from '../shared/json.ts'
import { containerFields, repositoryOf, securityOf } from './containers.ts'
import type { AuditEvent } from './event.ts'
import { type AuditField, list, listEach, text } from './field.ts'

const about = 'of the pod, or of the template of pods, that is asked for'

/** `ka.req.pod.*`, and the older `ka.req.container.*` and `ka.req.volume.*`. */
export const podFields: readonly AuditField[] = [
  ...containerFields('containers'),
  text('ka.req.container.image', 'Image of the first container of a pod.', (e) => firstImage(e), 'deprecated'),
  text(
    'ka.req.container.image.repository',
    'Image of the first container of a pod, without tag and digest.',
    (e) => repositoryText(firstImage(e)),
    'deprecated',
  ),
  text('ka.req.container.privileged', 'Whether any container of a pod is privileged.', anyPrivileged, 'deprecated'),
  text('ka.req.container.host_network', `Whether the network ${about} is that of the host.`, (e) => e.podSpec?.hostNetwork, 'deprecated'),
  text('ka.req.pod.host_ipc', `Whether the IPC namespace ${about} is that of the host.`, (e) => e.podSpec?.hostIPC),
  text('ka.req.pod.host_network', `Whether the network ${about} is that of the host.`, (e) => e.podSpec?.hostNetwork),
  text('ka.req.pod.host_pid', `Whether the PID namespace ${about} is that of the host.`, (e) => e.podSpec?.hostPID),
  text('ka.req.pod.run_as_user', `User id ${about}.`, (e) => e.podSpec?.securityContext?.runAsUser),
  text('ka.req.pod.run_as_group', `Group id ${about}.`, (e) => e.podSpec?.securityContext?.runAsGroup),
  text('ka.req.pod.fs_group', `Group id that owns the volumes ${about}.`, (e) => e.podSpec?.securityContext?.fsGroup),
  list('ka.req.pod.supplemental_groups', `Further group ids ${about}.`, (e) => texts(e.podSpec?.securityContext?.supplementalGroups)),
  listEach('ka.req.pod.volumes.hostpath', `Paths of the host that volumes ${about} show.`, volumes, hostPath),
  listEach('ka.req.pod.volumes.flexvolume_driver', `Drivers of the flex volumes ${about}.`, volumes, flexDriver),
  listEach('ka.req.pod.volumes.volume_type', `Types of the volumes ${about}: hostPath, secret, configMap.`, volumes, volumeType),
  {
    name: 'ka.req.volume.hostpath',
    type: 'CHARBUF',
    flags: ['deprecated'],
    arg: { required: true, kind: 'key' },
    help: `Text true where some volume ${about} shows the path of the host that the argument gives; a * at its end stands for any rest.`,
    at: (arg) => {
      const isMatch = pathTest(toByteString(arg))
      return (e) => (e.podSpec === undefined ? undefined : String(volumes(e).some((volume) => hostPath(volume).some(isMatch))))
    },
  },
  ...containerFields('initContainers'),
  ...containerFields('ephemeralContainers'),
]

// The older fields look at pods only, not at templates.
function ownContainers(event: AuditEvent): readonly JsonObject[] {
  return elements(event.audit?.requestObject?.spec?.containers).filter(isObject)
}

function firstImage(event: AuditEvent): Json | undefined {
  return ownContainers(event)[0]?.image
}

function repositoryText(image: Json | undefined): string | undefined {
  const known = textOf(image)
  return known === undefined ? undefined : repositoryOf(known)
}

function anyPrivileged(event: AuditEvent): boolean | undefined {
  const containers = ownContainers(event)
  if (containers.length === 0) return undefined
  return containers.some((container) => securityOf(container)?.privileged === true)
}

function volumes(event: AuditEvent): readonly JsonObject[] {
  return elements(event.podSpec?.volumes).filter(isObject)
}

function hostPath(volume: JsonObject): readonly string[] {
  return isObject(volume.hostPath) ? texts(volume.hostPath.path) : []
}

function flexDriver(volume: JsonObject): readonly string[] {
  return isObject(volume.flexVolume) ? texts(volume.flexVolume.driver) : []
}

// A volume is an object of its name and one more key, which says what it is.
function volumeType(volume: JsonObject): readonly string[] {
  return Object.keys(volume).filter((key) => key !== 'name')
}

function pathTest(path: string): (other: string) => boolean {
  if (!path.endsWith('*')) return (other) => other === path
  const start = path.slice(0, -1)
  return (other) => other.startsWith(start)
}
