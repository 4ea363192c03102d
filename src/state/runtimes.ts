import type { Container } from '../event/container.ts'
import { type Containers, emptyContainer } from './containers.ts'
import { Bundles } from './runtime/bundles.ts'
import { Containerd } from './runtime/containerd.ts'
import { Cri } from './runtime/cri.ts'
import { Docker } from './runtime/docker.ts'
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
  /** Where Docker keeps its files, if its API does not tell. */
  readonly dockerRoots?: readonly string[]
  /** Homes of users who may run containers of their own. */
  readonly homes?: () => readonly string[]
  /** Longer labels are left out. */
  readonly longestLabel?: number
}

const defaultDockerRoots: readonly string[] = ['/var/lib/docker']
const longestLabel = 100
const maxKept = 10_000
const retryAfterMs = [100, 300, 1000, 3000]
// A container's id is a part of paths and of requests: nothing else may pass for one.
const longId = /^[0-9a-f]{64}$/
const givenId = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/
// Containers that have names alone.
const nameTypes: ReadonlySet<string> = new Set(['lxc', 'libvirt-lxc', 'systemd-nspawn'])

// Whose files lack the image's digest, the pod's address and labels.
const enrichedTypes: ReadonlySet<string> = new Set(['containerd', 'cri-o', 'podman'])

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
  private readonly longestLabel: number
  private discovery: Promise<void> | undefined
  private round = 0

  constructor(options: RuntimeOptions = {}) {
    const { hostRoot = '', docker, podman, containerd, cri, dockerRoots = defaultDockerRoots, homes = () => [] } = options
    this.longestLabel = options.longestLabel ?? longestLabel
    this.runtimes = [
      ...(docker ? [new Docker(hostRoot, docker, dockerRoots)] : []),
      ...(podman ? [new Podman(hostRoot, podman, homes)] : []),
      new Bundles(hostRoot),
      ...(cri ? [new Cri(hostRoot, cri)] : []),
      ...(containerd ? [new Containerd(hostRoot, containerd)] : []),
    ]
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
    if (nameTypes.has(entry.type)) {
      entry.container.name = fullId
      this.finish(entry)
    } else if (!longId.test(fullId) && !givenId.test(fullId)) {
      this.finish(entry)
    } else if (this.readFiles(entry)) {
      this.finish(entry)
      if (enrichedTypes.has(entry.type)) void this.ask(entry)
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
    const answers = await Promise.all(this.inOrder(entry).map((runtime) => runtime.ask?.(fullId, entry.type)))
    const found = answers.find((answer) => answer !== undefined)
    if (found === undefined) return false
    entry.container = this.merged(entry.container, found)
    if (isKnown(found)) this.onLearned?.(entry.container)
    return true
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
    const labels = [...known.labels, ...told.labels].filter(([, text]) => text.length <= this.longestLabel)
    const mounts = told.mounts.length > 0 ? told.mounts : known.mounts
    return { ...known, ...Object.fromEntries(given), type: told.type || known.type, labels: new Map(labels), mounts }
  }

  private finish(entry: Entry): void {
    entry.isReady = true
    const { waiting, container } = entry
    entry.waiting = []
    if (isKnown(container)) this.onLearned?.(container)
    for (const ready of waiting) ready(container)
  }
}

function isKnown({ name, image }: Container): boolean {
  return name !== undefined || image !== undefined
}
