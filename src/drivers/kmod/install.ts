import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { release as runningRelease } from 'node:os'
import { dirname, join } from 'node:path'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { type Artifact, artifactOf, localPath, urlIn } from './artifact.ts'
import { buildPlan, buildWithDkms, buildWithMake } from './build.ts'
import { type DownloadOptions, download } from './download.ts'
import { headersOf, headersPackage, installHeaders } from './headers.ts'
import type { Host } from './host.ts'
import type { Journal } from './journal.ts'
import { firstDevice, insert, isLoaded, loadedVersion, modprobe, remove } from './load.ts'
import { noteDkms, noteFile } from './made.ts'
import { moduleInfo, problemOf } from './object.ts'
import { distrust, moduleNames, type Source } from './sources.ts'
import { isKnown, targetOf } from './target.ts'

/** What is to be installed, and which ways may be tried. */
export interface InstallOptions {
  readonly host: Host
  readonly name: string
  /** Of prebuilt modules. */
  readonly version: string
  /** Whether the user asked for that version. */
  readonly isVersionAsked: boolean
  readonly repositories: readonly string[]
  /** The home directory that modules are kept below. */
  readonly home: string
  readonly mayDownload: boolean
  readonly mayCompile: boolean
  readonly mayInstallHeaders: boolean
  readonly source: Source | undefined
  readonly http: DownloadOptions
}

/** A module in the kernel, or in a file for another kernel. */
export interface Installed {
  readonly name: string
  readonly path?: string
}

/** One way to come to a module: the module, or undefined where it did not work, which the journal then tells. */
type Way = (options: InstallOptions, journal: Journal) => Promise<Installed | undefined>

/** The ways in the order in which they are tried. */
const ways: readonly Way[] = [alreadyLoaded, fromLocalFile, fromRepositories, fromSource, fromModprobe]

/**
 * Brings the module into the kernel, the first way that works.
 *
 * @throws Fault `driver-not-installed` where none does: the journal has the reason of each.
 */
export async function install(options: InstallOptions, journal: Journal): Promise<Installed> {
  for (const way of ways) {
    const installed = await way(options, journal)
    if (installed !== undefined) return installed
  }
  const reasons = journal.steps.filter(({ outcome }) => outcome === 'failed').map(({ what, detail }) => `${what}: ${detail}`)
  throw new Fault(
    'driver-not-installed',
    `the kernel module could not be installed\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    {
      hint: 'use the driver that needs nothing installed: engine.kind modern_ebpf (kernel 5.8 or newer)',
    },
  )
}

/** Says what would be tried, in this order, without doing any of it. */
export function planInstall(options: InstallOptions, journal: Journal): void {
  const { host, name, home, repositories, source, mayDownload, mayCompile } = options
  const found = namesOf(options).find(isLoaded)
  journal.plan('look among the loaded modules', found === undefined ? `${name} is not loaded` : `${found} is loaded: nothing else is done`)
  const target = targetOf(host)
  const artifact = artifactOf(name, options.version, host.arch, target)
  journal.plan('load a module that is here', localPath(home, artifact))
  if (!mayDownload) journal.plan('download', 'not wanted (--download=false)')
  else if (!isKnown(target)) journal.plan('download', 'nobody builds modules for an unknown distribution')
  else for (const repository of repositories) journal.plan('download', urlIn(repository, artifact))
  journal.plan('build', mayCompile ? planText(options, source) : 'not wanted (--compile=false)')
  journal.plan('load an installed module', `modprobe ${source?.name ?? name}`)
}

function planText({ host, mayInstallHeaders }: InstallOptions, source: Source | undefined): string {
  if (source === undefined) return noSource
  const plan = buildPlan(host, source)
  const headers = mayInstallHeaders && headersOf(host) === undefined ? headersPackage(host) : undefined
  if (headers !== undefined) return `install ${headers.name}, then build ${source.dir}`
  return typeof plan === 'string' ? `${source.dir}: ${plan}` : `${plan.source.dir} with ${plan.tool} and ${plan.compiler.name}`
}

const noSource = 'there is no source of a module in /usr/src: install falcosecurity-scap-dkms or the falco package, or name one by --source'

// A plain module does the same work, so that it will do where no name was asked for.
function namesOf({ name }: InstallOptions): readonly string[] {
  return name === moduleNames[0] ? moduleNames : [name]
}

async function alreadyLoaded(options: InstallOptions, journal: Journal): Promise<Installed | undefined> {
  if (!isForThisKernel(options)) return undefined
  const name = namesOf(options).find(isLoaded)
  const what = 'look among the loaded modules'
  if (name === undefined) return journal.skip(what, `${options.name} is not loaded`)
  const version = loadedVersion(name)
  const isOther = options.isVersionAsked && version !== undefined && version !== options.version
  if (!isOther) return verified(name, what, journal, `${name} ${version ?? ''}`.trim())
  const problem = await remove(name)
  if (problem !== undefined) throw new Fault('driver-not-installed', `${name} ${version} is loaded and cannot be taken out: ${problem}`)
  return journal.skip(what, `${name} ${version} was loaded, and was taken out: ${options.version} is wanted`)
}

function verified(name: string, what: string, journal: Journal, detail: string): Installed | undefined {
  const device = firstDevice(name)
  if (device === undefined) return journal.fail(what, `${name} is loaded, but there is no /dev/${name}0`)
  journal.done(what, `${detail}, ${device}`)
  return { name }
}

async function fromLocalFile(options: InstallOptions, journal: Journal): Promise<Installed | undefined> {
  const { host, name, home, version } = options
  const path = localPath(home, artifactOf(name, version, host.arch, targetOf(host)))
  const what = 'load a module that is here'
  if (!existsSync(path)) return journal.skip(what, `${path} is not there`)
  const problem = distrust(dirname(path)) ?? distrust(path) ?? problemOf(readFileSync(path), host)
  return problem === undefined ? loadFile(path, options, what, journal) : journal.fail(what, `${path}: ${problem}`)
}

async function fromRepositories(options: InstallOptions, journal: Journal): Promise<Installed | undefined> {
  const { host, name, version, repositories, mayDownload } = options
  if (!mayDownload) return journal.skip('download', 'not wanted (--download=false)')
  const target = targetOf(host)
  if (!isKnown(target)) return journal.fail('download', 'nobody builds modules for an unknown distribution')
  const artifact = artifactOf(name, version, host.arch, target)
  for (const repository of repositories) {
    const installed = await fromRepository(repository, artifact, options, journal)
    if (installed !== undefined) return installed
  }
  return undefined
}

async function fromRepository(repository: string, artifact: Artifact, options: InstallOptions, journal: Journal) {
  const url = urlIn(repository, artifact)
  const what = `download ${url}`
  const path = localPath(options.home, artifact)
  journal.begin(what)
  // Nobody else sees what is not checked yet; on the same file system, so that it is moved as a whole.
  const dir = privateDirectory(join(options.home, '.falco'))
  try {
    const bytes = await download(url, join(dir, 'module'), options.http)
    const problem = problemOf(bytes, options.host)
    if (problem !== undefined) return journal.fail(what, problem)
    keep(join(dir, 'module'), path, options.home)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return journal.fail(what, error.message)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  journal.done(what, path)
  return loadFile(path, options, 'load what was downloaded', journal)
}

async function fromSource(options: InstallOptions, journal: Journal): Promise<Installed | undefined> {
  const { host, source, mayCompile } = options
  if (!mayCompile) return journal.skip('build', 'not wanted (--compile=false)')
  if (source === undefined) return journal.fail('build', noSource)
  const what = `build ${source.dir}`
  await provideHeaders(options, journal)
  const plan = buildPlan(host, source)
  if (typeof plan === 'string') return journal.fail(what, plan)
  journal.begin(`${what} with ${plan.tool} and ${plan.compiler.name}`)
  try {
    if (plan.tool === 'make') return await builtWithMake(options, source, what, (take) => buildWithMake(plan, host, take), journal)
    await buildWithDkms(plan, host)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return journal.fail(what, error.message)
  }
  noteDkms(options.home, source.name, source.version)
  journal.done(what, `dkms, with ${plan.compiler.name}`)
  if (!isForThisKernel(options)) return { name: source.name, path: `/lib/modules/${host.release}/updates/dkms/${source.name}.ko` }
  const problem = await modprobe(source.name, host.root)
  return problem === undefined
    ? verified(source.name, 'load what was built', journal, source.name)
    : journal.fail('load what was built', problem)
}

async function builtWithMake(
  options: InstallOptions,
  source: Source,
  what: string,
  build: (take: (path: string) => void) => Promise<void>,
  journal: Journal,
): Promise<Installed | undefined> {
  const { host, home } = options
  const path = localPath(home, artifactOf(source.name, source.version, host.arch, targetOf(host)))
  let problem: string | undefined
  await build((built) => {
    problem = problemOf(readFileSync(built), host)
    if (problem === undefined) keep(built, path, home)
  })
  if (problem !== undefined) return journal.fail(what, problem)
  journal.done(what, path)
  return loadFile(path, options, 'load what was built', journal)
}

async function provideHeaders({ host, mayInstallHeaders }: InstallOptions, journal: Journal): Promise<void> {
  if (!mayInstallHeaders || host.root !== '/' || headersOf(host) !== undefined) return
  const headers = headersPackage(host)
  if (headers === undefined) return
  const what = `install ${headers.name}`
  journal.begin(what)
  const problem = await installHeaders(headers)
  if (problem === undefined) journal.done(what, headersOf(host) ?? 'the package has no headers for this kernel')
  else journal.fail(what, problem)
}

async function fromModprobe(options: InstallOptions, journal: Journal): Promise<Installed | undefined> {
  if (!isForThisKernel(options)) return undefined
  for (const name of namesOf(options)) {
    const what = `modprobe ${name}`
    const problem = await modprobe(name, options.host.root)
    if (problem === undefined) return verified(name, what, journal, name)
    journal.fail(what, problem)
  }
  return undefined
}

async function loadFile(path: string, options: InstallOptions, what: string, journal: Journal): Promise<Installed | undefined> {
  const name = moduleInfo(readFileSync(path))?.name || options.name
  if (!isForThisKernel(options)) {
    journal.skip(what, `it is for kernel ${options.host.release}, and this is ${runningRelease()}`)
    return { name, path }
  }
  const problem = await insert(path)
  return problem === undefined ? verified(name, what, journal, path) : journal.fail(what, problem)
}

function isForThisKernel({ host }: InstallOptions): boolean {
  return host.release === runningRelease()
}

/** Puts a module where it is kept, whole or not at all. */
function keep(from: string, to: string, home: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o755 })
    const near = `${to}.${process.pid}.new`
    copyFileSync(from, near)
    renameSync(near, to)
    noteFile(home, to)
  } catch (cause) {
    throw new Fault('driver-not-installed', `${to} cannot be written: ${fileProblem(cause)}`, { cause })
  }
}

function privateDirectory(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true, mode: 0o755 })
    const others = distrust(parent)
    if (others !== undefined) throw new Fault('driver-not-installed', others, { hint: 'remove it, or give it to root alone' })
    return mkdtempSync(join(parent, 'new-'))
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('driver-not-installed', `${parent} cannot be written: ${fileProblem(cause)}`, { cause })
  }
}

/** The home directory of this user: HOME, unless that is somebody else's (sudo may leave it so). */
export function homeOf(home: string | undefined, passwdHome: string): string {
  if (home === undefined || home === '') return passwdHome
  try {
    return statSync(home).uid === process.getuid?.() ? home : passwdHome
  } catch {
    return passwdHome
  }
}
