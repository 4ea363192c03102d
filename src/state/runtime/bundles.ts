import type { Container } from '../../event/container.ts'
import { parseBundle } from './bundle_json.ts'
import { isFile, namesIn, readJson } from './files.ts'
import { inPod, parseSandboxBundle } from './pod_json.ts'
import type { Runtime } from './runtime.ts'

// Where containerd keeps the bundles of running containers, by namespace, and CRI-O those of its.
const taskDirs: readonly string[] = ['/run/containerd/io.containerd.runtime.v2.task', '/run/k3s/containerd/io.containerd.runtime.v2.task']
const crioDirs: readonly string[] = ['/run/containers/storage/overlay-containers', '/var/lib/containers/storage/overlay-containers']
// Docker's.
const dockerSpace = 'moby'
// What an annotation names becomes a part of a path.
const longId = /^[0-9a-f]{64}$/

/** The OCI bundles that runtimes keep of running containers. */
export class Bundles implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['containerd', 'cri-o', 'docker', 'podman'])

  constructor(private readonly hostRoot: string) {}

  read(fullId: string, type: string): Container | undefined {
    const spaces = taskDirs.flatMap((dir) => namesIn(this.hostRoot + dir).map((space) => `${dir}/${space}`))
    for (const dir of spaces) {
      const bundle = readJson(`${this.hostRoot}${dir}/${fullId}/config.json`)
      if (bundle !== undefined) return parseBundle(fullId, type, bundle)
    }
    for (const dir of crioDirs) {
      const bundleOf = (id: string) => readJson(`${this.hostRoot}${dir}/${id}/userdata/config.json`)
      const bundle = bundleOf(fullId)
      if (bundle !== undefined) return withPod(parseBundle(fullId, type, bundle), bundleOf)
    }
    return undefined
  }

  has(fullId: string): string | undefined {
    for (const dir of taskDirs) {
      const space = namesIn(this.hostRoot + dir).find((name) => isFile(`${this.hostRoot}${dir}/${name}/${fullId}/config.json`))
      if (space !== undefined) return space === dockerSpace ? 'docker' : 'containerd'
    }
    return crioDirs.some((dir) => isFile(`${this.hostRoot}${dir}/${fullId}/userdata/config.json`)) ? 'cri-o' : undefined
  }
}

function withPod(container: Container, bundleOf: (id: string) => unknown): Container {
  const { sandboxId } = container
  const sandbox = sandboxId === undefined || !longId.test(sandboxId) ? undefined : bundleOf(sandboxId)
  return sandboxId === undefined || sandbox === undefined ? container : inPod(container, sandboxId, parseSandboxBundle(sandbox))
}
