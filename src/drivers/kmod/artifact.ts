import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import type { Host } from './host.ts'
import type { Target } from './target.ts'

/** A module that somebody may have built for a machine. */
export interface Artifact {
  readonly name: string
  readonly version: string
  readonly arch: Host['arch']
  readonly file: string
}

/**
 * What a prebuilt module of this name and version is called.
 *
 * @throws Fault `flag-invalid` where a part would lead out of the directory that it belongs in.
 */
export function artifactOf(name: string, version: string, arch: Host['arch'], target: Target): Artifact {
  for (const part of [name, version, target.id, target.release, target.version]) checkPart(part)
  return { name, version, arch, file: `${name}_${target.id}_${target.release}_${target.version}.ko` }
}

function checkPart(part: string): void {
  if (/^[\w.+~:@-]*$/.test(part) && !part.includes('..') && part.length <= 128) return
  throw new Fault('flag-invalid', `'${part.slice(0, 80)}' cannot be part of the name of a driver`, {
    hint: 'it takes letters, digits and . _ + ~ - only; see --name, --version, --kernelrelease and --kernelversion',
  })
}

/** Where a repository has it. */
export function urlIn(repository: string, { version, arch, file }: Artifact): string {
  return `${repository.replace(/\/+$/, '')}/${encodeURIComponent(version)}/${arch}/${file}`
}

/** Where it is kept on this machine: `~/.falco/VERSION/ARCH/FILE`. */
export function localPath(home: string, { version, arch, file }: Artifact): string {
  return join(home, '.falco', version, arch, file)
}
