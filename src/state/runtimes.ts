import type { Container } from '../event/container.ts'
import { type ContainerId, type Containers, containerId, containerIdOf, emptyContainer } from './containers.ts'
import { Bundles } from './runtime/bundles.ts'
import { Containerd } from './runtime/containerd.ts'
import { Cri } from './runtime/cri.ts'
import { Docker } from './runtime/docker.ts'
import { setImage } from './runtime/image_name.ts'
import { Podman } from './runtime/podman.ts'
import type { Runtime } from './runtime/runtime.ts'

export interface RuntimeOptions {
  /** Put before all paths, where the host's root is mounted elsewhere; '' for none. */
  readonly hostRoot?: string
  /** Sockets of each runtime; undefined where it is not to be asked, and its files not to be read. */
  readonly docker?: readonly string[] | undefined
  readonly podman?: readonly string[] | undefined
  readonly containerd?: readonly string[] | undefined
  readonly cri?: readonly string[] | undefined
  /** Types of which no container is told from the host. */
  readonly hidden?: ReadonlySet<string>
  /** The container that everything runs in, where nothing else can tell; its id and what is known of it. */
  readonly fixed?: FixedContainer | undefined
  /** Where Docker keeps its files, if its API does not tell. */
  readonly dockerRoots?: readonly string[]
  /** Homes of users who may run containers of their own. */
  readonly homes?: () => readonly string[]
  /** Longer labels are left out. */
  readonly longestLabel?: number
}

export interface FixedContainer {
  readonly id: string
  readonly name: string
  readonly image: string
}

const defaultDockerRoots: readonly string[] = ['/var/lib/docker']
const longestLabel = 100
const maxKept = 10_000
const retryAfterMs = [100, 300, 1000, 3000]
// A container's id is a part of paths and of requests: nothing else may pass for one.
const longId = /^[0-9a-f]{64}$/
const givenId = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/
// Containers that have names alone.
const nameTypes: ReadonlySet<string> = new Set(['bpm', 'lxc', 'libvirt-lxc', 'systemd-nspawn'])

// Whose files may lack addresses, digests and labels.
const enrichedTypes: ReadonlySet<string> = new Set(['containerd', 'cri-o', 'docker', 'podman'])
// Of one container, so that many of them stay bearable.
const mostLabels = 5000
const mostEnvBytes = 65_536
// A cgroup of which the path alone does not tell what it is; services and sessions are the host's.
const anyId = /\/(?:[^/]*[-_:])?([0-9a-f]{64})(?:\.scope)?$/
const hostsOwn = /^\/?$|^\/(?:system|user)\.slice\/|^\/init\.scope/
const noTypes: ReadonlySet<string> = new Set()

interface Entry {
  readonly type: string
  container: Container
  isReady: boolean
  /** Round of purging in which it was last asked for. */
  seen: number
  waiting: ((container: Container) => void)[]
}

/** Finds out about containers: from the runtimes' files at once, else by asking their sockets meanwhile. */
export class RuntimeContainers implements Containers {
  onLearned: ((container: Container) => void) | undefined = undefined
  private readonly entries = new Map<string, Entry>()
  private readonly runtimes: readonly Runtime[]
  private readonly containerd: Containerd | undefined
  private readonly hidden: ReadonlySet<string>
  private readonly fixed: FixedContainer | undefined
  private readonly longestLabel: number
  private discovery: Promise<void> | undefined
  private round = 0

  constructor(options: RuntimeOptions = {}) {
    const { hostRoot = '', docker, podman, containerd, cri, dockerRoots = defaultDockerRoots, homes = () => [] } = options
    this.longestLabel = options.longestLabel ?? longestLabel
    this.hidden = options.hidden ?? noTypes
    this.fixed = options.fixed
    this.containerd = containerd || cri ? new Containerd(hostRoot, [...new Set([...(containerd ?? []), ...(cri ?? [])])]) : undefined
    this.runtimes = [
      ...(docker ? [new Docker(hostRoot, docker, dockerRoots, homes)] : []),
      ...(podman ? [new Podman(hostRoot, podman, homes)] : []),
      ...(this.containerd ? [new Bundles(hostRoot), this.containerd] : []),
      ...(cri ? [new Cri(hostRoot, cri)] : []),
    ]
  }

  idOf(cgroups: readonly string[]): ContainerId | undefined {
    if (this.fixed !== undefined) return containerId(this.fixed.id, 'static')
    return containerIdOf(cgroups, (type) => !this.hidden.has(type)) ?? this.idByFiles(cgroups)
  }

  // Users may put containers into any cgroup: a runtime's files then know whose it is.
  private idByFiles(cgroups: readonly string[]): ContainerId | undefined {
    const paths = new Set(cgroups.map((cgroup) => cgroup.slice(cgroup.indexOf('=') + 1)))
    for (const path of paths) {
      const id = anyId.exec(path)?.[1]
      const type = id && this.runtimes.map((runtime) => runtime.has?.(id)).find((known) => known !== undefined)
      if (id !== undefined && type !== undefined) return this.hidden.has(type) ? undefined : containerId(id, type)
      const known = hostsOwn.test(path) || this.hidden.has('containerd') ? undefined : this.containerd?.idAt(path)
      if (known !== undefined) return containerId(known, 'containerd')
    }
    return undefined
  }

  get size(): number {
    return this.entries.size
  }

  lookup(fullId: string, type: string): Container {
    return this.entryOf(fullId, type).container
  }

  isReady(fullId: string, type: string): boolean {
    return this.entryOf(fullId, type).isReady
  }

  onReady(fullId: string, ready: (container: Container) => void): void {
    const entry = this.entryOf(fullId, '')
    if (entry.isReady) ready(entry.container)
    else entry.waiting.push(ready)
  }

  *listed(): Iterable<Container> {
    for (const { container } of this.entries.values()) if (isKnown(container)) yield container
  }

  /** Asks the runtimes where they keep their files, so that later lookups need not wait for an answer. */
  discover(): Promise<void> {
    this.discovery ??= Promise.all(this.runtimes.map((runtime) => runtime.discover?.())).then(() => {
      this.discovery = undefined
    })
    return this.discovery
  }

  /** Forgets containers that nobody has asked for since the last but one call, unless `isUsed`. */
  purge(isUsed: (fullId: string) => boolean): void {
    this.round++
    for (const [id, entry] of this.entries) {
      if (isUsed(id)) entry.seen = this.round
      else if (entry.seen < this.round - 1 && entry.isReady) this.entries.delete(id)
    }
  }

  private entryOf(fullId: string, type: string): Entry {
    const known = this.entries.get(fullId)
    if (known !== undefined) {
      known.seen = this.round
      return known
    }
    if (this.entries.size >= maxKept) {
      const oldest = this.entries.keys().next()
      if (!oldest.done) this.entries.delete(oldest.value)
    }
    const entry: Entry = { type, container: emptyContainer(fullId, type), isReady: false, seen: this.round, waiting: [] }
    this.entries.set(fullId, entry)
    this.begin(entry)
    return entry
  }

  private begin(entry: Entry): void {
    const { fullId } = entry.container
    if (!longId.test(fullId) && givenId.test(fullId)) entry.container.name = fullId
    if (this.fixed !== undefined) {
      entry.container.name = this.fixed.name
      setImage(entry.container, this.fixed.image)
      this.finish(entry)
      return
    }
    if (nameTypes.has(entry.type)) {
      entry.container.name = fullId
      this.finish(entry)
    } else if (!longId.test(fullId) && !givenId.test(fullId)) {
      this.finish(entry)
    } else if (this.readFiles(entry)) {
      const more = enrichedTypes.has(entry.type) ? this.ask(entry) : undefined
      if (more === undefined) this.finish(entry)
      else if (!isWhole(entry.container)) void more.then(() => this.finish(entry))
      else {
        this.finish(entry)
        void more.then((hasMore) => hasMore && this.onLearned?.(entry.container))
      }
    } else {
      void this.askUntilKnown(entry)
    }
  }

  /** Whether files tell name and image; what they tell of it is taken in any case. */
  private readFiles(entry: Entry): boolean {
    const { fullId } = entry.container
    for (const runtime of this.inOrder(entry)) {
      const found = runtime.read?.(fullId, entry.type)
      if (found === undefined) continue
      entry.container = this.merged(entry.container, found)
      if (found.name !== undefined && found.image !== undefined) return true
    }
    return false
  }

  // All at once: who lives for some ms may be gone when the first has said that it knows nothing.
  private async ask(entry: Entry): Promise<boolean> {
    const { fullId } = entry.container
    const answers = await Promise.all(this.inOrder(entry).map((runtime) => runtime.ask?.(fullId, entry.type).catch(() => undefined)))
    const found = answers.find((answer) => answer !== undefined)
    if (found !== undefined) entry.container = this.merged(entry.container, found)
    return found !== undefined
  }

  // The runtime may know of a container a little later than the kernel shows it.
  private async askUntilKnown(entry: Entry): Promise<void> {
    for (const waitMs of [0, ...retryAfterMs]) {
      if (waitMs > 0) await Bun.sleep(waitMs)
      if ((await this.ask(entry)) || this.readFiles(entry)) break
      // It may have been started after us, or keep its files elsewhere since.
      await this.discover()
      if (this.readFiles(entry)) break
    }
    this.finish(entry)
  }

  private inOrder({ type }: Entry): readonly Runtime[] {
    return [...this.runtimes.filter(({ types }) => types.has(type)), ...this.runtimes.filter(({ types }) => !types.has(type))]
  }

  /** What is newly told goes before what was known. */
  private merged(known: Container, told: Container): Container {
    const given = Object.entries(told).filter(([, value]) => value !== undefined)
    const mounts = told.mounts.length > 0 ? told.mounts : known.mounts
    const env = told.env.length > 0 ? bounded(told.env) : known.env
    const labels = this.mergedLabels(known.labels, told.labels)
    const podLabels = this.mergedLabels(known.podLabels, told.podLabels)
    return { ...known, ...Object.fromEntries(given), type: told.type || known.type, labels, podLabels, mounts, env }
  }

  private mergedLabels(known: ReadonlyMap<string, string>, told: ReadonlyMap<string, string>): Map<string, string> {
    const short = [...known, ...told].filter(([, text]) => text.length <= this.longestLabel)
    return new Map(short.slice(0, mostLabels))
  }

  private finish(entry: Entry): void {
    entry.isReady = true
    const { waiting, container } = entry
    entry.waiting = []
    if (isKnown(container)) this.onLearned?.(container)
    for (const ready of waiting) ready(container)
  }
}

function bounded(env: readonly string[]): string[] {
  let left = mostEnvBytes
  return env.filter((text) => {
    left -= text.length
    return left >= 0
  })
}

/** Whether nothing that matters is left for the runtime to say. */
function isWhole({ awaitsAddress, sandboxId, podLabels }: Container): boolean {
  return !awaitsAddress && (sandboxId === undefined || podLabels.size > 0)
}

function isKnown({ name, image }: Container): boolean {
  return name !== undefined || image !== undefined
}
