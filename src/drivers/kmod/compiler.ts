import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { textAt } from '../../base/files.ts'

/** What make is to compile with. */
export interface Compiler {
  /** Words for make's command line. */
  readonly words: readonly string[]
  /** What it is, in a few words. */
  readonly name: string
}

const folders = ['/usr/local/bin', '/usr/bin']

/**
 * The compiler nearest to the one that built the kernel: that version, else the next newer, else the newest.
 *
 * `buildDir` is the directory of the kernel's headers. Without any, undefined.
 */
export function compilerFor(buildDir: string): Compiler | undefined {
  const built = builtWith(buildDir)
  const all = installed()
  if (built?.kind === 'clang') {
    const clang = nearest(versionsOf(all, 'clang'), built.major)
    return clang === undefined ? undefined : { words: ['LLVM=1', `CC=${clang}`], name: clang }
  }
  const versioned = nearest(versionsOf(all, 'gcc'), built?.major ?? 0)
  const name = versioned ?? (all.includes('gcc') ? 'gcc' : undefined)
  return name === undefined ? undefined : { words: [`CC=${name}`], name }
}

/** The compiler that built a kernel, as its headers tell; undefined where they do not. */
function builtWith(buildDir: string): { readonly kind: 'gcc' | 'clang'; readonly major: number } | undefined {
  for (const file of ['include/config/auto.conf', '.config']) {
    const text = textAt(join(buildDir, file))
    const isClang = /^CONFIG_CC_IS_CLANG=y/m.test(text)
    const [, version] = (isClang ? /^CONFIG_CLANG_VERSION=(\d+)/m : /^CONFIG_GCC_VERSION=(\d+)/m).exec(text) ?? []
    // 120200 is 12.2.0 (scripts/cc-version.sh).
    if (version !== undefined) return { kind: isClang ? 'clang' : 'gcc', major: Math.floor(Number(version) / 10_000) }
  }
  return undefined
}

function installed(): readonly string[] {
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder).filter((name) => /^(gcc|clang)(-\d+)?$/.test(name))
    } catch {
      return []
    }
  })
}

function versionsOf(names: readonly string[], kind: string): readonly string[] {
  return names.filter((name) => name.startsWith(`${kind}-`))
}

function nearest(names: readonly string[], wanted: number): string | undefined {
  const sorted = [...names].sort((a, b) => majorOf(a) - majorOf(b))
  return sorted.find((name) => majorOf(name) >= wanted) ?? sorted.at(-1)
}

function majorOf(name: string): number {
  return Number(name.split('-')[1])
}
