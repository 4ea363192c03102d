import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { searchPath } from './docker.ts'

/** A containerd of the test's own, with an image of busybox, for Kubernetes' containers too. */
export interface Containerd {
  readonly socket: string
  readonly image: string
  /** Runs a command in a container; resolves when it has ended. */
  run(id: string, argv: readonly string[], options?: readonly string[]): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

const image = 'docker.io/eyas-test/busybox:1'
const startMs = 20_000
// Debian: containernetworking-plugins.
const pluginDir = '/usr/lib/cni'
export const podBridge = 'eyas-test0'
const podRange = { type: 'host-local', ranges: [[{ subnet: '10.213.0.0/24' }]] }
const podNetwork = {
  cniVersion: '0.4.0',
  name: 'eyas-test',
  plugins: [{ type: 'bridge', bridge: podBridge, isGateway: false, ipam: podRange }],
}

/** Whether pods can have addresses of their own. */
export function hasPodNetwork(): boolean {
  return existsSync(join(pluginDir, 'bridge')) && existsSync(join(pluginDir, 'loopback'))
}

/** What is missing for it, as a sentence; undefined where all is there. */
export function whyNoContainerd(): string | undefined {
  const missing = ['containerd', 'ctr', 'runc', 'busybox', 'tar'].filter((program) => Bun.which(program, { PATH: searchPath }) === null)
  return missing.length > 0 ? `containers need ${missing.join(', ')} (Debian: containerd, busybox-static)` : undefined
}

export async function startContainerd(dir: string): Promise<Containerd> {
  const socket = join(dir, 'containerd.sock')
  const config = join(dir, 'containerd.toml')
  writeFileSync(config, configText(dir, socket))
  writeFileSync(join(dir, 'eyas.conflist'), JSON.stringify(podNetwork))
  let child = await launch(config, socket, dir)
  const ctr = async (args: readonly string[]) => {
    const done = Bun.spawn(['ctr', '--address', socket, ...args], { stdout: 'ignore', stderr: 'pipe', env: { PATH: searchPath } })
    const words = await new Response(done.stderr).text()
    if ((await done.exited) !== 0) throw new Error(`ctr ${args.join(' ')}: ${words}`)
  }
  const archive = await imageArchive(dir)
  for (const space of ['default', 'k8s.io']) await ctr(['--namespace', space, 'images', 'import', '--snapshotter', 'native', archive])
  return {
    socket,
    image,
    run: (id, argv, options = []) => ctr(['run', '--snapshotter', 'native', '--rm', ...options, image, id, ...argv]),
    stop: async () => {
      child.kill('SIGTERM')
      await child.exited
    },
    start: async () => {
      child = await launch(config, socket, dir)
    },
  }
}

// A machine that is itself confined may lack the right to better a process's chances against the kernel's memory killer.
function configText(dir: string, socket: string): string {
  return `version = 2
root = "${dir}/root"
state = "${dir}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${image}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${pluginDir}"
    conf_dir = "${dir}"
`
}

async function launch(config: string, socket: string, dir: string) {
  rmSync(socket, { force: true })
  const log = Bun.file(join(dir, 'containerd.log'))
  const child = Bun.spawn(['containerd', '--config', config], { env: { PATH: searchPath }, stdout: log, stderr: log })
  const deadline = Date.now() + startMs
  while (!(await answers(socket))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`containerd did not start:\n${readFileSync(join(dir, 'containerd.log'), 'utf8').slice(-2000)}`)
    }
    await Bun.sleep(20)
  }
  return child
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = connect(socket, () => {
      stream.destroy()
      resolve(true)
    })
    stream.on('error', () => resolve(false))
  })
}

/** A root directory with busybox, and users of its own, as a tar file. */
export function rootArchive(dir: string): string {
  const root = join(dir, 'image')
  for (const name of ['bin', 'etc', 'tmp']) mkdirSync(join(root, name), { recursive: true })
  const busybox = Bun.which('busybox') ?? ''
  for (const name of ['busybox', 'sh', 'true', 'ls', 'sleep', 'cat']) {
    writeFileSync(join(root, 'bin', name), readFileSync(busybox))
    chmodSync(join(root, 'bin', name), 0o755)
  }
  writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\napp:x:1234:1234::/:/bin/sh\n')
  const archive = join(dir, 'root.tar')
  Bun.spawnSync(['tar', '-C', root, '-cf', archive, '.'])
  rmSync(root, { recursive: true })
  return archive
}

// As docker save writes it.
async function imageArchive(dir: string): Promise<string> {
  const layer = rootArchive(dir)
  const place = join(dir, 'archive')
  mkdirSync(place)
  const digest = hash(readFileSync(layer))
  writeFileSync(join(place, 'layer.tar'), readFileSync(layer))
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/sleep', '1000'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  }
  writeFileSync(join(place, 'config.json'), JSON.stringify(config))
  writeFileSync(join(place, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }]))
  const archive = join(dir, 'image.tar')
  Bun.spawnSync(['tar', '-C', place, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar'])
  rmSync(place, { recursive: true })
  return archive
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
