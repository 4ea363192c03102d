import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What installing left on this machine, so that a cleanup can take it away, and nothing else. */
export interface Made {
  readonly files: readonly string[]
  readonly dkms: readonly { readonly name: string; readonly version: string }[]
}

const none: Made = { files: [], dkms: [] }

export function readMade(home: string): Made {
  try {
    const { files, dkms } = JSON.parse(readFileSync(pathIn(home), 'utf8')) as Partial<Made>
    // Only what lies where modules are kept: the file may have been written by others.
    const own = (files ?? []).filter((file) => typeof file === 'string' && file.startsWith(`${home}/.falco/`) && !file.includes('..'))
    const names = (dkms ?? []).filter(({ name, version }) => isWord(name) && isWord(version))
    return { files: own, dkms: names }
  } catch {
    return none
  }
}

function isWord(text: unknown): boolean {
  return typeof text === 'string' && /^\w[\w.+~-]*$/.test(text)
}

export function noteFile(home: string, file: string): void {
  const made = readMade(home)
  if (!made.files.includes(file)) write(home, { ...made, files: [...made.files, file] })
}

export function noteDkms(home: string, name: string, version: string): void {
  const made = readMade(home)
  if (!made.dkms.some((each) => each.name === name && each.version === version))
    write(home, { ...made, dkms: [...made.dkms, { name, version }] })
}

/** Removes the files, the directories that are empty then, and the note itself. */
export function forget(home: string): readonly string[] {
  const { files } = readMade(home)
  for (const file of files) {
    rmSync(file, { force: true })
    removeEmpty(dirname(file), home)
  }
  rmSync(pathIn(home), { force: true })
  removeEmpty(join(home, '.falco'), home)
  return files
}

function removeEmpty(dir: string, home: string): void {
  for (let at = dir; at.startsWith(`${home}/.falco`); at = dirname(at)) {
    try {
      rmdirSync(at)
    } catch {
      return
    }
  }
}

function pathIn(home: string): string {
  return join(home, '.falco', 'eyas-driver.json')
}

function write(home: string, made: Made): void {
  mkdirSync(join(home, '.falco'), { recursive: true, mode: 0o755 })
  writeFileSync(pathIn(home), `${JSON.stringify(made)}\n`, { mode: 0o600 })
}
