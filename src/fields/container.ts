import { toByteString } from '../base/text.ts'
import { Glob } from '../condition/glob.ts'
import { canonical } from '../condition/literals.ts'
import { Regex } from '../condition/regex.ts'
import type { Container, Mount } from '../event/container.ts'
import type { Event } from '../event/event.ts'
import type { Thread } from '../event/thread.ts'
import type { EventField, FieldClass } from './field.ts'
import { labelsText, ofContainer } from './shared/container.ts'

const host = 'host'
const mostAncestors = 64

const fields: readonly EventField[] = [
  {
    name: 'container.id',
    type: 'CHARBUF',
    flags: ['suggested_output'],
    help: 'First 12 digits of the id of the container; host for processes outside of containers.',
    get: (e) => idOf(e),
  },
  text('container.full_id', 'Id of the container in full.', (container) => container.fullId, host),
  {
    ...text('container.name', 'Name of the container; host outside of containers.', (container) => container.name, host),
    flags: ['suggested_output'],
  },
  text('container.image', 'Name of the image with its tag.', (container) => container.image),
  text('container.image.id', 'Id of the image.', (container) => container.imageId),
  {
    ...text('container.image.repository', 'Name of the image without its tag.', (container) => container.imageRepository),
    flags: ['suggested_output'],
  },
  { ...text('container.image.tag', 'Tag of the image.', (container) => container.imageTag), flags: ['suggested_output'] },
  text('container.image.digest', 'Digest of the image in its registry.', (container) => container.imageDigest),
  text(
    'container.type',
    'Runtime of the container: docker, containerd, cri-o, podman, lxc; host outside of containers.',
    (container) => container.type,
    host,
  ),
  flag('container.privileged', 'Whether the container has all rights on the host.', (container) => container.isPrivileged),
  text('container.mounts', 'All mounts of the container with commas between, each as source:dest:mode:rdwr:propagation.', (container) =>
    container.mounts.length === 0 ? undefined : container.mounts.map(mountText).join(','),
  ),
  mount('container.mount', 'One mount, by its number or its source', bySource, mountText),
  mount('container.mount.source', 'Source of a mount, by its number or its destination', byDest, (found) => found.source),
  mount('container.mount.dest', 'Destination of a mount, by its number or its source', bySource, (found) => found.dest),
  mount('container.mount.mode', 'Mode of a mount, by its number or its source', bySource, (found) => found.mode),
  mount('container.mount.rdwr', 'Whether a mount can be written to, by its number or its source', bySource, (found) =>
    String(found.isWritable),
  ),
  mount('container.mount.propagation', 'Propagation of a mount, by its number or its source', bySource, (found) => found.propagation),
  {
    name: 'container.start_ts',
    type: 'ABSTIME',
    format: 'DEC',
    help: 'When the container was started (its pid namespace, to be exact), in nanoseconds since the epoch.',
    get: (e) => {
      const start = startOf(e)
      return start === undefined ? undefined : canonical(start)
    },
  },
  {
    name: 'container.duration',
    type: 'RELTIME',
    format: 'DEC',
    help: 'Nanoseconds since the container was started.',
    get: (e) => {
      const start = startOf(e)
      if (start === undefined) return undefined
      return e.ts < start ? 0 : canonical(e.ts - start)
    },
  },
  text('container.ip', 'First address of the container.', (container) => container.ip),
  {
    name: 'container.label',
    type: 'CHARBUF',
    arg: { required: true, kind: 'key' },
    help: 'Label of the container that the argument names.',
    at: (key) => (e) => e.thread?.container?.labels.get(key),
  },
  text('container.labels', 'All labels of the container but those of Kubernetes, as key:value texts with commas between.', ({ labels }) =>
    labelsText(labels),
  ),
  text(
    'container.cni.json',
    "Interfaces and addresses of the container's pod, as its network plugin told them, as JSON.",
    (container) => container.cniJson,
  ),
  flag('container.host_pid', 'Whether the container is in the pid namespace of the host.', (container) => container.isHostPid),
  flag('container.host_network', 'Whether the container is in the network namespace of the host.', (container) => container.isHostNetwork),
  flag('container.host_ipc', 'Whether the container is in the IPC namespace of the host.', (container) => container.isHostIpc),
  ...['healthcheck', 'liveness_probe', 'readiness_probe'].flatMap(probe),
]

/** `container`: where the process runs. */
export const containerClass: FieldClass = { name: 'container', description: 'The container that the process runs in.', fields }

function idOf(event: Event): string | undefined {
  const { thread } = event
  if (thread === undefined) return undefined
  return thread.containerId === '' ? host : thread.containerId
}

function text(name: string, help: string, read: (container: Container) => string | undefined, onHost = ''): EventField {
  return { name, type: 'CHARBUF', help, get: ofContainer(read, '', onHost) }
}

function flag(name: string, help: string, read: (container: Container) => boolean | undefined): EventField {
  return { name, type: 'BOOL', help, get: ofContainer(read, false) }
}

function startOf(event: Event): bigint | undefined {
  const { thread } = event
  if (thread === undefined || thread.containerId === '') return undefined
  const start = thread.pidnsInitStartTs
  return start === 0n ? thread.container?.startTs : start
}

function mountText({ source, dest, mode, isWritable, propagation }: Mount): string {
  return `${source}:${dest}:${mode}:${isWritable}:${propagation}`
}

function mount(name: string, what: string, key: (mount: Mount) => string, read: (mount: Mount) => string): EventField {
  const at = (arg: string) => {
    const find = finderOf(arg, key)
    return (event: Event) => {
      const found = find(event.thread?.container?.mounts ?? [])
      return found === undefined ? undefined : read(found)
    }
  }
  return {
    name,
    type: 'CHARBUF',
    arg: { required: true, kind: 'either' },
    help: `${what} (a regular expression that something in it matches).`,
    at,
  }
}

function finderOf(arg: string, key: (mount: Mount) => string): (mounts: readonly Mount[]) => Mount | undefined {
  if (/^\d+$/.test(arg)) return (mounts) => mounts[Number(arg)]
  // Made when a container is asked about, as regular expressions take a while to load.
  let matches: ((path: string) => boolean) | undefined
  return (mounts) =>
    mounts.find((mount) => {
      matches ??= matcherOf(toByteString(arg))
      return matches(key(mount))
    })
}

// As Falco's container plugin does; what is no regular expression is the pattern that Falco's guides speak of.
function matcherOf(pattern: string): (path: string) => boolean {
  try {
    const regex = new Regex(pattern)
    return (path) => regex.isIn(path)
  } catch {
    const glob = new Glob(pattern)
    return (path) => glob.test(path)
  }
}

function bySource({ source }: Mount): string {
  return source
}

function byDest({ dest }: Mount): string {
  return dest
}

const probes: Readonly<Record<string, (container: Container) => string | undefined>> = {
  healthcheck: (container) => container.healthcheck,
  liveness_probe: (container) => container.livenessProbe,
  readiness_probe: (container) => container.readinessProbe,
}

function probe(kind: string): EventField[] {
  const what = kind.replace('_', ' ')
  const read = (container: Container) => probes[kind]?.(container)
  return [
    {
      name: `container.${kind}`,
      type: 'CHARBUF',
      flags: ['deprecated'],
      help: `Command of the ${what} of the container.`,
      get: (e) => e.thread?.container && read(e.thread.container),
    },
    {
      name: `proc.is_container_${kind}`,
      type: 'BOOL',
      flags: ['deprecated'],
      help: `Whether the process runs as the ${what} of its container, or was started by it.`,
      get: (e) => isOf(e, read),
    },
  ]
}

/** Whether the process, or the oldest of those in the container that it comes from, was started as the runtime starts its check. */
function isOf({ thread }: Event, read: (container: Container) => string | undefined): boolean {
  const check = thread?.container && read(thread.container)
  if (thread === undefined || check === undefined || check === 'NONE') return false
  let oldest: Thread = thread
  for (let steps = 0; steps < mostAncestors; steps++) {
    const { parent } = oldest
    if (parent === undefined || parent.containerId !== thread.containerId) break
    oldest = parent
  }
  return oldest.vpid !== 1 && commandOf(oldest) === check
}

function commandOf({ exe, args }: Thread): string {
  return [exe, ...args].join(' ')
}
