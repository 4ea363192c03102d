import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// Alerts that nobody took wait on the disk, over the death of the agent.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of the spool are skipped: ${reason}`)

describe.skipIf(reason !== undefined)('with a spool', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())

  test('alerts arrive that were raised while the receiver was down and the agent was killed', async () => {
    const place = ['-o', 'outputs_spool.enabled=true', '-o', `outputs_spool.directory=${join(probe.dir, 'spool')}`]
    const receiver = new Receiver()
    const http = ['-o', 'http_output.enabled=true', '-o', `http_output.url=http://127.0.0.1:${receiver.port}/`]
    const args = ['-r', probe.rules, ...place, ...http, '-o', 'stdout_output.enabled=true', '-o', 'json_output=true']

    receiver.stop()
    const first = await startAgent(args)
    const paths = Array.from({ length: 20 }, (_, i) => probe.open(`probe-down-${i}`))
    // What is on standard output was accepted before.
    await first.alert((line) => line.includes(paths.at(-1) ?? ''), 10_000)
    await first.stop('SIGKILL')

    receiver.start()
    const second = await startAgent(args)
    paths.push(probe.open('probe-up'))
    await receiver.until((alerts) => alerts.some((alert) => alert.output.includes('probe-up')))
    expect(await second.stop()).toBe(0)

    const byId = new Map(receiver.alerts.map((alert) => [alert.id, alert.output.split(' ').at(-1)]))
    expect([...byId.values()]).toEqual(paths)
  }, 30_000)
})

interface Received {
  readonly id: string
  readonly output: string
}

class Receiver {
  readonly alerts: Received[] = []
  readonly port: number
  #server: ReturnType<typeof Bun.serve> | undefined
  #wake = () => {}

  constructor() {
    this.start()
    this.port = this.#server?.port ?? 0
  }

  start(): void {
    this.#server = Bun.serve({
      port: this.port ?? 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        this.alerts.push((await request.json()) as Received)
        this.#wake()
        return new Response()
      },
    })
  }

  stop(): void {
    void this.#server?.stop(true)
  }

  async until(isSo: (alerts: readonly Received[]) => boolean): Promise<void> {
    while (!isSo(this.alerts)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
