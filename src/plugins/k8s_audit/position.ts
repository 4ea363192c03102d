import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** How far a log was read. */
export interface Position {
  /** The log, by the name under which it grows. */
  readonly path: string
  readonly inode: number
  readonly offset: number
  /** Digest of how the file begins: another file may get the same inode. */
  readonly head: string
  readonly headBytes: number
}

// Enough to have the id of its first event in it.
export const mostHeadBytes = 512

/** Digest of how a file begins, of `bytes` bytes or as many as there are. */
export async function headOf(file: FileHandle, bytes = mostHeadBytes): Promise<{ head: string; headBytes: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
  return { head: createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex'), headBytes: bytesRead }
}

/** Whether the file still begins as it did. */
export async function beginsAs(file: FileHandle, { head, headBytes }: Pick<Position, 'head' | 'headBytes'>): Promise<boolean> {
  const now = await headOf(file, headBytes)
  return now.headBytes === headBytes && now.head === head
}

/** The position that a file of an earlier run remembers; undefined where there is none, or of another log. */
export async function loadPosition(file: string, path: string): Promise<Position | undefined> {
  try {
    const known = JSON.parse(await readFile(file, 'utf8')) as Partial<Position>
    const { inode, offset, head, headBytes } = known
    if (known.path !== path || typeof inode !== 'number' || typeof offset !== 'number') return undefined
    return typeof head === 'string' && typeof headBytes === 'number' ? { path, inode, offset, head, headBytes } : undefined
  } catch {
    return undefined
  }
}

/** Writes it so that a crash leaves the old one or the new one. */
export async function savePosition(file: string, position: Position): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify(position)}\n`)
  await rename(`${file}.new`, file)
}

/**
 * The files that a log was renamed to and that were written to since: the one with this inode first, the newest last.
 *
 * kube-apiserver renames `audit.log` to `audit-TIME.log`, logrotate to `audit.log.1`.
 */
export async function rotatedSince(path: string, inode: number): Promise<readonly string[]> {
  const name = basename(path)
  const stem = name.replace(/\.[^.]*$/, '')
  const names = (await readdir(dirname(path))).filter((each) => each !== name && each.startsWith(stem) && !each.endsWith('.gz'))
  const files = await Promise.all(
    names.map(async (each) => {
      const file = join(dirname(path), each)
      const info = await stat(file)
      return { file, inode: info.ino, changed: info.mtimeMs }
    }),
  )
  const sorted = files.sort((a, b) => a.changed - b.changed)
  const first = sorted.findIndex((each) => each.inode === inode)
  return first < 0 ? [] : sorted.slice(first).map(({ file }) => file)
}
