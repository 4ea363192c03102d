import { readFileSync } from 'node:fs'
import type { Container } from '../event/container.ts'
import { type Containers, emptyContainer } from './containers.ts'
import { parseBundle, parseDocker } from './runtime_json.ts'

export interface RuntimeOptions {
  /** Put before all paths, where the host's root is mounted elsewhere; '' for none. */
  readonly hostRoot?: string
  /** Sockets with Docker's API (Podman has the same). */
  readonly sockets?: readonly string[]
  /** Where Docker keeps its files, if its API does not tell. */
  readonly dockerRoots?: readonly string[]
}

export const defaultSockets: readonly string[] = ['/var/run/docker.sock', '/run/podman/podman.sock']
const defaultDockerRoots: readonly string[] = ['/var/lib/docker']

// Where the runtimes keep the OCI bundle of a running container.
const bundleDirs: readonly string[] = [
  '/run/containerd/io.containerd.runtime.v2.task/k8s.io',
  '/run/containerd/io.containerd.runtime.v2.task/moby',
  '/run/containerd/io.containerd.runtime.v2.task/default',
  '/run/containers/storage/overlay-containers',
  '/var/lib/containers/storage/overlay-containers',
]

const maxKept = 10_000
const askTimeoutMs = 2000
const retryAfterMs = [200, 1000, 3000]
// A container id is a part of paths and of requests: nothing else may pass for one.
const wellFormedId = /^[0-9a-f]{64}$/

interface Entry {
  container: Container
  isReady: boolean
  waiting: ((container: Container) => void)[]
}

/** Finds out about containers: from the runtimes' files at once, else by asking their sockets meanwhile. */
export class RuntimeContainers implements Containers {
  private readonly entries = new Map<string, Entry>()
  private readonly hostRoot: string
  private readonly sockets: readonly string[]
  private readonly dockerRoots: Set<string>
  private hasAskedRoots = false
  onLearned: ((container: Container) => void) | undefined = undefined

  constructor(options: RuntimeOptions = {}) {
    this.hostRoot = options.hostRoot ?? ''
    this.sockets = options.sockets ?? defaultSockets
    this.dockerRoots = new Set(options.dockerRoots ?? defaultDockerRoots)
  }

  lookup(fullId: string, type: string): Container {
    return this.entryOf(fullId, type).container
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
  async discover(): Promise<void> {
    this.hasAskedRoots = true
    for (const socket of this.sockets) {
      const info = await ask(this.hostRoot + socket, '/info')
      const root = (info as { DockerRootDir?: unknown } | undefined)?.DockerRootDir
      if (typeof root === 'string') this.dockerRoots.add(root)
    }
  }

  private entryOf(fullId: string, type: string): Entry {
    const known = this.entries.get(fullId)
    if (known !== undefined) return known
    if (this.entries.size >= maxKept) {
      const oldest = this.entries.keys().next()
      if (!oldest.done) this.entries.delete(oldest.value)
    }
    const entry: Entry = { container: emptyContainer(fullId, type), isReady: false, waiting: [] }
    this.entries.set(fullId, entry)
    if (!wellFormedId.test(fullId)) this.finish(entry)
    else if (!this.readFiles(entry, type)) void this.askSockets(entry, type)
    return entry
  }

  private readFiles(entry: Entry, type: string): boolean {
    const { fullId } = entry.container
    for (const root of this.dockerRoots) {
      const dir = `${this.hostRoot}${root}/containers/${fullId}`
      const config = readJson(`${dir}/config.v2.json`)
      if (config === undefined) continue
      entry.container = parseDocker(fullId, config, readJson(`${dir}/hostconfig.json`))
      this.finish(entry)
      return true
    }
    for (const dir of bundleDirs) {
      const base = `${this.hostRoot}${dir}/${fullId}`
      const bundle = readJson(`${base}/config.json`) ?? readJson(`${base}/userdata/config.json`)
      if (bundle === undefined) continue
      entry.container = parseBundle(fullId, type, bundle)
      if (entry.container.image === undefined) return false
      this.finish(entry)
      return true
    }
    return false
  }

  // The runtime may know of a container a little later than the kernel shows it.
  private async askSockets(entry: Entry, type: string): Promise<void> {
    if (!this.hasAskedRoots) await this.discover()
    const { fullId } = entry.container
    for (const waitMs of [0, ...retryAfterMs]) {
      if (waitMs > 0) await Bun.sleep(waitMs)
      for (const socket of this.sockets) {
        const found = await ask(this.hostRoot + socket, `/containers/${fullId}/json`)
        if (found === undefined) continue
        const container = parseDocker(fullId, found, undefined)
        container.type = socket.includes('podman') ? 'podman' : container.type
        entry.container = container
        this.finish(entry)
        return
      }
      if (this.readFiles(entry, type)) return
    }
    this.finish(entry)
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

async function ask(socket: string, path: string): Promise<unknown> {
  try {
    const answer = await fetch(`http://localhost${path}`, { unix: socket, signal: AbortSignal.timeout(askTimeoutMs) })
    return answer.ok ? await answer.json() : undefined
  } catch {
    return undefined
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
