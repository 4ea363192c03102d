import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './packages.ts'

// Kernels of other releases of Debian than the machine's: from the places that the machine's own packages come from, by lists that
// are kept apart, so that nothing of them can be installed here by accident.

/** Releases with kernels that the others do not have; -backports is where the newest are. */
const releases = ['bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports'] as const

/** The lists of packages of several releases, and what is in them. */
export interface Lists {
  readonly names: readonly string[]
  /** Downloads a package into a directory; its file. */
  download(name: string, to: string): string
}

/** Fetches the lists, unless that was done. */
export function packageLists(cache: string): Lists {
  const dir = join(cache, 'apt')
  const options = optionsFor(dir)
  if (!existsSync(join(dir, 'fetched'))) {
    for (const each of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(dir, each), { recursive: true })
    writeFileSync(join(dir, 'sources.list'), sources())
    writeFileSync(join(dir, 'status'), '')
    // A release that is gone does not keep the others from being there.
    Bun.spawnSync(['apt-get', '-q', ...options, 'update'], { stdout: 'inherit', stderr: 'inherit' })
    writeFileSync(join(dir, 'fetched'), '')
  }
  const names = run(['apt-cache', ...options, 'pkgnames', 'linux-']).split('\n')
  const download = (name: string, to: string) => {
    const isIt = (file: string) => file.startsWith(`${name}_`)
    if (!readdirSync(to).some(isIt)) run(['apt-get', '-q', ...options, 'download', name], to)
    const file = readdirSync(to).find(isIt)
    if (file === undefined) throw new Error(`apt-get downloaded no ${name}`)
    return join(to, file)
  }
  return { names, download }
}

function optionsFor(dir: string): readonly string[] {
  return [
    `Dir::Etc::sourcelist=${join(dir, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(dir, 'lists')}`,
    `Dir::State::status=${join(dir, 'status')}`,
    `Dir::Cache=${join(dir, 'cache')}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option])
}

// This machine's own lines, and the same with the names of the other releases.
function sources(): string {
  const own = run(['apt-get', 'indextargets', '--format', '$(REPO_URI) $(RELEASE)', 'Created-By: Packages', 'Component: main'])
    .split('\n')
    .map((line) => line.split(' '))
  const lines = own.flatMap(([uri = '', release = '']) => {
    const codename = release.split('-')[0] ?? ''
    if (!(releases as readonly string[]).includes(codename)) return []
    const isSecurity = release === `${codename}-security`
    if (!isSecurity && release !== codename) return [`deb ${uri} ${release} main`]
    return releases
      .filter((each) => !isSecurity || !each.includes('-'))
      .map((each) => `deb ${uri} ${each}${isSecurity ? '-security' : ''} main`)
  })
  return `${[...new Set(lines)].join('\n')}\n`
}
