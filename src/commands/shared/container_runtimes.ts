import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '../../config/load.ts'
import type { FixedContainer, RuntimeOptions } from '../../state/runtimes.ts'
import { parsePasswd } from '../../state/users.ts'

type Engine = 'docker' | 'podman' | 'containerd' | 'cri'

/** Where runtimes listen, if the configuration does not say. */
export const defaultSockets: Readonly<Record<Engine, readonly string[]>> = {
  docker: ['/var/run/docker.sock'],
  podman: ['/run/podman/podman.sock'],
  containerd: ['/run/containerd/containerd.sock', '/run/host-containerd/containerd.sock'],
  cri: [
    '/run/containerd/containerd.sock',
    '/run/crio/crio.sock',
    '/run/k3s/containerd/containerd.sock',
    '/run/host-containerd/containerd.sock',
  ],
}

const plugin = 'container'

// What containers of each type are found by: where none of these is enabled, they are taken for the host's.
const enginesOf: Readonly<Record<string, readonly string[]>> = {
  docker: ['docker'],
  podman: ['podman'],
  containerd: ['containerd', 'cri'],
  'cri-o': ['cri'],
  lxc: ['lxc'],
  'libvirt-lxc': ['libvirt_lxc'],
  bpm: ['bpm'],
}

/** How to find out about containers: the `init_config` of Falco's container plugin, with its defaults. */
export function runtimeOptions({ plugins }: Pick<Config, 'plugins'>, hostRoot: string): RuntimeOptions {
  const init = parse(plugins.find(({ name }) => name === plugin)?.initConfig ?? '')
  const engines = objectOf(init.engines)
  const socketsOf = (engine: Engine) => {
    const { enabled, sockets } = objectOf(engines[engine])
    if (enabled === false) return undefined
    return Array.isArray(sockets) ? sockets.map(String) : defaultSockets[engine]
  }
  const docker = socketsOf('docker')
  const podman = socketsOf('podman')
  const containerd = socketsOf('containerd')
  const cri = socketsOf('cri')
  const longest = Number(init.label_max_len)
  const isOff = (engine: string) => objectOf(engines[engine]).enabled === false
  const hidden = Object.entries(enginesOf).flatMap(([type, by]) => (by.every(isOff) ? [type] : []))
  return {
    hostRoot,
    docker,
    podman,
    containerd,
    cri,
    hidden: new Set(hidden),
    fixed: fixedContainer(objectOf(engines.static)),
    ...(longest > 0 ? { longestLabel: longest } : {}),
    homes: rememberedHomes(hostRoot),
  }
}

// All that runs is in this one container, as whoever cannot see the others wants it.
function fixedContainer({ enabled, container_id: id, container_name: name, container_image: image }: Json): FixedContainer | undefined {
  return enabled === true && typeof id === 'string' ? { id, name: String(name ?? ''), image: String(image ?? '') } : undefined
}

type Json = { readonly [key: string]: unknown }

function parse(text: string): Json {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

// Of people, not of services (login.defs).
const firstUser = 1000
const lastUser = 60_000

// Each look takes some file operations for each user of the machine.
const rememberMs = 1000
const storages = ['.local/share/containers', '.local/share/docker']

/** Homes of people who have containers. */
function rememberedHomes(hostRoot: string): () => readonly string[] {
  let homes: readonly string[] = []
  let readMs = Number.NEGATIVE_INFINITY
  return () => {
    const nowMs = performance.now()
    if (nowMs - readMs < rememberMs) return homes
    readMs = nowMs
    homes = homesOf(hostRoot).filter((home) => storages.some((storage) => existsSync(`${hostRoot}${home}/${storage}`)))
    return homes
  }
}

function homesOf(hostRoot: string): readonly string[] {
  try {
    const users = parsePasswd(readFileSync(`${hostRoot}/etc/passwd`, 'latin1'))
    return users.filter(({ uid }) => uid >= firstUser && uid <= lastUser).map(({ home }) => home)
  } catch {
    return []
  }
}
