// Paths are joined and cleaned as text: a symbolic link before `..` is not followed, just as the drivers and Falco do it.

const slash = 47
// What Falco shows in place of a path that is longer than it takes, however it is written.
const longestPath = 1024
const tooLong = '/DIR_TOO_LONG/FILENAME_TOO_LONG'
const dot = 46

/** The absolute form of `name`, which was given relative to the directory `dir`, without `.`, `..`, empty parts and a slash at its end. */
export function joinPath(dir: string, name: string): string {
  if (name.charCodeAt(0) === slash) return cleanPath(name)
  const from = dir.charCodeAt(dir.length - 1) === slash ? dir + name : `${dir}/${name}`
  return cleanPath(from)
}

/** `path` without `.`, `..`, empty parts and a slash at its end. */
export function cleanPath(path: string): string {
  const clean = isClean(path) ? path : rebuild(path)
  return clean.length < longestPath ? clean : tooLong
}

/** The directory of a path, without a slash at its end save for the root. */
export function dirname(path: string): string {
  const at = path.lastIndexOf('/')
  if (at < 0) return ''
  return at === 0 ? '/' : path.slice(0, at)
}

/** What follows the last slash of a path. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The kernel's mark, behind its path, of a file that was removed. */
export const deletedMark = ' (deleted)'

/** A path as it was before the file was removed. */
export function withoutDeleted(path: string): string {
  return path.endsWith(deletedMark) ? path.slice(0, -deletedMark.length) : path
}

// Whether every part is a name: nothing like `//`, `/./`, `/..`, `./` at the start, or a slash at the end.
function isClean(path: string): boolean {
  const last = path.length - 1
  if (last < 0) return true
  if (path.charCodeAt(last) === slash) return last === 0
  if (path.charCodeAt(0) === dot && isDots(path, 0)) return false
  if (path.indexOf('//') >= 0) return false
  for (let at = path.indexOf('/.'); at >= 0; at = path.indexOf('/.', at + 2)) if (isDots(path, at + 1)) return false
  return true
}

// Whether the part that begins with the dot at `at` is `.` or `..`, not the name of a hidden file.
function isDots(path: string, at: number): boolean {
  const end = path.charCodeAt(at + 1) === dot ? at + 2 : at + 1
  return end === path.length || path.charCodeAt(end) === slash
}

function rebuild(path: string): string {
  const isAbsolute = path.charCodeAt(0) === slash
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  const joined = parts.join('/')
  if (isAbsolute) return `/${joined}`
  return joined === '' && path !== '' ? '.' : joined
}
