import { createReadStream, createWriteStream, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface RotationOptions {
  /** The file is full at this size, and too old at this age; 0 for no limit. */
  readonly maxBytes: number
  readonly maxAgeMs: number
  /** How many full files are kept: FILE.1 is the latest. */
  readonly keep: number
  /** Whether they are compressed: FILE.1.gz. */
  readonly compress: boolean
}

/** Whether a file of this size and age has to make room for `bytes` more. An empty file never has. */
export function isDue(options: RotationOptions, file: { readonly size: number; readonly ageMs: number }, bytes: number): boolean {
  if (file.size === 0) return false
  const isFull = options.maxBytes > 0 && file.size + bytes > options.maxBytes
  return isFull || (options.maxAgeMs > 0 && file.ageMs >= options.maxAgeMs)
}

/** When a file began: its birth where the file system knows it, else its last change. */
export function beginOf(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info === undefined) return Date.now()
  return info.birthtimeMs > 0 ? info.birthtimeMs : info.mtimeMs
}

/** Moves the full file out of the way, as FILE.1; older ones move on, and the oldest go. */
export function rotate(path: string, { keep }: RotationOptions): void {
  const olds = numbered(path).sort((a, b) => b.number - a.number)
  for (const { name, number, ending } of olds) {
    const from = join(dirname(path), name)
    if (number >= keep) rmSync(from)
    else renameSync(from, `${path}.${number + 1}${ending}`)
  }
  if (keep === 0) rmSync(path)
  else renameSync(path, `${path}.1`)
}

/** Compresses full files that are not yet: the latest, and what an earlier end of the program left. */
export async function packFull(path: string): Promise<void> {
  for (const { name, ending } of numbered(path)) if (ending === '') await pack(join(dirname(path), name))
}

interface Old {
  readonly name: string
  readonly number: number
  readonly ending: string
}

function numbered(path: string): Old[] {
  const start = `${basename(path)}.`
  return readdirSync(dirname(path)).flatMap((name) => {
    const [, number, ending = ''] = name.startsWith(start) ? (/^([1-9]\d{0,5})(\.gz)?$/.exec(name.slice(start.length)) ?? []) : []
    return number === undefined ? [] : [{ name, number: Number(number), ending }]
  })
}

// Under another name until it is whole, so that no half of an archive is ever taken for one.
async function pack(path: string): Promise<void> {
  const target = `${path}.gz`
  const unfinished = `${target}.tmp`
  const { mode } = statSync(path)
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode }))
  renameSync(unfinished, target)
  if (existsSync(path)) rmSync(path)
}
