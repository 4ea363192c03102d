import type { Container } from '../../event/container.ts'
import { readBolt } from './bolt.ts'
import { askApi, askJson } from './docker.ts'
import { isFile, namesIn, readForeign, readForeignJson } from './files.ts'
import { nameImage } from './image_name.ts'
import { describePodman, parseImageList, parsePodman, parsePodmanBundle } from './podman_json.ts'
import type { Runtime } from './runtime.ts'
import { parse } from './values.ts'

const rootStorage = '/var/lib/containers/storage'
// Below a user's home, for containers without root.
const userStorage = '.local/share/containers/storage'
const drivers = ['overlay', 'vfs', 'btrfs', 'zfs']
const lists = ['containers.json', 'volatile-containers.json']

/** Podman, of root and of users: its lists of containers, its database, and its API. */
export class Podman implements Runtime {
  readonly types: ReadonlySet<string> = new Set(['podman'])
  private readonly storages = new Set<string>([rootStorage])
  private sqlite: typeof import('./podman_sqlite.ts') | undefined

  /** `homes` are those of users who may have containers. All paths are below `hostRoot`. */
  constructor(
    private readonly hostRoot: string,
    private readonly sockets: readonly string[],
    private readonly homes: () => readonly string[],
  ) {}

  read(fullId: string): Container | undefined {
    for (const storage of this.storages) {
      const found = readStorage(this.hostRoot + storage, fullId)
      const row = found && this.sqlite?.readRows(`${this.hostRoot}${storage}/db.sql`, fullId)
      if (found !== undefined) return row === undefined ? found : describePodman(found, parse(row.config), parse(row.state))
    }
    for (const home of this.homes()) {
      const found = readStorage(`${this.hostRoot}${home}/${userStorage}`, fullId)
      if (found !== undefined) return found
    }
    return undefined
  }

  has(fullId: string): string | undefined {
    const storages = [...this.storages, ...this.homes().map((home) => `${home}/${userStorage}`)]
    const bundles = storages.flatMap((storage) => drivers.map((driver) => `${storage}/${driver}-containers/${fullId}/userdata/config.json`))
    return bundles.some((bundle) => isFile(this.hostRoot + bundle)) ? 'podman' : undefined
  }

  async ask(fullId: string): Promise<Container | undefined> {
    const found = await askApi(this.hostRoot, this.allSockets(), fullId)
    return found && { ...found, type: 'podman' }
  }

  async discover(): Promise<void> {
    if ([...this.storages].some((storage) => isFile(`${this.hostRoot}${storage}/db.sql`)))
      this.sqlite ??= await import('./podman_sqlite.ts')
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
}

function readStorage(storage: string, fullId: string): Container | undefined {
  for (const driver of drivers) {
    const dir = `${storage}/${driver}-containers`
    const bundle = readForeignJson(`${dir}/${fullId}/userdata/config.json`)
    const found = readLists(dir, fullId, bundle) ?? (bundle === undefined ? undefined : parsePodmanBundle(fullId, bundle))
    if (found === undefined) continue
    if (found.imageId !== undefined) {
      const images = readForeignJson(`${storage}/${driver}-images/images.json`)
      nameImage(found, parseImageList(images, found.imageId))
    }
    const noted = readBolt(`${storage}/libpod/bolt_state.db`, (root) => {
      const container = root.bucket('ctr', fullId)
      return container && ([container.text('config'), container.text('state')] as const)
    })
    return noted === undefined ? found : describePodman(found, parse(noted[0]), parse(noted[1]))
  }
  return undefined
}

function readLists(dir: string, fullId: string, bundle: unknown): Container | undefined {
  for (const list of lists) {
    const text = readForeign(`${dir}/${list}`, 'utf8')
    const found = text?.includes(fullId) === true ? parsePodman(fullId, text, bundle) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
