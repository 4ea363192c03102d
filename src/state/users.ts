import { readFileSync, statSync } from 'node:fs'
import type { Group, User } from '../event/thread.ts'
import { readForeign } from './runtime/files.ts'

/** Names of users and groups: of the host's files, or as a recording lists them. */
export interface Users {
  /** `containerId` is that of the thread, '' outside of containers: the host's names may not hold in one. `pid` is a process there. */
  user(uid: number, containerId: string, pid?: number): User | undefined
  group(gid: number, containerId: string, pid?: number): Group | undefined
  /** Takes in a user of a container, or of the host where none is named. */
  addUser(user: User, containerId?: string): void
  addGroup(group: Group, containerId?: string): void
  deleteUser(uid: number, containerId?: string): void
  deleteGroup(gid: number, containerId?: string): void
  clear(): void
  /** Those of the host. */
  listedUsers(): Iterable<User>
  listedGroups(): Iterable<Group>
  /** Hears of the names in a container's files when they are read; set by who wants it. */
  onLearned?: ((names: ContainerNames) => void) | undefined
  /** The names that are known of containers. */
  contained(): Iterable<ContainerNames>
  /** Forgets what only containers use that are gone. */
  keep(isUsed: (containerId: string) => boolean): void
  /** Reads again what changed; cheap where nothing did. */
  refresh(): void
}

/** Names in the files of a container. */
export interface ContainerNames {
  readonly containerId: string
  readonly users: ReadonlyMap<number, User>
  readonly groups: ReadonlyMap<number, Group>
}

// Root is root even where no list says so; Falco shows no shell for it.
const root: User = { uid: 0, gid: 0, name: 'root', home: '/root', shell: '' }
const rootGroup: Group = { gid: 0, name: 'root' }
const maxContained = 100_000

/** The names that a recording lists. */
export class ListedUsers implements Users {
  protected readonly users = new Map<number, User>()
  protected readonly groups = new Map<number, Group>()
  // By the id of the container and the number. What no container is known to name, the host names.
  private readonly containedUsers = new Map<string, User>()
  private readonly containedGroups = new Map<string, Group>()
  // Containers of which some names are known: what they do not name, the host does not name for them.
  private readonly named = new Set<string>()

  user(uid: number, containerId: string): User | undefined {
    const own = ownOf(this.containedUsers, containerId, uid)
    if (own === undefined && uid !== 0 && this.named.has(containerId)) return undefined
    return own ?? this.users.get(uid) ?? (uid === 0 ? root : undefined)
  }

  group(gid: number, containerId: string): Group | undefined {
    const own = ownOf(this.containedGroups, containerId, gid)
    if (own === undefined && gid !== 0 && this.named.has(containerId)) return undefined
    return own ?? this.groups.get(gid) ?? (gid === 0 ? rootGroup : undefined)
  }

  addUser(user: User, containerId = ''): void {
    if (containerId === '') this.users.set(user.uid, user)
    else if (this.containedUsers.size < maxContained) {
      this.containedUsers.set(`${containerId} ${user.uid}`, user)
      this.named.add(containerId)
    }
  }

  addGroup(group: Group, containerId = ''): void {
    if (containerId === '') this.groups.set(group.gid, group)
    else if (this.containedGroups.size < maxContained) this.containedGroups.set(`${containerId} ${group.gid}`, group)
  }

  deleteUser(uid: number, containerId = ''): void {
    if (containerId === '') this.users.delete(uid)
    else this.containedUsers.delete(`${containerId} ${uid}`)
  }

  deleteGroup(gid: number, containerId = ''): void {
    if (containerId === '') this.groups.delete(gid)
    else this.containedGroups.delete(`${containerId} ${gid}`)
  }

  clear(): void {
    this.users.clear()
    this.groups.clear()
    this.containedUsers.clear()
    this.containedGroups.clear()
    this.named.clear()
  }

  listedUsers(): Iterable<User> {
    return this.users.values()
  }

  listedGroups(): Iterable<Group> {
    return this.groups.values()
  }

  contained(): Iterable<ContainerNames> {
    return []
  }

  keep(_isUsed: (containerId: string) => boolean): void {}

  refresh(): void {}
}

// Of most recordings none is known: then no key is made.
function ownOf<T>(contained: ReadonlyMap<string, T>, containerId: string, id: number): T | undefined {
  return containerId === '' || contained.size === 0 ? undefined : contained.get(`${containerId} ${id}`)
}

interface Names extends ContainerNames {
  readonly users: Map<number, User>
  readonly groups: Map<number, Group>
  isRead: boolean
  triesLeft: number
}

// Of a container whose processes are gone before they can be looked at.
const maxTries = 20
// Of a file of names in a container: some thousand users.
const mostNamesBytes = 256 * 1024
const maxContainers = 10_000

/** The names in /etc/passwd and /etc/group of the host, read again when the files change. */
export class HostUsers extends ListedUsers {
  onLearned: ((names: ContainerNames) => void) | undefined = undefined
  private readonly containers = new Map<string, Names>()
  private passwdMtime = -1
  private groupMtime = -1

  /** `hostRoot` is put before the paths, where the host's root is mounted elsewhere; '' for none. */
  constructor(private readonly hostRoot = '') {
    super()
    this.refresh()
  }

  // Inside a container ids are the container's own, as its files name them.
  override user(uid: number, containerId: string, pid = 0): User | undefined {
    if (containerId === '') return super.user(uid, '')
    return this.namesOf(containerId, pid)?.users.get(uid) ?? (uid === 0 ? super.user(0, '') : undefined)
  }

  override group(gid: number, containerId: string, pid = 0): Group | undefined {
    if (containerId === '') return super.group(gid, '')
    return this.namesOf(containerId, pid)?.groups.get(gid) ?? (gid === 0 ? super.group(0, '') : undefined)
  }

  override contained(): Iterable<ContainerNames> {
    return [...this.containers.values()].filter(({ isRead }) => isRead)
  }

  override keep(isUsed: (containerId: string) => boolean): void {
    for (const id of this.containers.keys()) if (!isUsed(id)) this.containers.delete(id)
  }

  private namesOf(containerId: string, pid: number): Names | undefined {
    const known = this.containers.get(containerId)
    if (known !== undefined && (known.isRead || known.triesLeft <= 0)) return known
    const names = known ?? { containerId, users: new Map(), groups: new Map(), isRead: false, triesLeft: maxTries }
    names.triesLeft--
    if (this.containers.size >= maxContainers) this.containers.clear()
    this.containers.set(containerId, names)
    const root = `${this.hostRoot}/proc/${pid}/root`
    if (pid <= 0 || !isOtherRoot(root)) return names
    const passwd = readForeign(`${root}/etc/passwd`, 'latin1', mostNamesBytes)
    const group = readForeign(`${root}/etc/group`, 'latin1', mostNamesBytes)
    names.isRead = passwd !== undefined
    for (const user of parsePasswd(passwd ?? '')) if (!names.users.has(user.uid)) names.users.set(user.uid, user)
    for (const entry of parseGroup(group ?? '')) if (!names.groups.has(entry.gid)) names.groups.set(entry.gid, entry)
    if (names.isRead) this.onLearned?.(names)
    return names
  }

  override refresh(): void {
    const passwd = readChanged(`${this.hostRoot}/etc/passwd`, this.passwdMtime)
    if (passwd) {
      this.passwdMtime = passwd.mtime
      this.users.clear()
      for (const user of parsePasswd(passwd.text)) this.users.set(user.uid, this.users.get(user.uid) ?? user)
    }
    const group = readChanged(`${this.hostRoot}/etc/group`, this.groupMtime)
    if (group) {
      this.groupMtime = group.mtime
      this.groups.clear()
      for (const entry of parseGroup(group.text)) this.groups.set(entry.gid, this.groups.get(entry.gid) ?? entry)
    }
  }
}

/** The entries of a passwd file (byte string), without those that are not well formed. */
export function parsePasswd(text: string): User[] {
  return linesOf(text, 7).map(([name = '', , uid, gid, , home = '', shell = '']) => ({
    uid: Number(uid),
    gid: Number(gid),
    name,
    home,
    shell,
  }))
}

/** The entries of a group file (byte string), without those that are not well formed. */
export function parseGroup(text: string): Group[] {
  return linesOf(text, 3).map(([name = '', , gid]) => ({ gid: Number(gid), name }))
}

function linesOf(text: string, least: number): string[][] {
  const rows = text.split('\n').map((line) => line.split(':'))
  return rows.filter((row) => row.length >= least && row[0] !== '' && /^[0-9]+$/.test(row[2] ?? ''))
}

// A process that a runtime has just made still has the host's root.
function isOtherRoot(root: string): boolean {
  try {
    const there = statSync(`${root}/`)
    const here = statSync('/')
    return there.ino !== here.ino || there.dev !== here.dev
  } catch {
    return false
  }
}

function readChanged(file: string, mtime: number): { text: string; mtime: number } | undefined {
  try {
    const now = statSync(file).mtimeMs
    return now === mtime ? undefined : { text: readFileSync(file, 'latin1'), mtime: now }
  } catch {
    return undefined
  }
}
