import { toUnicode } from '../../base/text.ts'
import type { Container, Mount } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { cniText } from './bundle_json.ts'
import { callGrpc, type GrpcAnswer } from './grpc.ts'
import { setImage, shortImageId } from './image_name.ts'
import { inPod, type PodSandbox } from './pod_json.ts'
import { encodeMessage, type Message } from './protobuf.ts'
import { askTimeoutMs, type Runtime } from './runtime.ts'
import { booleanOf, objectOf, parse, shownText, textsOf } from './values.ts'

// Releases of before 2021 know the older name only.
const services = ['runtime.v1.RuntimeService', 'runtime.v1alpha2.RuntimeService']

// Numbers of fields: kubernetes/cri-api, pkg/apis/runtime/v1/api.proto.
const status = { metadata: 2, startedAt: 5, image: 8, imageRef: 9, labels: 12, annotations: 13, mounts: 14 } as const
const mountOf = { containerPath: 1, hostPath: 2, readonly: 3, propagation: 5 } as const
const sandbox = { metadata: 2, network: 5, labels: 7, annotations: 8 } as const
const propagations = ['private', 'rslave', 'rshared']

/** Whoever serves the kubelet: containerd, CRI-O. */
export class Cri implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['containerd', 'cri-o'])

  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
  ) {}

  async ask(fullId: string, type: string): Promise<Container | undefined> {
    const answers = await Promise.all(this.sockets.map((socket) => askSocket(this.hostRoot + socket, fullId, type)))
    return answers.find((answer) => answer !== undefined)
  }
}

async function askSocket(socket: string, fullId: string, type: string): Promise<Container | undefined> {
  for (const service of services) {
    const call = (method: string, id: string) =>
      callGrpc({ socket, path: `/${service}/${method}`, body: encodeMessage({ 1: id, 2: true }), timeoutMs: askTimeoutMs })
    const answer = await call('ContainerStatus', fullId)
    if ('message' in answer) return containerOf(call, answer.message, fullId, type)
    if (answer.failure === 'no-answer') return undefined
    if (answer.failure === 'refused') return askSandbox(call, fullId, type)
  }
  return undefined
}

type Call = (method: string, id: string) => Promise<GrpcAnswer>

async function containerOf(call: Call, answer: Message, fullId: string, type: string): Promise<Container | undefined> {
  const told = answer.message(1)
  if (told === undefined) return undefined
  const info = infoOf(answer)
  const container = emptyContainer(fullId, type)
  container.name = told.message(status.metadata)?.text(1)
  describeImage(container, told)
  const started = told.number(status.startedAt)
  container.startTs = started > 0n ? started : undefined
  container.isPrivileged = info.isPrivileged
  container.env = info.env
  const described = { ...container, labels: told.map(status.labels), mounts: told.messages(status.mounts).map(mountFrom) }
  const { sandboxId } = info
  return sandboxId === undefined ? described : inPod(described, sandboxId, podFrom(await podOf(call, sandboxId)))
}

async function podOf(call: Call, sandboxId: string): Promise<Message | undefined> {
  const answer = await call('PodSandboxStatus', sandboxId)
  return 'message' in answer ? answer.message : undefined
}

function podFrom(answer: Message | undefined): PodSandbox | undefined {
  const told = answer?.message(1)
  if (answer === undefined || told === undefined) return undefined
  const info = objectOf(parse(jsonIn(answer)))
  const noted = objectOf(objectOf(info.runtimeSpec).annotations)['io.kubernetes.cri-o.CNIResult']
  return {
    labels: told.map(sandbox.labels),
    annotations: told.map(sandbox.annotations),
    ip: told.message(sandbox.network)?.text(1),
    cniJson: cniText(info.cniResult) ?? cniText(parse(typeof noted === 'string' ? noted : undefined)),
  }
}

// The pause container of a pod is the pod to the runtime.
async function askSandbox(call: Call, fullId: string, type: string): Promise<Container | undefined> {
  const answer = await podOf(call, fullId)
  const told = answer?.message(1)
  if (answer === undefined || told === undefined) return undefined
  const container = emptyContainer(fullId, type)
  container.name = told.message(sandbox.metadata)?.text(1)
  setImage(container, shownText(objectOf(parse(jsonIn(answer))).image))
  return inPod({ ...container, labels: told.map(sandbox.labels) }, fullId, podFrom(answer))
}

// The name that was asked for; what it stands for has the digest.
function describeImage(container: Container, told: Message): void {
  const ref = told.text(status.imageRef)
  const name = told.message(status.image)?.text(1)
  setImage(container, name?.startsWith('sha256:') === true ? ref : name)
  if (ref?.startsWith('sha256:')) container.imageId = shortImageId(ref)
  if (name?.startsWith('sha256:')) container.imageId = shortImageId(name)
  const at = ref?.indexOf('@') ?? -1
  if (ref !== undefined && at >= 0) container.imageDigest = ref.slice(at + 1)
}

function mountFrom(told: Message): Mount {
  return {
    source: told.text(mountOf.hostPath) ?? '',
    dest: told.text(mountOf.containerPath) ?? '',
    mode: '',
    isWritable: told.number(mountOf.readonly) === 0n,
    propagation: propagations[Number(told.number(mountOf.propagation))] ?? '',
  }
}

interface Info {
  readonly sandboxId: string | undefined
  readonly isPrivileged: boolean | undefined
  readonly env: readonly string[]
}

// What runtimes say of themselves beyond the API, as JSON.
function infoOf(answer: Message): Info {
  const info = objectOf(parse(jsonIn(answer)))
  const security = objectOf(objectOf(objectOf(info.config).linux).security_context)
  const isTold = info.config !== undefined || info.privileged !== undefined
  const isPrivileged = booleanOf(info.privileged) ?? booleanOf(security.privileged) ?? false
  return {
    sandboxId: shownText(info.sandboxID),
    isPrivileged: isTold ? isPrivileged : undefined,
    env: textsOf(objectOf(objectOf(info.runtimeSpec).process).env),
  }
}

function jsonIn(answer: Message): string {
  return toUnicode(answer.map(2).get('info') ?? '{}')
}
