import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openFileOutput } from '../../src/outputs/file.ts'
import { isDue, type RotationOptions } from '../../src/outputs/shared/rotation.ts'

const root = mkdtempSync(join(tmpdir(), 'eyas-rotation-'))
afterAll(() => rmSync(root, { recursive: true }))
let serial = 0

const options: RotationOptions = { maxBytes: 0, maxAgeMs: 0, keep: 3, compress: false }

/** Writes `count` lines, each by itself, and tells the files that are there then, by name, with their lines. */
async function write(count: number, rotate: Partial<RotationOptions>, keepAlive = true): Promise<Record<string, string[]>> {
  const dir = join(root, String(serial++))
  await Bun.write(join(dir, 'alerts'), '')
  const output = openFileOutput({ filename: join(dir, 'alerts'), keepAlive, rotate: { ...options, ...rotate } })
  for (let i = 0; i < count; i++) await output.write([{ line: `line ${i}`, priority: 4 }])
  await output.close()
  return Object.fromEntries(readdirSync(dir).map((name) => [name, linesOf(join(dir, name))]))
}

function linesOf(path: string): string[] {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').slice(0, -1)
}

const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`)

describe('a file of alerts', () => {
  test.each([true, false])('that is full makes room, and the latest full ones are kept (keep_alive %p)', async (keepAlive) => {
    // Three lines of 7 bytes fit.
    expect(await write(10, { maxBytes: 21, keep: 2 }, keepAlive)).toEqual({
      alerts: lines(9, 10),
      'alerts.1': lines(6, 9),
      'alerts.2': lines(3, 6),
    })
  })

  test('may be compressed when it is full', async () => {
    expect(await write(10, { maxBytes: 21, keep: 5, compress: true })).toEqual({
      alerts: lines(9, 10),
      'alerts.1.gz': lines(6, 9),
      'alerts.2.gz': lines(3, 6),
      'alerts.3.gz': lines(0, 3),
    })
  })

  test('may be thrown away when it is full', async () => {
    expect(await write(10, { maxBytes: 21, keep: 0 })).toEqual({ alerts: lines(9, 10) })
  })

  test('takes a line that is larger than it may be', async () => {
    expect(await write(3, { maxBytes: 3 })).toEqual({ alerts: ['line 2'], 'alerts.1': ['line 1'], 'alerts.2': ['line 0'] })
  })

  test.each([
    [{ maxBytes: 100 }, { size: 90, ageMs: 0 }, 10, false],
    [{ maxBytes: 100 }, { size: 90, ageMs: 0 }, 11, true],
    [{ maxBytes: 100 }, { size: 0, ageMs: 0 }, 1000, false],
    [{ maxAgeMs: 1000 }, { size: 1, ageMs: 999 }, 1, false],
    [{ maxAgeMs: 1000 }, { size: 1, ageMs: 1000 }, 1, true],
    [{ maxAgeMs: 1000 }, { size: 0, ageMs: 1000 }, 1, false],
    [{}, { size: 1e12, ageMs: 1e12 }, 1, false],
  ])('%j with %j and %d bytes more is due: %p', (limits, file, bytes, answer) => {
    expect(isDue({ ...options, ...limits }, file, bytes)).toBe(answer)
  })

  test('others that only look alike are left alone', async () => {
    const dir = join(root, String(serial++))
    await Bun.write(join(dir, 'alerts'), 'old\n')
    for (const name of ['alerts.bak', 'alerts.1.txt', 'alerts.0', 'alerts.01']) writeFileSync(join(dir, name), name)
    const output = openFileOutput({ filename: join(dir, 'alerts'), keepAlive: true, rotate: { ...options, maxBytes: 5, keep: 1 } })
    await output.write([{ line: 'new', priority: 4 }])
    await output.close()
    expect(readdirSync(dir).sort()).toEqual(['alerts', 'alerts.0', 'alerts.01', 'alerts.1', 'alerts.1.txt', 'alerts.bak'])
  })

  test('that could not take all of a write has none of it', async () => {
    const dir = join(root, String(serial++))
    const file = join(dir, 'alerts')
    await Bun.write(file, '')
    // A limit on the size of files stands for a full disk: the write goes half of the way.
    const script = join(import.meta.dir, 'full_disk.ts')
    const child = Bun.spawn(['sh', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$0" "$1" "$2"', process.execPath, script, file], {
      stdout: 'pipe',
    })
    expect(await new Response(child.stdout).text()).toContain('cannot write to')
    const text = readFileSync(file, 'utf8')
    expect(text).toBe(`${'a'.repeat(300)}\n`)
    expect(statSync(file).size).toBe(301)
  })
})
