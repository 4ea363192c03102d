import { eyasVersion } from '../../base/version.ts'
import { type InstalledFile, installedDirectories, installedFiles, manifestPath } from './files.ts'
import { type Manifest, readManifest, writeManifest } from './manifest.ts'
import { hashOf, type Place } from './place.ts'

/** Something that was done, or with `--dry-run` would be. */
export interface Step {
  readonly verb: 'create' | 'replace' | 'same' | 'keep' | 'beside' | 'remove' | 'run'
  readonly what: string
  readonly why?: string
}

/**
 * Installs all files, and gives what was done.
 *
 * @throws Fault `install-failed`.
 */
export async function installFiles(place: Place): Promise<Step[]> {
  const before = readManifest(place)
  const made = installedDirectories.filter(([path]) => !place.has(path)).map(([path]) => path)
  for (const [path, mode] of installedDirectories) if (made.includes(path)) place.makeDirectory(path, mode)
  const steps: Step[] = made.map((path) => ({ verb: 'create', what: `${place.at(path)}/` }))
  const files: Record<string, string> = { ...before?.files }
  for (const file of installedFiles) steps.push(await installFile(place, file, files))
  writeManifest(place, { version: eyasVersion, files, directories: [...new Set([...(before?.directories ?? []), ...made])] })
  return steps
}

async function installFile(place: Place, { path, mode, owner, content }: InstalledFile, files: Record<string, string>): Promise<Step> {
  const fresh = await content()
  const [offered, before, now] = [hashOf(fresh), files[path], place.hashAt(path)]
  const what = place.at(path)
  files[path] = offered
  if (now === offered) return { verb: 'same', what }
  if (now === undefined || owner === 'ours' || now === before) {
    place.put(path, fresh, mode)
    return { verb: now === undefined ? 'create' : 'replace', what }
  }
  if (owner === 'theirs') return { verb: 'keep', what, why: 'yours' }
  if (before === offered) return { verb: 'keep', what, why: 'changed here, and there is nothing new' }
  const beside = `${path}.new`
  files[beside] = offered
  place.put(beside, fresh, mode)
  return { verb: 'beside', what: place.at(beside), why: `${what} was changed here and stays as it is` }
}

/** Removes what was installed and not changed since, `isPurge` also what was; gives what was done. */
export function uninstallFiles(place: Place, manifest: Manifest, isPurge: boolean): Step[] {
  const steps = Object.entries(manifest.files).flatMap(([path, offered]): Step[] => {
    const now = place.hashAt(path)
    const what = place.at(path)
    if (now === undefined) return []
    const isOurs = installedFiles.some((file) => file.path === path && file.owner === 'ours')
    if (now !== offered && !isOurs && !isPurge) return [{ verb: 'keep', what, why: 'changed here; --purge removes it, too' }]
    place.remove(path)
    return [{ verb: 'remove', what }]
  })
  place.remove(manifestPath)
  return [...steps, ...removeDirectories(place, manifest, isPurge)]
}

// What holds files of others, such as logs, stays.
function removeDirectories(place: Place, manifest: Manifest, isPurge: boolean): Step[] {
  const steps: Step[] = []
  if (isPurge && place.has('/var/lib/eyas')) {
    place.remove('/var/lib/eyas')
    steps.push({ verb: 'remove', what: `${place.at('/var/lib/eyas')}/`, why: 'with the spool' })
  }
  for (const path of [...manifest.directories].reverse()) {
    if (!place.has(path)) continue
    const what = `${place.at(path)}/`
    const wasEmpty = place.removeEmpty(path)
    if (wasEmpty === true) steps.push({ verb: 'remove', what })
    else if (wasEmpty === 'unknown') steps.push({ verb: 'remove', what, why: 'where it is empty by then' })
    else steps.push({ verb: 'keep', what, why: 'it is not empty' })
  }
  return steps
}
