import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { join } from 'node:path'
import { encode, type Field, mapOf } from './cri_client.ts'

// CRI-O, of which Debian has no package: the cgroups and the files that it makes, and what it answers.

export const pod = {
  id: 'c0'.repeat(32),
  labels: {
    app: 'wéb',
    'pod-template-hash': '5d9c7b9d4',
    'io.kubernetes.pod.name': 'web-5d9c7b9d4-x',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': 'u-1',
  },
  ip: '10.85.0.9',
}
const image = 'quay.io/team/web:2'
const digest = `quay.io/team/web@sha256:${'d'.repeat(64)}`
const containerLabels = { 'io.kubernetes.container.name': 'nginx', ...pod.labels, app: undefined }

/** Answers for the container on `socket`, as CRI-O does; returns the end of it. */
export async function serveCrio(socket: string, ids: readonly string[]): Promise<() => void> {
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => answer(stream, String(headers[':path']), Buffer.concat(chunks).toString('latin1'), ids))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return () => server.close()
}

function answer(stream: ServerHttp2Stream, path: string, asked: string, ids: readonly string[]): void {
  const id = ids.find((each) => asked.includes(each))
  const isPod = path.endsWith('/PodSandboxStatus') && asked.includes(pod.id)
  const fields =
    path === '/runtime.v1.RuntimeService/ContainerStatus' && id !== undefined ? containerStatus(id) : isPod ? podStatus() : undefined
  const status = fields !== undefined ? '0' : path.startsWith('/runtime.v1.') ? '5' : '12'
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
  const body = fields === undefined ? Buffer.alloc(0) : encode(fields)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  stream.end(fields === undefined ? undefined : Buffer.concat([head, body]))
}

function containerStatus(id: string): readonly Field[] {
  const info = { sandboxID: pod.id, privileged: true, runtimeSpec: { process: { env: ['A=B'] } } }
  const told: Field[] = [
    [1, id],
    [2, [[1, 'nginx']]],
    [8, [[1, image]]],
    [9, digest],
    ...mapOf(12, JSON.parse(JSON.stringify(containerLabels))),
    [
      14,
      [
        [1, '/data'],
        [2, '/srv'],
        [3, 1],
        [5, 1],
      ],
    ],
  ]
  return [[1, told], ...mapOf(2, { info: JSON.stringify(info) })]
}

function podStatus(): readonly Field[] {
  return [[1, [[1, pod.id], [2, [[1, 'web-5d9c7b9d4-x']]], [5, [[1, pod.ip]]], ...mapOf(7, pod.labels)]], ...mapOf(2, { info: '{}' })]
}

/** Writes the bundles of a container and of its pod; returns the way back. */
export function writeCrioBundles(id: string): () => void {
  const storage = '/run/containers/storage/overlay-containers'
  const process = { capabilities: { effective: ['CAP_CHOWN'] }, env: ['A=B'] }
  const linux = { namespaces: [{ type: 'pid' }, { type: 'network' }, { type: 'ipc' }], maskedPaths: ['/proc/acpi'] }
  const note = (name: string) => `io.kubernetes.cri-o.${name}`
  const own = { [note('ImageName')]: image, [note('SandboxID')]: pod.id, [note('Labels')]: JSON.stringify(containerLabels) }
  const pods = { [note('Labels')]: JSON.stringify(pod.labels), [note('IP.0')]: pod.ip, [note('Annotations')]: '{}' }
  const all = [
    [id, { 'io.kubernetes.container.name': 'nginx', ...own }],
    [pod.id, pods],
  ] as const
  for (const [each, annotations] of all) {
    mkdirSync(join(storage, each, 'userdata'), { recursive: true })
    writeFileSync(join(storage, each, 'userdata/config.json'), JSON.stringify({ process, linux, annotations }))
  }
  return () => {
    for (const [each] of all) rmSync(join(storage, each), { recursive: true, force: true })
  }
}

/** Runs a command in the cgroup that CRI-O makes for this container under systemd. */
export async function runInCrioCgroup(id: string, argv: readonly string[]): Promise<void> {
  const parents = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))
  const roots = ['/sys/fs/cgroup', ...parents].filter((root) => existsSync(join(root, 'cgroup.procs')) && !root.includes('.slice'))
  const groups = roots.map((root) => join(root, 'kubepods.slice/kubepods-podu_1.slice', `crio-${id}.scope`))
  for (const group of groups) mkdirSync(group, { recursive: true })
  const enter = groups.map((group) => `echo $$ > '${group}/cgroup.procs' 2>/dev/null`).join('; ')
  try {
    await Bun.spawn(['sh', '-c', `${enter}; exec "$@"`, 'sh', ...argv]).exited
  } finally {
    for (const group of groups) rmdirSync(group)
  }
}
