import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Bucket, readBolt } from '../../src/state/runtime/bolt.ts'

// Files of bbolt, written here as its documentation has them: two meta pages, branches, leaves, buckets within pages.

const folder = mkdtempSync(join(tmpdir(), 'bolt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pageBytes = 4096
type Value = string | Tree
type Tree = { readonly [key: string]: Value }

const tree: Tree = {
  v1: {
    default: {
      containers: { one: { image: 'a/b:1', labels: { x: 'y', ü: 'ä' } }, two: { image: 'c', spec: 's'.repeat(10_000) } },
      images: {},
    },
    moby: { containers: {} },
  },
}

test('values are found in buckets, in pages of their own and in others', () => {
  const path = write(file(tree))
  const image = (id: string) => readBolt(path, (root) => root.bucket('v1', 'default', 'containers', id)?.text('image'))
  expect([image('one'), image('two'), image('three')]).toEqual(['a/b:1', 'c', undefined])
  expect(readBolt(path, (root) => root.bucket('v1')?.bucketKeys())).toEqual(['default', 'moby'])
  expect(readBolt(path, (root) => root.bucket('v1', 'default', 'containers', 'one', 'labels')?.texts())).toEqual(
    new Map([
      ['x', 'y'],
      ['ü', 'ä'],
    ]),
  )
  expect(readBolt(path, (root) => root.bucket('v1', 'default', 'containers', 'two')?.text('spec')?.length)).toBe(10_000)
  expect(readBolt(path, (root) => root.bucket('v1', 'default')?.value('containers'))).toBeUndefined()
})

test('many keys lie below a branch', () => {
  const keys = Array.from({ length: 300 }, (_, i) => `key-${String(i).padStart(4, '0')}`)
  const path = write(file({ all: Object.fromEntries(keys.map((key) => [key, key.repeat(20)])) }))
  for (const key of keys) expect(readBolt(path, (root) => root.bucket('all')?.text(key))).toBe(key.repeat(20))
  expect(readBolt(path, (root) => root.bucket('all')?.text('key'))).toBeUndefined()
  expect(readBolt(path, (root) => root.bucket('all')?.text('key-9999'))).toBeUndefined()
  expect(readBolt(path, (root) => root.bucket('all')?.texts().size)).toBe(300)
})

test('of the two meta pages, the later that is whole counts', () => {
  const bytes = file({ a: { b: 'c' } })
  bytes.writeUInt8(0, pageBytes + 16)
  expect(readBolt(write(bytes), (root) => root.bucket('a')?.text('b'))).toBe('c')
  bytes.writeUInt8(0, 16)
  expect(readBolt(write(bytes), (root) => root.bucket('a')?.text('b'))).toBeUndefined()
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(100_000)],
  ['text', Buffer.from('x'.repeat(9000))],
])('%s is none', (_, bytes) => {
  expect(readBolt(write(bytes), () => 1)).toBeUndefined()
})

test('there may be no file, or no plain one', () => {
  expect(readBolt(join(folder, 'none'), () => 1)).toBeUndefined()
  expect(readBolt(folder, () => 1)).toBeUndefined()
})

describe('a damaged file', () => {
  const whole = file({ ...tree, many: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'v'.repeat(100)])) })
  test('is read as far as it makes sense', () => {
    const change = fc.record({
      at: fc.nat(whole.length - 9),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      bytes: fc.constantFrom(1, 2, 4, 8),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(whole)
        for (const { at, value, bytes: length } of changes)
          for (let i = 0; i < length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n)
        const path = write(bytes)
        readBolt(path, (root) => walk(root, 0))
        readBolt(path, (root) => root.bucket('v1', 'default', 'containers', 'one')?.text('image'))
      }),
      { numRuns: 300 },
    )
  })

  test('that leads in circles ends', () => {
    const bytes = Buffer.from(whole)
    // Each element of every branch leads to its own page.
    for (let at = 2 * pageBytes; at < bytes.length; at += pageBytes) {
      if (bytes.readUInt16LE(at + 8) !== 1) continue
      for (let i = 0; i < bytes.readUInt16LE(at + 10); i++) bytes.writeBigUInt64LE(BigInt(at / pageBytes), at + 16 + i * 16 + 8)
    }
    expect(readBolt(write(bytes), (root) => walk(root, 0))).toBeUndefined()
  })
})

function walk(bucket: Bucket, depth: number): undefined {
  bucket.texts()
  if (depth < 6) for (const key of bucket.bucketKeys().slice(0, 50)) walk(bucket.bucket(key) ?? bucket, depth + 1)
  return undefined
}

function write(bytes: Buffer): string {
  const path = join(folder, 'file.db')
  writeFileSync(path, bytes)
  return path
}

/** Pages as they are written, the first two of them for the meta pages. */
function file(content: Tree): Buffer {
  const pages: Buffer[] = [Buffer.alloc(pageBytes), Buffer.alloc(pageBytes)]
  const root = page(pages, content)
  for (const [at, txid] of [
    [0, 1n],
    [1, 2n],
  ] as const) {
    const meta = Buffer.alloc(64)
    meta.writeUInt32LE(0xed0cdaed, 0)
    meta.writeUInt32LE(2, 4)
    meta.writeUInt32LE(pageBytes, 8)
    meta.writeBigUInt64LE(BigInt(root), 16)
    meta.writeBigUInt64LE(txid, 48)
    let hash = 0xcbf29ce484222325n
    for (const byte of meta.subarray(0, 56)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
    meta.writeBigUInt64LE(hash, 56)
    head(at, 4, 0, 0).copy(pages[at] as Buffer)
    meta.copy(pages[at] as Buffer, 16)
  }
  return Buffer.concat(pages)
}

// Writes the pages of a bucket; returns the number of the topmost.
function page(pages: Buffer[], content: Tree): number {
  const leaves: { readonly key: Buffer; readonly page: number }[] = []
  const entries = Object.entries(content).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (let from = 0; from === 0 || from < entries.length; from += 16) {
    const part = entries.slice(from, from + 16)
    const elements = part.map(([key, value]) => ({ key: Buffer.from(key), ...encoded(pages, value) }))
    leaves.push({ key: elements[0]?.key ?? Buffer.alloc(0), page: append(pages, (id, overflow) => leaf(elements, id, overflow)) })
  }
  const [only] = leaves
  return leaves.length === 1 && only !== undefined ? only.page : append(pages, (id, overflow) => branch(leaves, id, overflow))
}

// A small bucket without buckets of its own lies in its parent's page.
function encoded(pages: Buffer[], value: Value): { readonly value: Buffer; readonly isBucket: boolean } {
  if (typeof value === 'string') return { value: Buffer.from(value), isBucket: false }
  const header = Buffer.alloc(16)
  const values = Object.entries(value)
  if (values.every(([, each]) => typeof each === 'string' && each.length < 100) && values.length < 5) {
    const elements = values.map(([key, each]) => ({ key: Buffer.from(key), value: Buffer.from(String(each)), isBucket: false }))
    return { value: Buffer.concat([header, leaf(elements, 0, 0)]), isBucket: true }
  }
  header.writeBigUInt64LE(BigInt(page(pages, value)))
  return { value: header, isBucket: true }
}

function append(pages: Buffer[], make: (id: number, overflow: number) => Buffer): number {
  const id = pages.reduce((total, each) => total + each.length / pageBytes, 0)
  const overflow = Math.ceil(make(id, 0).length / pageBytes) - 1
  const padded = Buffer.alloc((overflow + 1) * pageBytes)
  make(id, overflow).copy(padded)
  pages.push(padded)
  return id
}

function leaf(
  elements: readonly { readonly key: Buffer; readonly value: Buffer; readonly isBucket: boolean }[],
  id: number,
  overflow: number,
): Buffer {
  const table = Buffer.alloc(elements.length * 16)
  let at = table.length
  for (const [i, { key, value, isBucket }] of elements.entries()) {
    table.writeUInt32LE(isBucket ? 1 : 0, i * 16)
    table.writeUInt32LE(at - i * 16, i * 16 + 4)
    table.writeUInt32LE(key.length, i * 16 + 8)
    table.writeUInt32LE(value.length, i * 16 + 12)
    at += key.length + value.length
  }
  return Buffer.concat([head(id, 2, elements.length, overflow), table, ...elements.flatMap(({ key, value }) => [key, value])])
}

function branch(children: readonly { readonly key: Buffer; readonly page: number }[], id: number, overflow: number): Buffer {
  const table = Buffer.alloc(children.length * 16)
  let at = table.length
  for (const [i, child] of children.entries()) {
    table.writeUInt32LE(at - i * 16, i * 16)
    table.writeUInt32LE(child.key.length, i * 16 + 4)
    table.writeBigUInt64LE(BigInt(child.page), i * 16 + 8)
    at += child.key.length
  }
  return Buffer.concat([head(id, 1, children.length, overflow), table, ...children.map(({ key }) => key)])
}

function head(id: number, flags: number, count: number, overflow: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(BigInt(id))
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(count, 10)
  bytes.writeUInt32LE(overflow, 12)
  return bytes
}
