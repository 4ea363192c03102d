import type { Container } from '../event/container.ts'

/** What the runtimes tell of containers. */
export interface Containers {
  /** The container that `subsystem=path` texts tell of; undefined for the host. */
  idOf(cgroups: readonly string[]): ContainerId | undefined
  /** What is known now of a container, which the first call for it sets out to find more of. */
  lookup(fullId: string, type: string): Container
  /** Whether nothing more is to be expected about it. */
  isReady(fullId: string, type: string): boolean
  /** Calls `ready` once nothing more is to be expected about the container, at once where that is so already. */
  onReady(fullId: string, ready: (container: Container) => void): void
  /** Takes in what a recording tells of a container, as JSON; without effect where the runtimes are asked. */
  add?(json: string): void
  clear?(): void
  /** Forgets containers that are not used any more; to be called now and then. */
  purge?(isUsed: (fullId: string) => boolean): void
  /** Hears of each container that more becomes known of; set by who wants it. */
  onLearned?: ((container: Container) => void) | undefined
  /** All of which more is known than the id. */
  listed(): Iterable<Container>
}

export interface ContainerId {
  /** First 12 digits, or the name where the runtime has no ids. */
  readonly id: string
  readonly fullId: string
  readonly type: string
}

const hex = '[0-9a-f]{64}'

// How runtimes name the cgroup of a container. A bare id counts only under a runtime's own parent: other software, too, names its
// cgroups by long hexadecimal numbers.
const patterns: readonly (readonly [type: string, form: RegExp])[] = [
  ['podman', new RegExp(`/libpod-(${hex})(?:\\.scope|/|$)`)],
  ['cri-o', new RegExp(`[/:]crio[-:](${hex})(?:\\.scope|/|$)`)],
  ['containerd', new RegExp(`[/:](?:cri-containerd|nerdctl|containerd)[-:](${hex})(?:\\.scope|/|$)`)],
  ['docker', new RegExp(`/docker-(${hex})\\.scope`)],
  ['docker', new RegExp(`/(?:docker|ecs/[^/]+|ecs)/(${hex})(?:/|$)`)],
  ['docker', new RegExp(`/actions_job/(${hex})(?:/|$)`)],
  ['containerd', new RegExp(`/kubepods[^/]*/(?:[^/]+/)*(?:pod[^/]+|[^/]+\\.slice)/(${hex})(?:/|$)`)],
  ['containerd', new RegExp(`/(?:default|k8s\\.io|moby|buildkit)/(${hex})(?:/|$)`)],
  // What has ids of the user's choice is told from other software's cgroups by its whole path.
  ['containerd', /=\/(?:default|k8s\.io)\/([A-Za-z0-9][A-Za-z0-9_.-]*)$/],
  ['bpm', /[/:]bpm-([A-Za-z0-9._-]+?)(?:\.scope)?(?:\/|$)/],
  ['lxc', /\/lxc\.payload[./]([^/]+)/],
  ['lxc', /\/lxc\/([^/]+)/],
  ['libvirt-lxc', /\/machine-lxc\\x2d\d+\\x2d([^/]+?)\.scope/],
  ['libvirt-lxc', /\/([^/]+)\.libvirt-lxc(?:\/|$)/],
  ['systemd-nspawn', /\/(?:machine\.slice|machine)\/(?:machine-([^/]+)\.scope|systemd-nspawn@([^/]+)\.service)/],
]

// Of which systemd writes the name as a part of a unit's.
const unitTypes: ReadonlySet<string> = new Set(['libvirt-lxc', 'systemd-nspawn'])
const everyType = () => true

/** The container that `subsystem=path` texts tell of, by the form of their paths alone. */
export function containerIdOf(cgroups: readonly string[], isWanted: (type: string) => boolean = everyType): ContainerId | undefined {
  for (const cgroup of cgroups) {
    if (cgroup.length < 8) continue
    for (const [type, form] of patterns) {
      const found = isWanted(type) ? lastMatch(form, cgroup) : undefined
      if (found !== undefined) return containerId(unitTypes.has(type) ? unescaped(found) : found, type)
    }
  }
  return undefined
}

export function containerId(fullId: string, type: string): ContainerId {
  return { id: fullId.length === 64 ? fullId.slice(0, 12) : fullId, fullId, type }
}

// As systemd.unit(5) has it.
function unescaped(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Knows no more than the id. */
export const noContainers: Containers = {
  idOf: (cgroups) => containerIdOf(cgroups),
  lookup: (fullId, type) => {
    if (lastEmpty.fullId !== fullId || lastEmpty.type !== type) lastEmpty = emptyContainer(fullId, type)
    return lastEmpty
  },
  isReady: () => true,
  onReady: (fullId, ready) => ready(emptyContainer(fullId, '')),
  listed: () => [],
}

/** A container of which only the id is known. */
export function emptyContainer(fullId: string, type: string): Container {
  return {
    id: fullId.length === 64 ? fullId.slice(0, 12) : fullId,
    fullId,
    type,
    name: undefined,
    image: undefined,
    imageId: undefined,
    imageRepository: undefined,
    imageTag: undefined,
    imageDigest: undefined,
    isPrivileged: undefined,
    ip: undefined,
    awaitsAddress: false,
    cniJson: undefined,
    isHostPid: undefined,
    isHostNetwork: undefined,
    isHostIpc: undefined,
    healthcheck: undefined,
    livenessProbe: undefined,
    readinessProbe: undefined,
    sandboxId: undefined,
    startTs: undefined,
    env: [],
    labels: new Map(),
    podLabels: new Map(),
    mounts: [],
  }
}

// Rules ask for the same one again and again.
let lastEmpty = emptyContainer('', '')

// The innermost of nested containers.
function lastMatch(form: RegExp, text: string): string | undefined {
  let rest = text
  let found: string | undefined
  for (;;) {
    const match = form.exec(rest)
    if (match === null) return found
    found = match[1] ?? match[2]
    rest = rest.slice(match.index + 1)
  }
}
