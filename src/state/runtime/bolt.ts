import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

// The file format of bbolt, in which containerd and older Podmans keep what they know: pages of a copy-on-write B+ tree of buckets, of which
// two meta pages name the root in turn. The owner locks the file against other users, not against readers, and a page that we are about
// to read may be written anew: every number is checked, and what does not fit is taken for absent.

const magic = 0xed0cdaed
const version = 2
const headBytes = 16
const elementBytes = 16
const flag = { branch: 1, leaf: 2 } as const
const bucketElement = 1
const deepest = 32
// Of a page with those that continue it.
const mostBytes = 8 * 1024 * 1024
const firstBytes = 64 * 1024
// A damaged file may lead in circles.
const mostPages = 20_000

/** A bucket: values and further buckets by key. */
export class Bucket {
  constructor(
    private readonly file: PagedFile,
    private readonly root: Buffer | undefined,
  ) {}

  /** The bucket below the keys, one within the other; undefined where there is none. */
  bucket(...keys: readonly string[]): Bucket | undefined {
    let found: Bucket | undefined = this
    for (const key of keys) found = found?.child(key)
    return found
  }

  value(key: string): Buffer | undefined {
    const element = this.find(key)
    return element && !element.isBucket ? element.value : undefined
  }

  text(key: string): string | undefined {
    return this.value(key)?.toString('utf8')
  }

  /** All values that are texts, by key. */
  texts(): Map<string, string> {
    const texts = new Map<string, string>()
    for (const { key, value, isBucket } of this.elements(this.root)) if (!isBucket) texts.set(key.toString('utf8'), value.toString('utf8'))
    return texts
  }

  /** Keys of buckets. */
  bucketKeys(): string[] {
    return [...this.elements(this.root)].flatMap(({ key, isBucket }) => (isBucket ? [key.toString('utf8')] : []))
  }

  private child(key: string): Bucket | undefined {
    const element = this.find(key)
    return element?.isBucket ? bucketOf(this.file, element.value) : undefined
  }

  private find(key: string): Element | undefined {
    const wanted = Buffer.from(key, 'utf8')
    let page = this.root
    for (let depth = 0; page !== undefined && depth < deepest; depth++) {
      if ((flagsOf(page) & flag.leaf) !== 0) return leafElements(page).find((element) => element.key.equals(wanted))
      let next: number | undefined
      for (const branch of branchElements(page)) {
        if (next !== undefined && Buffer.compare(branch.key, wanted) > 0) break
        next = branch.page
      }
      page = next === undefined ? undefined : this.file.page(next)
    }
    return undefined
  }

  private *elements(page: Buffer | undefined, depth = 0): Generator<Element> {
    if (page === undefined || depth > deepest) return
    if ((flagsOf(page) & flag.leaf) !== 0) yield* leafElements(page)
    else for (const branch of branchElements(page)) yield* this.elements(this.file.page(branch.page), depth + 1)
  }
}

/** What `look` finds in the root bucket of a file as it is now; undefined where that is no such file. */
export function readBolt<T>(path: string, look: (root: Bucket) => T | undefined): T | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFile()) return undefined
    const root = rootOf(fd)
    return root && look(root)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

interface Element {
  readonly key: Buffer
  readonly value: Buffer
  readonly isBucket: boolean
}

class PagedFile {
  private pagesLeft = mostPages

  constructor(
    private readonly fd: number,
    private readonly pageBytes: number,
  ) {}

  page(number: number): Buffer | undefined {
    if (this.pagesLeft-- <= 0) return undefined
    const at = number * this.pageBytes
    const first = read(this.fd, at, this.pageBytes)
    if (first === undefined || Number(first.readBigUInt64LE(0)) !== number) return undefined
    const bytes = (first.readUInt32LE(12) + 1) * this.pageBytes
    if (bytes === this.pageBytes) return first
    return bytes > mostBytes ? undefined : read(this.fd, at, bytes)
  }
}

// The later of the two that are whole.
function rootOf(fd: number): Bucket | undefined {
  const start = read(fd, 0, firstBytes)
  if (start === undefined) return undefined
  const pageBytes = start.readUInt32LE(headBytes + 8)
  const metas = [0, pageBytes].flatMap((at) => (at + headBytes + 64 <= start.length ? [start.subarray(at + headBytes)] : []))
  const [latest] = metas.filter(isMeta).sort((a, b) => Number(b.readBigUInt64LE(48) - a.readBigUInt64LE(48)))
  if (latest === undefined || pageBytes < 512 || pageBytes > mostBytes) return undefined
  const file = new PagedFile(fd, pageBytes)
  return new Bucket(file, file.page(Number(latest.readBigUInt64LE(16))))
}

function isMeta(meta: Buffer): boolean {
  const isOurs = meta.readUInt32LE(0) === magic && meta.readUInt32LE(4) === version
  return isOurs && meta.readBigUInt64LE(56) === fnv64(meta.subarray(0, 56))
}

function fnv64(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

// A small bucket lies in its parent's page, behind its own head.
function bucketOf(file: PagedFile, value: Buffer): Bucket | undefined {
  if (value.length < headBytes) return undefined
  const root = Number(value.readBigUInt64LE(0))
  if (root !== 0) return new Bucket(file, file.page(root))
  return value.length < 2 * headBytes ? undefined : new Bucket(file, value.subarray(headBytes))
}

function flagsOf(page: Buffer): number {
  return page.readUInt16LE(8)
}

function leafElements(page: Buffer): Element[] {
  return places(page).map((at) => {
    const keyAt = at + page.readUInt32LE(at + 4)
    const valueAt = keyAt + page.readUInt32LE(at + 8)
    const end = valueAt + page.readUInt32LE(at + 12)
    if (end > page.length) throw new RangeError('an element ends beyond its page')
    return {
      key: page.subarray(keyAt, valueAt),
      value: page.subarray(valueAt, end),
      isBucket: (page.readUInt32LE(at) & bucketElement) !== 0,
    }
  })
}

function branchElements(page: Buffer): { readonly key: Buffer; readonly page: number }[] {
  return places(page).map((at) => {
    const keyAt = at + page.readUInt32LE(at)
    return { key: page.subarray(keyAt, keyAt + page.readUInt32LE(at + 4)), page: Number(page.readBigUInt64LE(at + 8)) }
  })
}

function places(page: Buffer): number[] {
  return Array.from({ length: page.readUInt16LE(10) }, (_, i) => headBytes + i * elementBytes)
}

function read(fd: number, at: number, bytes: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(bytes)
  const got = readSync(fd, buffer, 0, bytes, at)
  return got < headBytes ? undefined : buffer.subarray(0, got)
}
