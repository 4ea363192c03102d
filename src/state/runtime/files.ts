import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { parse } from './values.ts'

// Configurations of containers are some KB; lists of all that there are, some hundred.
const mostBytes = 16 * 1024 * 1024

/** What a JSON file holds; undefined where it is not there, or none. */
export function readJson(file: string): unknown {
  return parse(readPlain(file, 'utf8', 0))
}

/** The text of a file of `most` bytes that others may have put there: only if the last part of its path is no link. */
export function readForeign(file: string, encoding: 'utf8' | 'latin1', most: number = mostBytes): string | undefined {
  return readPlain(file, encoding, constants.O_NOFOLLOW, most)
}

/** What a JSON file holds that others may have put there. */
export function readForeignJson(file: string): unknown {
  return parse(readForeign(file, 'utf8'))
}

// Users have a say in what these are: only plain files of a bearable size are read, and a pipe in their place is not waited for.
function readPlain(file: string, encoding: 'utf8' | 'latin1', flags: number, most = mostBytes): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | flags)
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= most ? readFileSync(fd, encoding) : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

export function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** Whether there is a plain file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false
  }
}
