import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, compileC, startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// A storm of 50,000 alerts a second into a file and into an HTTP output that takes some 20.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of a storm are skipped: ${reason}`)

const rate = 50_000
const seconds = 4
const mostMb = 250

describe.skipIf(reason !== undefined)('a storm of alerts', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test.each([false, true])(
    'reaches the file whole; of what http could not take, all is counted or on the disk (spool %p)',
    async (hasSpool) => {
      compileC(join(import.meta.dir, 'storm.c'), join(probe.dir, 'storm'))
      let received = 0
      const server = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        fetch: async (request) => {
          await request.text()
          await Bun.sleep(50)
          received++
          return new Response('ok')
        },
      })
      const runtime = join(probe.dir, `run-${hasSpool}`)
      const file = join(probe.dir, `alerts-${hasSpool}`)
      const keys = [
        ...['file_output.enabled=true', 'file_output.keep_alive=true', `file_output.filename=${file}`, 'stdout_output.enabled=false'],
        ...['http_output.enabled=true', `http_output.url=http://127.0.0.1:${server.port}/`, 'json_output=true'],
        ...[`outputs_spool.enabled=${hasSpool}`, `outputs_spool.directory=${join(probe.dir, 'spool')}`],
      ]
      const agent = await startAgent(['-r', probe.rules, ...keys.flatMap((key) => ['-o', key])], { RUNTIME_DIRECTORY: runtime })
      const rss: number[] = []
      const watching = setInterval(() => rss.push(agent.rssMb()), 100)
      const storm = Bun.spawn([join(probe.dir, 'storm'), probe.dir, String(rate), String(seconds)], { stdout: 'pipe' })
      const opened = Number(await new Response(storm.stdout).text())
      // What is in the rings, and before the file, is soon there.
      let status = await statusOf(runtime)
      for (let i = 0; i < 200 && (status.outputs[0].waiting > 0 || status.outputs[0].written < status.alerts); i++) {
        await Bun.sleep(50)
        status = await statusOf(runtime)
      }
      clearInterval(watching)
      const [toFile, toHttp] = status.outputs
      expect(toFile).toMatchObject({ name: 'file', written: status.alerts, dropped: 0, failed: 0 })
      // Those that are being written are in none of the counts.
      const accounted = toHttp.written + toHttp.waiting + toHttp.dropped + toHttp.failed
      expect(status.alerts - accounted).toBeLessThanOrEqual(16)
      if (hasSpool) expect(toHttp.dropped).toBe(0)
      expect(await agent.stop()).toBe(0)
      await server.stop(true)

      const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
      const paths = new Set(lines.map((line) => JSON.parse(line).output_fields['fd.name']))
      expect(lines).toHaveLength(Number(/^Events detected: (\d+)$/m.exec(agent.alerts.join('\n'))?.[1]))
      expect(paths.size).toBe(lines.length)
      const lost = Number(
        / (\d[\d,]*) dropped$/m.exec(agent.log.find((line) => line.startsWith('Events: ')) ?? '')?.[1]?.replaceAll(',', ''),
      )
      expect(lines.length).toBeGreaterThanOrEqual(opened - lost)
      console.log(
        `${opened} opened, ${lost} lost in the kernel, ${lines.length} alerts in the file, ${received} posted; RSS ${Math.max(...rss).toFixed(0)} MB`,
      )
      expect(Math.max(...rss)).toBeLessThan(mostMb)
    },
    60_000,
  )
})

async function statusOf(runtime: string) {
  const child = Bun.spawn([binary, 'status', '--json'], { env: { ...process.env, RUNTIME_DIRECTORY: runtime }, stdout: 'pipe' })
  const [status] = JSON.parse(await new Response(child.stdout).text())
  return status
}
