import { afterAll, expect, test } from 'bun:test'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { LineWriter } from '../../src/base/line_writer.ts'
import { scratch } from '../capture/scap_writer.ts'

const dir = scratch()
afterAll(() => dir.clean())

interface Told {
  rooms: number
  failures: string[]
}

function writerTo(path: string, encoding: 'latin1' | 'utf8' = 'utf8'): { writer: LineWriter; told: Told; close: () => void } {
  const fd = openSync(path, 'w')
  const told: Told = { rooms: 0, failures: [] }
  const writer = new LineWriter({
    fd,
    encoding,
    onRoom: () => told.rooms++,
    onFailure: (error) => told.failures.push(error.code ?? ''),
  })
  return { writer, told, close: () => closeSync(fd) }
}

test('writes lines in order, however many', async () => {
  const path = dir.file('many', Buffer.alloc(0))
  const { writer, told, close } = writerTo(path)
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`)
  for (const line of lines) writer.push(line)
  expect(writer.isBehind).toBe(true)
  writer.flush()
  await writer.idle()
  close()
  expect(readFileSync(path, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''))
  expect(writer.isBehind).toBe(false)
  expect(told).toEqual({ rooms: 1, failures: [] })
})

test.each<[encoding: 'latin1' | 'utf8', bytes: number[]]>([
  ['latin1', [0xe9, 0xff, 0x0a]],
  ['utf8', [0xc3, 0xa9, 0xc3, 0xbf, 0x0a]],
])('writes %s', async (encoding, bytes) => {
  const path = dir.file(encoding, Buffer.alloc(0))
  const { writer, close } = writerTo(path, encoding)
  writer.push('éÿ')
  writer.flush()
  await writer.idle()
  close()
  expect([...readFileSync(path)]).toEqual(bytes)
})

test('waits for nothing while nothing was pushed', async () => {
  const { writer, close } = writerTo(dir.file('none', Buffer.alloc(0)))
  writer.flush()
  await writer.idle()
  close()
})

test('tells once that it cannot write, and takes what comes then as lost', async () => {
  const { writer, told, close } = writerTo('/dev/full')
  writer.push('a')
  writer.flush()
  await writer.idle()
  for (let i = 0; i < 100_000; i++) writer.push('more and more')
  writer.flush()
  await writer.idle()
  close()
  expect(told.failures).toEqual(['ENOSPC'])
  expect(writer.isBehind).toBe(false)
})
