import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, compileC, startAgent } from '../tools/agent.ts'
import { checkScap } from '../tools/scap_check.ts'
import { whyNotLive } from './stage.ts'

// A descriptor that another process has opened, and handed over.

const reason = whyNotLive()

describe.skipIf(reason !== undefined)('a descriptor that was passed over a socket', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-pass-'))
  const program = join(dir, 'pass')
  beforeAll(() => compileC(join(import.meta.dir, 'pass.c'), program))
  afterAll(() => rmSync(dir, { recursive: true }))

  test('is known by its name', async () => {
    const file = join(dir, 'file')
    const rules = join(dir, 'rules.yaml')
    writeFileSync(file, 'contents')
    const condition = `evt.type=read and fd.name=${file}`
    writeFileSync(rules, JSON.stringify([{ rule: 'passed', desc: 'd', priority: 'INFO', condition, output: 'fd=%fd.name by %proc.name' }]))
    const agent = await startAgent(['-r', rules])
    expect(Bun.spawnSync([program, file]).exitCode).toBe(0)
    expect(await agent.alert((line) => line.includes(`fd=${file} by pass`), 10_000)).toBeString()
    expect(await agent.stop()).toBe(0)
  }, 30_000)

  test('is known by its name in a recording, too', async () => {
    const file = join(dir, 'recorded')
    const recording = join(dir, 'pass.scap')
    writeFileSync(file, 'contents')
    const recorder = Bun.spawn([binary, 'record', '-w', recording, '-n', '4', `evt.type=read and fd.name=${file}`], { stderr: 'pipe' })
    for (let round = 0; round < 2000 && recorder.exitCode === null; round++) await Bun.spawn([program, file]).exited
    expect(await recorder.exited).toBe(0)
    expect(checkScap(readFileSync(recording)).faults).toEqual([])
    const done = Bun.spawnSync([binary, 'inspect', recording, '-p', '%evt.type %fd.name'])
    expect(done.stdout.toString()).toBe(`read ${file}\n`.repeat(4))
  }, 30_000)
})
