import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, mortal, startAgent } from '../tools/agent.ts'
import { bpfObjectsOf, remaining } from '../tools/bpf.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// How the program ends: nothing is lost, and nothing stays.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of stopping are skipped: ${reason}`)
// The kernel frees a map after a grace period of its own, longer where it has much to do.
const freeMs = 30_000
const timeoutMs = freeMs + 10_000

describe.skipIf(reason !== undefined)('it ends', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'at %s with all alerts written, a summary, and exit code 0',
    async (signal) => {
      const file = join(probe.dir, `alerts-${signal}`)
      const pidfile = join(probe.dir, 'pid')
      const toFile = ['-o', 'file_output.enabled=true', '-o', `file_output.filename=${file}`]
      const agent = await startAgent(['-r', probe.rules, '-P', pidfile, ...toFile])
      expect(readFileSync(pidfile, 'utf8')).toBe(`${agent.pid}\n`)
      const objects = bpfObjectsOf(agent.pid)
      expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(['prog', 'map', 'link']))
      const paths = Array.from({ length: 50 }, (_, i) => probe.open(`probe-${signal}-${i}`))
      expect(await agent.stop(signal)).toBe(0)

      const alerts = agent.alerts.filter((line) => line.includes(' Warning '))
      expect(alerts.map((line) => line.split(' ').at(-1))).toEqual(paths)
      expect(readFileSync(file, 'utf8')).toBe(`${alerts.join('\n')}\n`)
      expect(agent.alerts.slice(alerts.length)).toEqual([
        'Events detected: 50',
        'Rule counts by severity:',
        '   WARNING: 50',
        'Triggered rules by rule name:',
        '   Probe: 50',
      ])
      expect(agent.log.join('\n')).toContain('SIGINT received, exiting...\nSyscall event drop monitoring:\n')
      expect(existsSync(pidfile)).toBe(false)
      expect(await remaining(objects, freeMs)).toEqual([])
    },
    timeoutMs,
  )

  test(
    'at SIGKILL, and the kernel keeps nothing of it',
    async () => {
      const agent = await startAgent(['-r', probe.rules])
      const objects = bpfObjectsOf(agent.pid)
      expect(objects.length).toBeGreaterThan(10)
      expect(await remaining(objects, 0)).toEqual(objects)
      await agent.stop('SIGKILL')
      expect(await remaining(objects, freeMs)).toEqual([])
    },
    timeoutMs,
  )

  test.each(['SIGINT', 'SIGTERM'] as const)('at %s while it still starts', async (signal) => {
    const child = Bun.spawn([...mortal, binary, '-r', probe.rules], { stdout: 'pipe', stderr: 'pipe' })
    const reader = child.stderr.getReader()
    // Its first words on the log: the rules are not read yet.
    await reader.read()
    child.kill(signal)
    expect(await new Response(child.stdout).text()).toStartWith('Events detected: 0\n')
    expect(await child.exited).toBe(0)
  })

  test('after the time limit', async () => {
    const { exitCode, stdout } = Bun.spawnSync([binary, '-r', probe.rules, '-M', '0.2'], { stderr: 'ignore' })
    expect(stdout.toString()).toStartWith('Events detected: 0\n')
    expect(exitCode).toBe(0)
  })

  test('also where nobody reads its alerts any more', async () => {
    // `sleep` holds the pipe open and reads nothing of it, which holds 64 KiB.
    const script = '"$0" "$@" | exec sleep 60'
    const child = Bun.spawn(['sh', '-c', script, binary, '-r', probe.rules], { stdout: 'ignore', stderr: 'pipe', detached: true })
    try {
      const log = child.stderr.getReader()
      await readUntil(log, 'Capturing')
      for (let i = 0; i < 3000; i++) probe.open('probe-of-a-reader-that-is-stuck')
      const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0])
      process.kill(pid, 'SIGTERM')
      expect(await readUntil(log, 'captured')).toContain('Output stdout did not take the last alerts in time')
    } finally {
      process.kill(-child.pid, 'SIGKILL')
    }
  }, 30_000)
})

async function readUntil(reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> }, words: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes(words)) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  return text
}
