import { existsSync } from 'node:fs'
import type { Journal } from './journal.ts'
import { isLoaded, remove } from './load.ts'
import { forget, readMade } from './made.ts'
import { moduleNames } from './sources.ts'
import { find, lastWords, run } from './tools.ts'

export interface CleanupOptions {
  readonly name: string
  readonly home: string
}

const tries = 4
const pauseMs = 5000

/** Takes the module out of the kernel, out of dkms in all versions, and removes the files that installing left. True where all went. */
export async function cleanup(options: CleanupOptions, journal: Journal): Promise<boolean> {
  const names = namesOf(options)
  let isClean = true
  for (const name of names) isClean = (await unload(name, journal)) && isClean
  for (const name of names) isClean = (await removeFromDkms(name, journal)) && isClean
  const files = forget(options.home)
  for (const file of files) journal.done('remove', file)
  return isClean
}

/** Says what a cleanup would do. */
export async function planCleanup(options: CleanupOptions, journal: Journal): Promise<void> {
  for (const name of namesOf(options)) {
    journal.plan('unload', isLoaded(name) ? name : `${name} is not loaded`)
    for (const version of await dkmsVersions(name)) journal.plan('remove from dkms', `${name} ${version}`)
  }
  for (const file of readMade(options.home).files) journal.plan('remove', file)
}

// Without another name asked for: what installing takes where there is no falco, too.
function namesOf({ name, home }: CleanupOptions): readonly string[] {
  const made = readMade(home).dkms.map((each) => each.name)
  return name === moduleNames[0] ? [...new Set([...moduleNames.filter((each) => each === name || isLoaded(each)), ...made])] : [name]
}

async function unload(name: string, journal: Journal): Promise<boolean> {
  const what = `unload ${name}`
  if (!isLoaded(name)) {
    journal.skip(what, 'it is not loaded')
    return true
  }
  for (let left = tries; left > 0; left--) {
    const problem = await remove(name)
    if (problem === undefined) {
      journal.done(what, existsSync(`/dev/${name}0`) ? `/dev/${name}0 is still there` : 'it is out of the kernel')
      return true
    }
    if (left === 1 || !problem.startsWith('it is in use')) {
      journal.fail(what, problem)
      return false
    }
    journal.begin(`${what}: ${problem}; once more in ${pauseMs / 1000} s`)
    await Bun.sleep(pauseMs)
  }
  return false
}

async function removeFromDkms(name: string, journal: Journal): Promise<boolean> {
  let isClean = true
  for (const version of await dkmsVersions(name)) {
    const ran = await run(['dkms', 'remove', '-m', name, '-v', version, '--all'])
    if (ran.isOk) journal.done(`remove ${name} ${version} from dkms`, 'for all kernels')
    else journal.fail(`remove ${name} ${version} from dkms`, lastWords(ran.output))
    isClean = isClean && ran.isOk
  }
  return isClean
}

/** Versions of a module that dkms knows. Lines are `scap/0.1.1, 6.1.0-10-amd64, x86_64: installed`, once `scap, 0.1.1, ...`. */
async function dkmsVersions(name: string): Promise<readonly string[]> {
  if (find('dkms') === undefined) return []
  const { output } = await run(['dkms', 'status', '-m', name])
  const versions = output.split('\n').map((line) => /^([\w-]+)(?:\/|, )([\w.+~-]+)/.exec(line))
  return [...new Set(versions.flatMap((found) => (found?.[1] === name && found[2] !== undefined ? [found[2]] : [])))]
}
