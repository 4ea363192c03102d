import { join } from 'node:path'
import rotation from '../../../packaging/eyas.logrotate' with { type: 'text' }
import unit from '../../../packaging/eyas.service' with { type: 'text' }
import configText from '../../../packaging/falco.yaml' with { type: 'text' }
import localRules from '../../../packaging/falco_rules.local.yaml' with { type: 'text' }
import { readRules } from '../shared/rules.ts'

/**
 * What becomes of a file that is there and has another content: `ours` is replaced, `theirs` is left alone; `shared` is replaced where
 * nobody has changed it since it was installed, else the new one goes beside it.
 */
export type Owner = 'ours' | 'shared' | 'theirs'

export interface InstalledFile {
  readonly path: string
  readonly mode: number
  readonly owner: Owner
  readonly content: () => Promise<Uint8Array>
}

export const programPath = '/usr/bin/eyas'
export const unitName = 'eyas.service'
/** What was installed, by path with the SHA-256 of what was offered: whoever has changed a file keeps it. */
export const manifestPath = '/var/lib/eyas/installed.json'

/** All that is installed besides directories. */
export const installedFiles: readonly InstalledFile[] = [
  { path: programPath, mode: 0o755, owner: 'ours', content: () => Bun.file(process.execPath).bytes() },
  text('/etc/falco/falco.yaml', 'shared', configText),
  text('/etc/falco/falco_rules.yaml', 'shared', readRules('builtin:falco_rules.yaml').text),
  text('/etc/falco/falco_rules.local.yaml', 'theirs', localRules),
  text(join('/etc/systemd/system', unitName), 'shared', unit),
  text('/etc/logrotate.d/eyas', 'shared', rotation),
]

/** Directories with their modes, parents first. */
export const installedDirectories: readonly (readonly [path: string, mode: number])[] = [
  ['/etc/falco', 0o755],
  ['/etc/falco/rules.d', 0o755],
  ['/etc/falco/config.d', 0o755],
  ['/var/log/falco', 0o750],
  ['/var/lib/eyas', 0o700],
]

function text(path: string, owner: Owner, content: string): InstalledFile {
  return { path, mode: 0o644, owner, content: async () => Buffer.from(content, 'utf8') }
}
