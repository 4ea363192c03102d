import type { Container } from '../../event/container.ts'
import { askApi, askJson } from './docker.ts'
import { namesIn, readForeign, readJson } from './files.ts'
import { parseBundle, parsePodman } from './json.ts'
import type { Runtime } from './runtime.ts'

const rootStorage = '/var/lib/containers/storage'
// Below a user's home, for containers without root.
const userStorage = '.local/share/containers/storage'
const drivers = ['overlay', 'vfs', 'btrfs', 'zfs']
const lists = ['containers.json', 'volatile-containers.json']

/** Podman, of root and of users: its lists of containers, and its API. */
export class Podman implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['podman'])
  private readonly storages = new Set<string>([rootStorage])

  /** `homes` are those of users who may have containers. All paths are below `hostRoot`. */
  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
    private readonly homes: () => readonly string[],
  ) {}

  read(fullId: string): Container | undefined {
    for (const storage of [...this.storages, ...this.homes().map((home) => `${home}/${userStorage}`)]) {
      const found = this.readStorage(this.hostRoot + storage, fullId)
      if (found !== undefined) return found
    }
    return undefined
  }

  async ask(fullId: string): Promise<Container | undefined> {
    const found = await askApi(this.hostRoot, this.allSockets(), fullId)
    return found && { ...found, type: 'podman' }
  }

  async discover(): Promise<void> {
    for (const socket of this.allSockets()) {
      const info = await askJson(this.hostRoot + socket, '/libpod/info')
      const root = (info as { store?: { graphRoot?: unknown } } | undefined)?.store?.graphRoot
      if (typeof root === 'string') this.storages.add(root)
    }
  }

  // Sockets of users come and go with their sessions.
  private allSockets(): readonly string[] {
    const users = namesIn(`${this.hostRoot}/run/user`).map((uid) => `/run/user/${uid}/podman/podman.sock`)
    return [...new Set([...this.sockets, ...users])]
  }

  private readStorage(storage: string, fullId: string): Container | undefined {
    for (const driver of drivers) {
      const dir = `${storage}/${driver}-containers`
      const bundle = readJson(`${dir}/${fullId}/userdata/config.json`)
      for (const list of lists) {
        const text = readForeign(`${dir}/${list}`, 'utf8')
        const found = text?.includes(fullId) === true ? parsePodman(fullId, text, bundle) : undefined
        if (found !== undefined) return found
      }
      if (bundle !== undefined) return parseBundle(fullId, 'podman', bundle)
    }
    return undefined
  }
}
