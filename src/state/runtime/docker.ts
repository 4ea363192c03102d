import type { Container } from '../../event/container.ts'
import { parseDocker, parseImageNames, parseRepositories } from './docker_json.ts'
import { isFile, readForeignJson } from './files.ts'
import { isImageId, nameImage } from './image_name.ts'
import { askTimeoutMs, type Runtime } from './runtime.ts'
import { objectOf, textOf } from './values.ts'

// Below a user's home.
const userRoot = '.local/share/docker'
// Of an answer: who answers may be a user.
const mostBytes = 16 * 1024 * 1024
const driverName = /^[a-z0-9_-]{1,30}$/

/** Docker: its files while they are known to be, and its API. */
export class Docker implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['docker', 'containerd'])
  private readonly roots: Set<string>

  /**
   * `roots`: where it keeps its files, if its API does not tell; `homes` are those of users who may run one without root. All paths are
   * below `hostRoot`.
   */
  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
    roots: readonly string[],
    private readonly homes: () => readonly string[],
  ) {
    this.roots = new Set(roots)
  }

  read(fullId: string): Container | undefined {
    for (const root of this.allRoots()) {
      const dir = `${this.hostRoot}${root}/containers/${fullId}`
      const config = readForeignJson(`${dir}/config.v2.json`)
      if (config === undefined) continue
      const container = parseDocker(fullId, config, readForeignJson(`${dir}/hostconfig.json`))
      this.readImageNames(container, root, config)
      return container
    }
    return undefined
  }

  has(fullId: string): string | undefined {
    return this.allRoots().some((root) => isFile(`${this.hostRoot}${root}/containers/${fullId}/config.v2.json`)) ? 'docker' : undefined
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

  private allRoots(): readonly string[] {
    return [...this.roots, ...this.homes().map((home) => `${home}/${userRoot}`)]
  }

  private readImageNames(container: Container, root: string, config: unknown): void {
    const { Driver, Image } = objectOf(config)
    if (typeof Driver !== 'string' || !driverName.test(Driver) || typeof Image !== 'string') return
    nameImage(container, parseRepositories(readForeignJson(`${this.hostRoot}${root}/image/${Driver}/repositories.json`), Image))
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
    return answer.ok && answer.body !== null ? JSON.parse(await textIn(answer.body)) : undefined
  } catch {
    return undefined
  }
}

async function textIn(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new RangeError('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
