import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileC, startAgent } from '../tools/agent.ts'
import { whyNotLive } from './stage.ts'

// A descriptor that another process has opened, and handed over.

const reason = whyNotLive()

describe.skipIf(reason !== undefined)('a descriptor that was passed over a socket', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-pass-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  test('is known by its name', async () => {
    const file = join(dir, 'file')
    const rules = join(dir, 'rules.yaml')
    const program = join(dir, 'pass')
    writeFileSync(file, 'contents')
    compileC(join(import.meta.dir, 'pass.c'), program)
    const condition = `evt.type=read and fd.name=${file}`
    writeFileSync(rules, JSON.stringify([{ rule: 'passed', desc: 'd', priority: 'INFO', condition, output: 'fd=%fd.name by %proc.name' }]))
    const agent = await startAgent(['-r', rules])
    expect(Bun.spawnSync([program, file]).exitCode).toBe(0)
    expect(await agent.alert((line) => line.endsWith(`fd=${file} by pass`), 10_000)).toBeString()
    expect(await agent.stop()).toBe(0)
  }, 30_000)
})
