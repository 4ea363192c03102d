import type { Container } from '../../event/container.ts'
import { parseDocker, parseImageNames, parseRepositories } from './docker_json.ts'
import { isFile, readJson } from './files.ts'
import { isImageId, nameImage } from './image_name.ts'
import { askTimeoutMs, type Runtime } from './runtime.ts'
import { objectOf, textOf } from './values.ts'

const driverName = /^[a-z0-9_-]{1,30}$/

/** Docker: its files while they are known to be, and its API. */
export class Docker implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['docker', 'containerd'])
  private readonly roots: Set<string>

  /** `roots`: where it keeps its files, if its API does not tell. All paths are below `hostRoot`. */
  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
    roots: readonly string[],
  ) {
    this.roots = new Set(roots)
  }

  read(fullId: string): Container | undefined {
    for (const root of this.roots) {
      const dir = `${this.hostRoot}${root}/containers/${fullId}`
      const config = readJson(`${dir}/config.v2.json`)
      if (config === undefined) continue
      const container = parseDocker(fullId, config, readJson(`${dir}/hostconfig.json`))
      this.readImageNames(container, root, config)
      return container
    }
    return undefined
  }

  has(fullId: string): string | undefined {
    return [...this.roots].some((root) => isFile(`${this.hostRoot}${root}/containers/${fullId}/config.v2.json`)) ? 'docker' : undefined
  }

  ask(fullId: string): Promise<Container | undefined> {
    return askApi(this.hostRoot, this.sockets, fullId)
  }

  async discover(): Promise<void> {
    for (const socket of this.sockets) {
      const info = await askJson(this.hostRoot + socket, '/info')
      const root = (info as { DockerRootDir?: unknown } | undefined)?.DockerRootDir
      if (typeof root === 'string') this.roots.add(root)
    }
  }

  private readImageNames(container: Container, root: string, config: unknown): void {
    const { Driver, Image } = objectOf(config)
    if (typeof Driver !== 'string' || !driverName.test(Driver) || typeof Image !== 'string') return
    nameImage(container, parseRepositories(readJson(`${this.hostRoot}${root}/image/${Driver}/repositories.json`), Image))
  }
}

/** A container as one of these sockets with Docker's API tells it. */
export async function askApi(hostRoot: string, sockets: readonly string[], fullId: string): Promise<Container | undefined> {
  for (const socket of sockets) {
    const found = await askJson(hostRoot + socket, `/containers/${fullId}/json`)
    if (found === undefined) continue
    const container = parseDocker(fullId, found, undefined)
    const isNamed = container.imageDigest !== undefined && !isImageId(container.image)
    const image = isNamed ? undefined : textOf(objectOf(found).Image)
    if (image !== undefined)
      nameImage(container, parseImageNames(await askJson(hostRoot + socket, `/images/${encodeURIComponent(image)}/json`)))
    return container
  }
  return undefined
}

export async function askJson(socket: string, path: string): Promise<unknown> {
  try {
    const answer = await fetch(`http://localhost${path}`, { unix: socket, signal: AbortSignal.timeout(askTimeoutMs) })
    return answer.ok ? await answer.json() : undefined
  } catch {
    return undefined
  }
}
