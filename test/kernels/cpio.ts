import { closeSync, lstatSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs'

/** An entry of an archive: what stands at a path of this machine, or a text. */
export interface Entry {
  /** Without a leading slash. */
  readonly path: string
  readonly from?: string
  readonly text?: string
  readonly mode?: number
  readonly link?: string
}

const [directory, regular, symlink] = [0o040000, 0o100000, 0o120000]

/** Writes an archive in the format of initramfs images (`newc`). Directories on the way are made. */
export function writeCpio(file: string, entries: readonly Entry[]): void {
  const fd = openSync(file, 'w')
  const made = new Set<string>([''])
  let inode = 1
  const put = (path: string, mode: number, data: Uint8Array) => {
    const name = Buffer.from(`${path}\0`)
    const fields = [inode++, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0]
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
    writeAll(fd, padded(Buffer.concat([Buffer.from(head), name])))
    writeAll(fd, padded(data))
  }
  const makeParents = (path: string) => {
    const parent = path.split('/').slice(0, -1).join('/')
    if (made.has(parent)) return
    makeParents(parent)
    made.add(parent)
    put(parent, directory | 0o755, Buffer.alloc(0))
  }
  for (const entry of entries) {
    if (made.has(entry.path)) continue
    makeParents(entry.path)
    made.add(entry.path)
    putEntry(entry, put)
  }
  put('TRAILER!!!', 0, Buffer.alloc(0))
  closeSync(fd)
}

function putEntry({ path, from, text, mode, link }: Entry, put: (path: string, mode: number, data: Uint8Array) => void): void {
  if (link !== undefined) put(path, symlink | 0o777, Buffer.from(link))
  else if (text !== undefined) put(path, regular | (mode ?? 0o644), Buffer.from(text))
  else if (from === undefined) put(path, directory | (mode ?? 0o755), Buffer.alloc(0))
  else putFile(path, from, mode, put)
}

function putFile(path: string, from: string, mode: number | undefined, put: (path: string, mode: number, data: Uint8Array) => void): void {
  const info = lstatSync(from)
  const bits = mode ?? info.mode & 0o7777
  if (info.isSymbolicLink()) put(path, symlink | 0o777, Buffer.from(readlinkSync(from)))
  else if (info.isDirectory()) put(path, directory | bits, Buffer.alloc(0))
  else if (info.isFile()) put(path, regular | bits, readFileSync(from))
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)])
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}
