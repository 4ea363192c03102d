import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A docker of the test's own: a daemon with its data in the test's directory, an image of busybox, one privileged container. */
export interface Docker {
  /** Endpoint of its API, alone in its directory. */
  readonly socket: string
  readonly containerId: string
  readonly containerName: string
  readonly image: string
  readonly tag: string
  /** Whether containers are on overlayfs, so that an executable of the image and a new one can be told apart. */
  readonly hasOverlay: boolean
  /** Runs a program in the container; with a terminal where `tty` is set. */
  exec(argv: readonly string[], options: { readonly env: Record<string, string>; readonly tty?: boolean }): Promise<void>
  /** Runs docker's own command line. */
  client(args: readonly string[]): string
  stop(): Promise<void>
}

const image = 'eyas-test/busybox'
const tag = '1'
const containerName = 'eyas-test'
const startMs = 30_000

/** Daemons are where not every user's PATH looks. */
export const searchPath = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`

// A privileged container gets every capability. A machine that is itself confined may lack the one to exceed resource limits;
// the runtime then refuses, although nothing here needs it.
const runtimeScript = `#!/bin/sh
for word in "$@"; do
  case $previous in
    --bundle) file=$word/config.json ;;
    --process) file=$word ;;
  esac
  previous=$word
done
[ -z "$file" ] || sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$file"
exec runc "$@"
`

/** What is missing for containers, as a sentence; undefined where all is there. */
export function whyNoDocker(): string | undefined {
  const missing = ['docker', 'dockerd', 'containerd', 'runc', 'busybox'].filter(
    (program) => Bun.which(program, { PATH: searchPath }) === null,
  )
  if (missing.length > 0) return `containers need ${missing.join(', ')} (Debian: docker.io, busybox-static)`
  return undefined
}

/**
 * Starts containerd and dockerd, imports an image of busybox and `programs` (paths on the host by path in the image), and starts a
 * container in it. All they start carries `env`.
 */
export async function startDocker(dir: string, programs: Record<string, string>, env: Record<string, string>): Promise<Docker> {
  const daemons: Daemon[] = []
  const stop = async () => {
    for (const daemon of daemons.reverse()) await daemon.stop()
    for (const mount of mountsUnder(dir)) Bun.spawnSync(['umount', '-l', mount])
  }
  try {
    const socket = await startDaemons(dir, env, daemons)
    const client = clientOf(socket)
    importImage(dir, client, programs)
    const run = ['run', '--detach', '--name', containerName, '--network=none', '--privileged', '--runtime=able', `${image}:${tag}`]
    const containerId = client([...run, '/bin/sleep', '1000000'])
    const hasOverlay = client(['info', '--format', '{{.Driver}}']) === 'overlay2'
    return {
      socket,
      containerId: containerId.slice(0, 12),
      containerName,
      image,
      tag,
      hasOverlay,
      client,
      exec: (argv, options) => exec(socket, containerId, argv, options),
      stop: async () => {
        client(['rm', '--force', containerName])
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Daemon {
  stop(): Promise<void>
}

// Falls back from overlayfs to plain copies, for machines on which overlayfs cannot be nested.
async function startDaemons(dir: string, env: Record<string, string>, daemons: Daemon[]): Promise<string> {
  const runtime = join(dir, 'runtime.sh')
  writeFileSync(runtime, runtimeScript, { mode: 0o755 })
  const containerd = join(dir, 'containerd.sock')
  const paths = ['--root', join(dir, 'containerd'), '--state', join(dir, 'containerd-state')]
  daemons.push(await startDaemon(['containerd', ...paths, '--address', containerd], env, dir, containerd))
  const socket = join(dir, 'run', 'docker.sock')
  mkdirSync(join(dir, 'run'))
  const options = ['--data-root', join(dir, 'docker'), '--exec-root', join(dir, 'docker-exec'), '--pidfile', join(dir, 'docker.pid')]
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none']
  const base = ['dockerd', ...options, ...network, '--add-runtime', `able=${runtime}`, '--containerd', containerd, '-H', `unix://${socket}`]
  try {
    daemons.push(await startDaemon([...base, '--storage-driver=overlay2'], env, dir, socket))
  } catch {
    daemons.push(await startDaemon([...base, '--storage-driver=vfs'], env, dir, socket))
  }
  return socket
}

async function startDaemon(argv: readonly string[], env: Record<string, string>, dir: string, socket: string): Promise<Daemon> {
  const logFile = join(dir, `${argv[0]}.log`)
  const child = Bun.spawn([...argv], {
    env: { PATH: searchPath, ...env },
    stdout: Bun.file(logFile),
    stderr: Bun.file(logFile),
  })
  const deadline = Date.now() + startMs
  while (!(await answers(socket))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${argv[0]} did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await Bun.sleep(20)
  }
  const stop = async () => {
    child.kill('SIGTERM')
    await child.exited
  }
  return { stop }
}

async function answers(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return false
  return new Promise((resolve) => {
    const end = (answer: boolean) => () => resolve(answer)
    Bun.connect({ unix: socket, socket: { open: (open) => void open.end(), data: () => {}, close: end(true) } }).catch(end(false))
  })
}

function clientOf(socket: string): (args: readonly string[]) => string {
  return (args) => {
    const done = Bun.spawnSync(['docker', '-H', `unix://${socket}`, ...args])
    if (done.exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${done.stderr.toString()}`)
    return done.stdout.toString().trim()
  }
}

function importImage(dir: string, client: (args: readonly string[]) => string, programs: Record<string, string>): void {
  const root = join(dir, 'image')
  for (const name of ['bin', 'etc', 'tmp']) mkdirSync(join(root, name), { recursive: true })
  copy(Bun.which('busybox') ?? '', join(root, 'bin', 'busybox'))
  const applets = Bun.spawnSync(['busybox', '--list']).stdout.toString().trim().split('\n')
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  for (const [to, from] of Object.entries(programs)) copy(from, join(root, to))
  writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  writeFileSync(join(root, 'etc', 'secret'), '')
  const archive = join(dir, 'image.tar')
  const packed = Bun.spawnSync(['tar', '-C', root, '-cf', archive, '.'])
  if (packed.exitCode !== 0) throw new Error(packed.stderr.toString())
  client(['import', archive, `${image}:${tag}`])
  rmSync(root, { recursive: true })
}

function copy(from: string, to: string): void {
  writeFileSync(to, readFileSync(from), { mode: 0o755 })
}

async function exec(socket: string, container: string, argv: readonly string[], options: Parameters<Docker['exec']>[1]): Promise<void> {
  const env = Object.entries(options.env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const tty = options.tty === true ? ['--tty'] : []
  const child = Bun.spawn(['docker', '-H', `unix://${socket}`, 'exec', ...env, ...tty, container, ...argv], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const words = await new Response(child.stderr).text()
  // 125 to 127 are docker's own: the program was not started. What the program itself makes of it is the attack's business.
  if ((await child.exited) >= 125) throw new Error(`docker exec ${argv.join(' ')}: ${words}`)
}

function mountsUnder(dir: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  return points.filter((point) => point.startsWith(`${dir}/`)).reverse()
}
