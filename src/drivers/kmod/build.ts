import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { textAt } from '../../base/files.ts'
import { type Compiler, compilerFor } from './compiler.ts'
import { headersOf } from './headers.ts'
import type { Host } from './host.ts'
import { distrust, type Source } from './sources.ts'
import { find, lastWords, run } from './tools.ts'

/** How a module would be built. */
export interface BuildPlan {
  readonly tool: 'dkms' | 'make'
  readonly source: Source
  readonly headers: string
  readonly compiler: Compiler
}

const buildMs = 30 * 60_000

/**
 * How to build a source for a host, or why it cannot be.
 *
 * dkms is taken where it is, for a source where dkms looks for it: it builds the module anew for each later kernel, too.
 */
export function buildPlan(host: Host, source: Source): BuildPlan | string {
  const headers = headersOf(host)
  if (headers === undefined) return `the headers of kernel ${host.release} are not installed`
  const reason = distrust(source.dir)
  if (reason !== undefined) return reason
  if (!find('make')) return 'make is not installed'
  const compiler = compilerFor(headers)
  if (compiler === undefined) return 'no gcc is installed'
  const isDkms =
    source.hasDkms && host.root === '/' && source.dir === `/usr/src/${source.name}-${source.version}` && find('dkms') !== undefined
  return { tool: isDkms ? 'dkms' : 'make', source, headers, compiler }
}

/**
 * Builds with dkms, which also installs the module below /lib/modules.
 *
 * @throws Fault `build-failed`.
 */
export async function buildWithDkms({ source, compiler }: BuildPlan, host: Host): Promise<void> {
  const module = ['-m', source.name, '-v', source.version]
  const status = await run(['dkms', 'status', ...module])
  if (status.output === '') await run(['dkms', 'add', ...module])
  if (status.output.includes(`${host.release}, `) && /: installed\b/.test(lineOf(status.output, host.release))) return
  // Variables in MAKEFLAGS count as if they stood on make's command line.
  const env = { MAKEFLAGS: compiler.words.join(' ') }
  const built = await run(['dkms', 'install', ...module, '-k', host.release, '--force'], { timeoutMs: buildMs, env })
  if (built.isOk) return
  const log = makeLog(source)
  throw new Fault('build-failed', `dkms, with ${compiler.name}: ${log === '' ? lastWords(built.output) : firstError(log)}`)
}

function lineOf(text: string, part: string): string {
  return text.split('\n').find((line) => line.includes(part)) ?? ''
}

function makeLog({ name, version }: Source): string {
  return textAt(`/var/lib/dkms/${name}/${version}/build/make.log`).slice(-64 * 1024)
}

/**
 * Builds in a private directory; `take` is handed the module before that is removed.
 *
 * @throws Fault `build-failed`.
 */
export async function buildWithMake({ source, headers, compiler }: BuildPlan, host: Host, take: (path: string) => void): Promise<void> {
  if (host.root !== '/') linkSources(host.root)
  const dir = mkdtempSync(join(tmpdir(), 'eyas-build-'))
  try {
    cpSync(source.dir, dir, { recursive: true })
    const hasOwnRule = /\bKERNELDIR\b/.test(readFileSync(join(dir, 'Makefile'), 'utf8'))
    const words = hasOwnRule ? ['-C', dir, `KERNELDIR=${headers}`, 'all'] : ['-C', headers, `M=${dir}`, 'modules']
    const ran = await run(['make', ...words, `-j${availableParallelism()}`, ...compiler.words], { timeoutMs: buildMs, cwd: dir })
    const module = readdirSync(dir).find((name) => name.endsWith('.ko'))
    if (module === undefined || !ran.isOk) throw new Fault('build-failed', `make, with ${compiler.name}: ${firstError(ran.output)}`)
    take(join(dir, module))
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('build-failed', `the source cannot be copied: ${fileProblem(cause)}`, { cause })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

// The headers of distributions name each other by paths below /usr/src, which in a container must lead to the host's.
function linkSources(root: string): void {
  for (const folder of ['usr/src', 'lib/modules', 'usr/lib']) {
    const own = join('/', folder)
    const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []
    for (const name of names.filter((each) => folder !== 'usr/lib' || each.startsWith('linux-kbuild-'))) {
      const isFree = existsSync(own) && lstatSync(join(own, name), { throwIfNoEntry: false }) === undefined
      if (isFree) symlinkSync(join(root, folder, name), join(own, name))
    }
  }
}

/** What the compiler complained of first, or the last words. */
function firstError(output: string): string {
  const line = output.split('\n').find((each) => /\berror\b[ :]|\*\*\*/i.test(each))
  return line === undefined ? lastWords(output) : line.trim().slice(0, 300)
}
