import { toUnicode } from '../../base/text.ts'
import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { parseBundle } from './bundle_json.ts'
import { containerAt, readContainerd } from './containerd_files.ts'
import { containerdRoots } from './containerd_roots.ts'
import { callGrpc } from './grpc.ts'
import { setImage } from './image_name.ts'
import { encodeMessage, type Message } from './protobuf.ts'
import { askTimeoutMs, type Runtime } from './runtime.ts'
import { parse } from './values.ts'

const mostDatabases = 20
// Numbers of fields: containerd, api/services/containers/v1/containers.proto and namespaces/v1.
const fields = { labels: 2, image: 3, spec: 5 } as const
const anyValue = 2
// api/services/introspection/v1/introspection.proto.
const plugin = { type: 1, exports: 5 } as const
const databaseName = 'io.containerd.metadata.v1.bolt/meta.db'
// Where it keeps its database, as packages and distributions of Kubernetes have it.
const databases: readonly string[] = [
  '/var/lib/containerd',
  '/var/lib/rancher/k3s/agent/containerd',
  '/var/snap/microk8s/common/var/lib/containerd',
].map((root) => `${root}/${databaseName}`)

/** containerd itself: its database, and its API, for containers that are neither Docker's nor Kubernetes'. */
export class Containerd implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['containerd'])
  private readonly spaces = new Map<string, readonly string[]>()
  private readonly databases = new Set(databases)

  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
  ) {}

  read(fullId: string, type: string): Container | undefined {
    for (const database of this.databases) {
      const found = readContainerd(this.hostRoot + database, fullId, type)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The id of the container that runs in this cgroup. */
  idAt(cgroup: string): string | undefined {
    for (const database of this.databases) {
      const id = containerAt(this.hostRoot + database, cgroup)
      if (id !== undefined) return id
    }
    return undefined
  }

  async ask(fullId: string, type: string): Promise<Container | undefined> {
    const answers = await Promise.all(this.sockets.map((socket) => this.askSocket(this.hostRoot + socket, fullId, type)))
    return answers.find((answer) => answer !== undefined)
  }

  async discover(): Promise<void> {
    for (const root of containerdRoots(this.hostRoot)) this.addDatabase(`${root}/${databaseName}`)
    const sockets = this.sockets.map((socket) => this.hostRoot + socket)
    await Promise.all(sockets.flatMap((socket) => [this.listSpaces(socket), this.findDatabase(socket)]))
  }

  // In all namespaces that are known, at once: a container may be gone soon.
  private async askSocket(socket: string, fullId: string, type: string): Promise<Container | undefined> {
    const known = this.spaces.get(socket) ?? (await this.listSpaces(socket))
    const answers = await Promise.all(known.map((space) => askSpace(socket, space, fullId, type)))
    return answers.find((answer) => answer !== undefined)
  }

  private async listSpaces(socket: string): Promise<readonly string[]> {
    const path = '/containerd.services.namespaces.v1.Namespaces/List'
    const answer = await callGrpc({ socket, path, body: Buffer.alloc(0), timeoutMs: askTimeoutMs })
    if (!('message' in answer)) return []
    const spaces = answer.message.messages(1).flatMap((space) => space.text(1) ?? [])
    if (spaces.length > 0) this.spaces.set(socket, spaces)
    return spaces
  }

  private async findDatabase(socket: string): Promise<void> {
    const path = '/containerd.services.introspection.v1.Introspection/Plugins'
    const answer = await callGrpc({ socket, path, body: encodeMessage({ 1: 'type==io.containerd.metadata.v1' }), timeoutMs: askTimeoutMs })
    if (!('message' in answer)) return
    for (const told of answer.message.messages(1)) {
      const database = told.text(plugin.type) === 'io.containerd.metadata.v1' ? told.map(plugin.exports).get('path') : undefined
      if (database !== undefined) this.addDatabase(database)
    }
  }

  private addDatabase(path: string): void {
    if (this.databases.size < mostDatabases) this.databases.add(path)
  }
}

async function askSpace(socket: string, namespace: string, fullId: string, type: string): Promise<Container | undefined> {
  const path = '/containerd.services.containers.v1.Containers/Get'
  const headers = { 'containerd-namespace': namespace }
  const answer = await callGrpc({ socket, path, body: encodeMessage({ 1: fullId }), headers, timeoutMs: askTimeoutMs })
  const found = 'message' in answer ? answer.message.message(1) : undefined
  return found && containerOf(fullId, type, found)
}

function containerOf(fullId: string, type: string, told: Message): Container {
  const labels = told.map(fields.labels)
  const spec = told.message(fields.spec)?.text(anyValue)
  const container = spec === undefined ? emptyContainer(fullId, type) : parseBundle(fullId, type, parse(toUnicode(spec)))
  container.name = labels.get('nerdctl/name') ?? container.name ?? fullId
  if (container.image === undefined) setImage(container, told.text(fields.image))
  return { ...container, labels: new Map([...container.labels, ...labels]) }
}
