import { namesIn, readForeign } from './files.ts'

const daemon = 'containerd\n'
const defaultConfig = '/etc/containerd/config.toml'
const mostBytes = 1_048_576
const rootKey = /^\s*root\s*=\s*["']([^"'\n]+)["']/m

/** Where the containerds that run keep their files, by their command lines and configurations: sooner known than asked for. */
export function containerdRoots(hostRoot: string): string[] {
  const configs = new Set([defaultConfig])
  const roots = new Set<string>()
  for (const pid of namesIn(`${hostRoot}/proc`)) {
    if (!/^\d+$/.test(pid) || readForeign(`${hostRoot}/proc/${pid}/comm`, 'latin1') !== daemon) continue
    const words = (readForeign(`${hostRoot}/proc/${pid}/cmdline`, 'latin1') ?? '').split('\0')
    const config = optionOf(words, ['--config', '-c'])
    const root = optionOf(words, ['--root'])
    if (config !== undefined) configs.add(config)
    if (root !== undefined) roots.add(root)
  }
  for (const config of configs) {
    const root = rootKey.exec(readForeign(hostRoot + config, 'utf8', mostBytes) ?? '')?.[1]
    if (root !== undefined) roots.add(root)
  }
  return [...roots].filter((root) => root.startsWith('/'))
}

function optionOf(words: readonly string[], names: readonly string[]): string | undefined {
  for (const [i, word] of words.entries()) {
    for (const name of names) {
      if (word === name) return words[i + 1]
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1)
    }
  }
  return undefined
}
