import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { callGrpc } from './grpc.ts'
import { parseBundle, setImage } from './json.ts'
import { encodeMessage, type Message } from './protobuf.ts'
import { askTimeoutMs, type Runtime } from './runtime.ts'

// Numbers of fields: containerd, api/services/containers/v1/containers.proto and namespaces/v1.
const fields = { labels: 2, image: 3, spec: 5 } as const
const anyValue = 2
const namespaceLabel = 'nerdctl/namespace'

/** containerd itself, for containers that are neither Docker's nor Kubernetes'. */
export class Containerd implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['containerd'])
  private readonly spaces = new Map<string, readonly string[]>()

  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
  ) {}

  async ask(fullId: string, type: string): Promise<Container | undefined> {
    const answers = await Promise.all(this.sockets.map((socket) => this.askSocket(this.hostRoot + socket, fullId, type)))
    return answers.find((answer) => answer !== undefined)
  }

  async discover(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => this.listSpaces(this.hostRoot + socket)))
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
}

async function askSpace(socket: string, namespace: string, fullId: string, type: string): Promise<Container | undefined> {
  const path = '/containerd.services.containers.v1.Containers/Get'
  const headers = { 'containerd-namespace': namespace }
  const answer = await callGrpc({ socket, path, body: encodeMessage({ 1: fullId }), headers, timeoutMs: askTimeoutMs })
  const found = 'message' in answer ? answer.message.message(1) : undefined
  return found && containerOf(fullId, type, namespace, found)
}

function containerOf(fullId: string, type: string, namespace: string, told: Message): Container {
  const labels = told.map(fields.labels)
  const spec = told.message(fields.spec)?.text(anyValue)
  const container = spec === undefined ? emptyContainer(fullId, type) : parseBundle(fullId, type, parse(spec))
  container.name = labels.get('nerdctl/name') ?? container.name ?? fullId
  if (container.image === undefined) setImage(container, told.text(fields.image))
  labels.set(namespaceLabel, namespace)
  return { ...container, labels: new Map([...container.labels, ...labels]) }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(Buffer.from(json, 'latin1').toString('utf8'))
  } catch {
    return undefined
  }
}
