import { manifestPath } from './files.ts'
import type { Place } from './place.ts'

/** What an installation offered last, by path with the SHA-256 of its content; and the directories that it made. */
export interface Manifest {
  readonly version: string
  readonly files: Readonly<Record<string, string>>
  readonly directories: readonly string[]
}

/** What was installed here before; undefined where nothing was, or where that cannot be told any more. */
export function readManifest(place: Place): Manifest | undefined {
  const text = place.read(manifestPath)
  if (text === undefined) return undefined
  try {
    const { version, files, directories } = JSON.parse(text) as Partial<Manifest>
    return typeof files === 'object' && Array.isArray(directories) ? { version: version ?? '', files, directories } : undefined
  } catch {
    return undefined
  }
}

export function writeManifest(place: Place, manifest: Manifest): void {
  place.put(manifestPath, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), 0o600)
}
