import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Files and directories to watch; of directories, the names in them that matter, or `*` for all. */
export type Places = ReadonlyMap<string, ReadonlySet<string>>

// As the kernel follows symbolic links (MAXSYMLINKS, include/linux/namei.h).
const mostLinks = 40

/**
 * Where changes to `paths` show: in the files and directories themselves, and in the directories of all symbolic links on the way,
 * since a ConfigMap is exchanged by a link. A path that is not there is looked for where its first missing part would be.
 *
 * Directories of files are not watched for their own sake: they may be busy, such as /tmp.
 */
export function placesOf(paths: readonly string[]): Places {
  const places = new Map<string, Set<string>>()
  const note = (place: string, name: string) => {
    const names = places.get(place) ?? new Set()
    places.set(place, names.add(name))
  }
  for (const path of paths) follow(path, note)
  return places
}

function follow(path: string, note: (place: string, name: string) => void): void {
  let at = '/'
  let rest = partsOf(path)
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest
    const next = join(at, name)
    const info = attempt(() => lstatSync(next, { throwIfNoEntry: false }))
    if (info === undefined || info.isSymbolicLink()) note(at, name)
    if (info === undefined || links > mostLinks) return
    const target = info.isSymbolicLink() ? attempt(() => readlinkSync(next)) : undefined
    if (target !== undefined) links++
    rest = target === undefined ? others : [...partsOf(resolve(at, target)), ...others]
    at = target === undefined ? next : '/'
  }
  note(at, '*')
}

function partsOf(path: string): string[] {
  return resolve(path)
    .split('/')
    .filter((part) => part !== '')
}

/** What stands at `paths` now, as one text: the contents of files, and of the files in directories. */
export function fingerprint(paths: readonly string[]): string {
  const hasher = new Bun.CryptoHasher('sha256')
  for (const path of paths) {
    const isDirectory = attempt(() => statSync(path))?.isDirectory() === true
    const files = isDirectory ? filesIn(path) : [path]
    for (const file of files) hasher.update(`${file}\0`).update(contentOf(file)).update('\0')
  }
  return hasher.digest('hex')
}

function filesIn(directory: string): string[] {
  const names = attempt(() => readdirSync(directory)) ?? []
  return names
    .sort()
    .map((name) => join(directory, name))
    .filter((file) => attempt(() => statSync(file))?.isFile())
}

function contentOf(file: string): Buffer | string {
  return attempt(() => readFileSync(file)) ?? 'cannot be read'
}

// What cannot be looked at is as if it were not there.
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
