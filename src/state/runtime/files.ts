import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'

// Configurations of containers are some KB; lists of all that there are, some hundred.
const mostBytes = 16 * 1024 * 1024

/** What a JSON file holds; undefined where it is not there, or none. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * The text of a file that others may have put there: only if it is a plain file of a bearable size, and the last part of its path no link.
 */
export function readForeign(file: string, encoding: 'utf8' | 'latin1'): string | undefined {
  let fd: number | undefined
  try {
    // A pipe in its place would be waited for.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= mostBytes ? readFileSync(fd, encoding) : undefined
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
