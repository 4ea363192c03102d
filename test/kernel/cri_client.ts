import { callGrpc } from '../../src/state/runtime/grpc.ts'

// Asks a runtime for pods and containers, as the kubelet does (kubernetes/cri-api, runtime/v1/api.proto).

export type Field = readonly [number: number, value: string | number | readonly Field[]]

const network = { pod: 0, node: 2 } as const

export interface Pod {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Whether it gets an address of its own; else it is in the host's network. */
  readonly hasAddress?: boolean
}

/** Starts a pod; returns its id. */
export async function runPod(socket: string, pod: Pod): Promise<string> {
  const answer = await call(socket, 'RunPodSandbox', [[1, podConfig(pod)]])
  return answer.text(1) ?? ''
}

/** Starts a container in a pod; returns its id. */
export async function runContainer(
  socket: string,
  podId: string,
  pod: Pod,
  container: {
    readonly name: string
    readonly image: string
    readonly command: readonly string[]
    readonly labels: Readonly<Record<string, string>>
  },
): Promise<string> {
  const config: Field[] = [
    [1, [[1, container.name]]],
    [2, [[1, container.image]]],
    ...container.command.map((word): Field => [3, word]),
    ...mapOf(9, container.labels),
  ]
  const created = await call(socket, 'CreateContainer', [
    [1, podId],
    [2, config],
    [3, podConfig(pod)],
  ])
  const id = created.text(1) ?? ''
  await call(socket, 'StartContainer', [[1, id]])
  return id
}

export async function removePod(socket: string, podId: string): Promise<void> {
  await call(socket, 'StopPodSandbox', [[1, podId]])
  await call(socket, 'RemovePodSandbox', [[1, podId]])
}

/** Runs a command in a container, as `crictl exec` does. */
export async function execInContainer(socket: string, id: string, command: readonly string[]): Promise<void> {
  await call(socket, 'ExecSync', [[1, id], ...command.map((word): Field => [2, word]), [3, 20]])
}

function podConfig({ name, namespace, labels, annotations = {}, hasAddress = false }: Pod): readonly Field[] {
  return [
    [
      1,
      [
        [1, name],
        [2, `uid-${name}`],
        [3, namespace],
      ],
    ],
    ...mapOf(6, labels),
    ...mapOf(7, annotations),
    [8, [[2, [[1, [[1, hasAddress ? network.pod : network.node]]]]]]],
  ]
}

export function mapOf(number: number, entries: Readonly<Record<string, string>>): Field[] {
  return Object.entries(entries).map(
    ([key, value]): Field => [
      number,
      [
        [1, key],
        [2, value],
      ],
    ],
  )
}

async function call(socket: string, method: string, fields: readonly Field[]) {
  const path = `/runtime.v1.RuntimeService/${method}`
  const answer = await callGrpc({ socket, path, body: encode(fields), timeoutMs: 30_000 })
  if (!('message' in answer)) throw new Error(`${method}: ${answer.failure}`)
  return answer.message
}

/** A message of protocol buffers. */
export function encode(fields: readonly Field[]): Buffer {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)])
    const bytes = typeof value === 'string' ? Buffer.from(value) : encode(value)
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes])
  })
  return Buffer.concat(parts)
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
