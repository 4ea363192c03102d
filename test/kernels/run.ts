import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../tools/agent.ts'
import { type Lists, packageLists } from './apt.ts'
import { writeCpio } from './cpio.ts'
import { buildModule, imageOf, needed } from './image.ts'
import { byVersion, type Kernel, kernelIn, unpacked } from './packages.ts'
import { type Booted, boot } from './vm.ts'

// `npm run test:kernels [KERNEL...]`: boots Debian's kernels under qemu and runs live tests in them. KERNEL is a version, such as 6.1.
// Without any, all that Debian's lists have since 5.10: the oldest, the newest and those of its stable releases with all live tests,
// the others with the truth test alone. On 6.1 modules of the kernel are tried as well: Debian's, or that of `--source DIR`.
// `--script FILE` runs a script of one's own in the machine, with the module loaded where there is one, and nothing but the steps that
// `--step NAME` asks for.

const cache = join(root, 'dist', 'kernels')
const stable = ['6.1', '6.12']
const oldest = '5.10'
const mostTries = 6
/** Words for a kernel that says no to modules, and what a test calls that. */
const refusing = [
  ['module.sig_enforce=1', 'signed'],
  ['lockdown=integrity', 'lockdown'],
] as const
// The last release that Debian's module builds for.
const moduleKernel = '6.1'
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
const { values, positionals: asked } = options()

function options() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: { source: { type: 'string' }, script: { type: 'string' }, step: { type: 'string', multiple: true, default: [] } },
    })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error('usage: npm run test:kernels -- [KERNEL...] [--step NAME]... [--source DIR] [--script FILE]')
    process.exit(1)
  }
}

/** Packages of each series of kernels, the newest first; of the newest of them, the kernel is in a package of its own. */
function kernelsIn(lists: Lists): ReadonlyMap<string, readonly string[]> {
  const pattern = new RegExp(`^linux-(?:image|binary)-(\\d+\\.\\d+)\\.\\d+[-+.\\w]*-cloud-${arch}(-unsigned)?$`)
  const bySeries = Map.groupBy(lists.names, (name) => pattern.exec(name)?.[1] ?? '')
  const series = [...bySeries.keys()].filter((each) => each !== '' && byVersion(each, oldest) >= 0).sort(byVersion)
  return new Map(series.map((each) => [each, (bySeries.get(each) ?? []).sort(byRelease).reverse()]))
}

function byRelease(a: string, b: string): number {
  return byVersion(a.replace(/^linux-\w+-/, ''), b.replace(/^linux-\w+-/, ''))
}

/** The newest kernel that can be had: lists may name what is there no longer. */
function newest(names: readonly string[], lists: Lists): Kernel | undefined {
  let last: unknown
  for (const name of names.slice(0, mostTries)) {
    try {
      return kernelIn(unpacked(name, cache, lists))
    } catch (error) {
      last = error
    }
  }
  if (last !== undefined) say(String(last))
  return undefined
}

async function test(kernel: Kernel, isWhole: boolean, lists: Lists): Promise<void> {
  const hasModule = kernel.release.startsWith(`${moduleKernel}.`) || values.source !== undefined
  const module = hasModule && isWhole ? buildModule(kernel, values.source && resolve(values.source), cache, lists) : undefined
  const initrd = join(cache, `initrd-${kernel.release}.cpio`)
  const script = values.script === undefined ? [] : [{ path: 'script', from: resolve(values.script), mode: 0o755 }]
  writeCpio(initrd, [...imageOf(kernel, module, cache, lists), ...script])
  const steps = [...values.step, ...(values.script === undefined ? [] : ['script'])].map((step) => `eyas.step=${step}`)
  const own = module === undefined ? [] : [`eyas.module=${module.name}`]
  // A kernel that takes signed modules only says no to ours, as one that is locked down does.
  const isRefusing = steps.length === 0 || steps.some((step) => step.startsWith('eyas.step=refused'))
  const refusals = module !== undefined && isRefusing ? refusing : []
  try {
    await start(kernel, initrd, [isWhole ? 'eyas.live' : 'eyas.truth', ...own, ...steps])
    for (const [word, name] of refusals) await start(kernel, initrd, [word, `eyas.refusal=${name}`, ...steps])
  } finally {
    rmSync(initrd)
  }
}

async function start(kernel: Kernel, initrd: string, words: readonly string[]): Promise<void> {
  say(`${kernel.release}: booting, with ${words.join(' ')}`)
  const onStep = (name: string, verdict: string, seconds: number) => say(`${kernel.release}: ${name} ${verdict}, at ${seconds} s`)
  report(kernel, await boot({ kernel, initrd, memoryMb: 3072, cpus: 2, limitSeconds: 3600, words, onStep }, cache))
}

function report(kernel: Kernel, { console: text, results, isOver, seconds }: Booted): void {
  const verdicts = [...results.matchAll(/^step (\S+) (ok|failed|skipped)$/gm)].map(([, name = '', verdict]) => ({ name, verdict }))
  const failed = verdicts.filter(({ verdict }) => verdict === 'failed')
  counts.passed += verdicts.filter(({ verdict }) => verdict === 'ok').length
  counts.skipped += verdicts.filter(({ verdict }) => verdict === 'skipped').length
  counts.failed += failed.length
  for (const { name } of failed) console.log(outputOf(text, name))
  say(`${kernel.release}: over after ${seconds} s; all that was printed: ${join(cache, `console-${kernel.release}`)}`)
  if (isOver && /^over$/m.test(results)) return
  counts.failed++
  say(`${kernel.release}: the machine did not come to its end:\n${text.slice(-4000)}`)
}

/** What a step printed, without the tests that passed. */
function outputOf(text: string, name: string): string {
  const plain = text.replace(/\x1b\[[0-9;]*m/g, '')
  const after = plain.slice(plain.indexOf(`\n== ${name}\n`) + 1)
  const end = after.indexOf('\n== ')
  return (end < 0 ? after : after.slice(0, end))
    .split('\n')
    .filter((line) => !line.startsWith('✓'))
    .join('\n')
}

function say(text: string): void {
  console.log(`kernels: ${text}`)
}

function checkPackages(): void {
  const missing = needed.filter((name) => Bun.spawnSync(['dpkg', '-s', name]).exitCode !== 0)
  if (missing.length === 0) return
  say(`these packages have to be installed first: apt-get install -y --no-install-recommends ${missing.join(' ')}`)
  process.exit(1)
}

async function main(): Promise<void> {
  checkPackages()
  mkdirSync(cache, { recursive: true })
  const lists = packageLists(cache)
  const kernels = kernelsIn(lists)
  const whole = new Set([oldest, ...stable, [...kernels.keys()].at(-1) ?? ''])
  // What takes longest, and tells most, first.
  const all = [...whole, ...[...kernels.keys()].filter((series) => !whole.has(series))]
  const chosen = asked.length > 0 ? asked : all
  for (const series of chosen) {
    const kernel = newest(kernels.get(series) ?? [], lists)
    if (kernel === undefined) {
      counts.skipped++
      say(`${series}: Debian has no such kernel`)
    } else await test(kernel, asked.length > 0 || whole.has(series), lists)
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1)
}

await main()
