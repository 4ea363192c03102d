import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHttp } from '../../src/outputs/http.ts'
import { type Message, type Output, WriteFault } from '../../src/outputs/output.ts'
import { Delivery } from '../../src/outputs/shared/delivery.ts'
import { OutputQueue } from '../../src/outputs/shared/queue.ts'
import { Spool } from '../../src/outputs/shared/spool.ts'
import { SpoolWriter } from '../../src/outputs/shared/spool_writer.ts'
import { plainHttp } from '../tools/http_options.ts'

// What happens to alerts when receivers, disks and processes fail.

let folder = ''
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-faults-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const newDirectory = () => join(folder, `spool-${count++}`)
const limits = { capacity: 100_000, slowMs: 60_000, log: { error: () => undefined, warning: () => undefined } }
const http = { ...plainHttp, timeoutMs: 200 }
const alerts = (from: number, to: number): Message[] =>
  Array.from({ length: to - from }, (_, i) => ({ line: `{"id":"${from + i}"}`, priority: 4 }))

/** A spool with its outputs, as the program has it. */
function lineTo(outputs: readonly Output[], directory: string, sleep: (ms: number) => Promise<void> = () => Bun.sleep(1)) {
  const spool = new Spool({ directory, maxBytes: 1e10, maxAgeMs: 1e9, fsync: 'batch' })
  const deliveries = outputs.map((output) => new Delivery(output, { ...limits, spool, maxAttempts: 0, sleep }))
  const writer = new SpoolWriter(spool, limits, () => {
    for (const delivery of deliveries) delivery.wake()
  })
  const close = async (limitMs: number) => {
    writer.close()
    await Promise.all(deliveries.map((delivery) => delivery.close(limitMs)))
    spool.close()
  }
  return { spool, writer, deliveries, close }
}

class Receiver implements Output {
  readonly name: string
  readonly lines: string[] = []

  constructor(name: string) {
    this.name = name
  }

  async write(messages: readonly Message[]): Promise<void> {
    for (const { line } of messages) this.lines.push(line)
  }

  async close(): Promise<void> {}
}

describe('a receiver that is down for an hour, at 1,000 alerts a second', () => {
  // The hour is simulated: a second of it is a write of 1,000 alerts and an attempt that fails. EYAS_TEST_HOUR=1 is all of it.
  const seconds = process.env.EYAS_TEST_HOUR ? 3600 : 360

  test('gets every alert in the end, and meanwhile memory stays as it is', async () => {
    const wake: (() => void)[] = []
    const sleep = () => new Promise<void>((resolve) => wake.push(resolve))
    let isUp = false
    let [next, attempts] = [0, 0]
    const output: Output = {
      name: 'http',
      write: async (messages) => {
        attempts++
        if (!isUp) throw new WriteFault('down', { written: 0 })
        // In order, each once: nothing died in between.
        for (const { line } of messages) expect(line.startsWith(`{"id":"${next++}"`)).toBe(true)
      },
      close: async () => undefined,
    }
    const { spool, writer, deliveries, close } = lineTo([output], newDirectory(), sleep)
    const rss: number[] = []
    for (let second = 0; second < seconds; second++) {
      for (const message of alerts(second * 1000, (second + 1) * 1000))
        writer.push({ ...message, line: `${message.line}${'x'.repeat(200)}` })
      await new Promise((resolve) => setImmediate(resolve))
      wake.shift()?.()
      spool.prune()
      if (second % 30 === 29) {
        Bun.gc(true)
        rss.push(process.memoryUsage.rss() / 1024 / 1024)
      }
    }
    expect(spool.stats().waiting).toBe(seconds * 1000)
    expect(deliveries[0]?.waiting).toBe(seconds * 1000)
    expect(attempts).toBeGreaterThan(seconds / 2)
    const half = Math.floor(rss.length / 2)
    expect(Math.max(...rss.slice(half)) - Math.max(...rss.slice(0, half))).toBeLessThan(30)
    isUp = true
    for (const resolve of wake) resolve()
    await close(120_000)
    expect(next).toBe(seconds * 1000)
  }, 300_000)
})

describe('a receiver that takes connections and never answers', () => {
  test('keeps nobody else from getting alerts; whoever takes its place gets all', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const directory = newDirectory()
    const file = new Receiver('file')
    const stuck = lineTo([openHttp({ ...http, url: `http://127.0.0.1:${port}/` }), file], directory)
    for (const message of alerts(0, 500)) stuck.writer.push(message)
    await stuck.close(1000)
    expect(file.lines).toHaveLength(500)
    expect(sockets.length).toBeGreaterThan(0)
    expect(stuck.deliveries[0]?.failed).toBeGreaterThan(0)
    for (const socket of sockets) socket.destroy()
    server.close()

    const healthy = new Receiver('http')
    await lineTo([healthy, new Receiver('file')], directory).close(10_000)
    expect(healthy.lines).toEqual(file.lines)
  })

  test('without a spool: what found no room is counted, and what is counted adds up', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const queue = new OutputQueue(openHttp({ ...http, url: `http://127.0.0.1:${port}/`, timeoutMs: 20 }), { ...limits, capacity: 50 })
    for (const message of alerts(0, 500)) queue.push(message)
    await queue.close(100)
    server.close()
    expect(queue.written + queue.dropped + queue.failed).toBe(500)
    expect(queue.dropped).toBeGreaterThanOrEqual(434)
  })
})

describe('a receiver whose name cannot be resolved', () => {
  test('is tried again, and gets all when it has a name', async () => {
    const directory = newDirectory()
    const file = new Receiver('file')
    const nameless = lineTo([openHttp({ ...http, url: 'http://receiver.invalid/' }), file], directory)
    for (const message of alerts(0, 200)) nameless.writer.push(message)
    await nameless.close(500)
    expect(file.lines).toHaveLength(200)
    expect(nameless.deliveries[0]).toMatchObject({ written: 0, dropped: 0, lastError: expect.stringContaining('receiver.invalid') })
    const named = new Receiver('http')
    await lineTo([named, new Receiver('file')], directory).close(10_000)
    expect(named.lines).toEqual(file.lines)
  })
})

const mount = process.getuid?.() === 0 ? Bun.which('mount') : null
if (mount === null) console.warn('tests of a full disk are skipped: they need root and mount')

describe.skipIf(mount === null)('a disk that is full', () => {
  const withDisk = async (work: (directory: string) => Promise<void>) => {
    const disk = join(folder, `disk-${count++}`)
    mkdirSync(disk)
    expect(Bun.spawnSync([mount ?? '', '-t', 'tmpfs', '-o', 'size=12m', 'none', disk]).exitCode).toBe(0)
    try {
      await work(disk)
    } finally {
      Bun.spawnSync(['umount', '-l', disk])
      rmSync(disk, { recursive: true })
    }
  }
  const fill = (disk: string) => Bun.spawnSync(['dd', 'if=/dev/zero', `of=${join(disk, 'other')}`, 'bs=64k'], { stderr: 'ignore' })
  // Writes go on until it is done, or for too long.
  const turns = async (most: number, isDone: () => boolean) => {
    for (let i = 0; i < most && !isDone(); i++) await Bun.sleep(5)
  }

  test('still lets alerts pass to outputs that take them', () =>
    withDisk(async (disk) => {
      const receiver = new Receiver('file')
      const { spool, writer, close } = lineTo([receiver], join(disk, 'spool'))
      fill(disk)
      for (let round = 0; round < 200; round++) {
        for (const message of alerts(round * 50, (round + 1) * 50)) writer.push({ ...message, line: message.line + 'x'.repeat(300) })
        await turns(200, () => receiver.lines.length === (round + 1) * 50)
        spool.prune()
      }
      expect(receiver.lines).toHaveLength(10_000)
      expect(writer.lastError).toBe('')
      await close(1000)
    }))

  test('that fills up while a receiver is down loses nothing that memory has room for, and says so', () =>
    withDisk(async (disk) => {
      let isUp = false
      const taken: string[] = []
      const output: Output = {
        name: 'http',
        write: async (messages) => {
          if (!isUp) throw new WriteFault('down', { written: 0 })
          for (const { line } of messages) taken.push(line.slice(0, line.indexOf('}') + 1))
        },
        close: async () => undefined,
      }
      const { writer, close } = lineTo([output], join(disk, 'spool'))
      fill(disk)
      for (let round = 0; round < 100; round++) {
        for (const message of alerts(round * 100, (round + 1) * 100)) writer.push({ ...message, line: message.line + 'x'.repeat(500) })
        await Bun.sleep(1)
      }
      expect(writer.lastError).toContain('cannot write to the spool')
      expect(writer.dropped).toBe(0)
      rmSync(join(disk, 'other'))
      isUp = true
      writer.flush()
      await turns(2000, () => taken.length === 10_000)
      expect(taken).toEqual(alerts(0, 10_000).map(({ line }) => line))
      await close(1000)
    }))
})

describe('an agent and a receiver that are killed at random', () => {
  const kills = 200

  test('lose nothing that was accepted, and tear nothing; ids tell what came twice', async () => {
    const [directory, accepted, received] = [newDirectory(), join(folder, 'accepted'), join(folder, 'received')]
    for (const path of [accepted, received]) writeFileSync(path, '')
    const run = (file: string, ...args: readonly string[]) =>
      Bun.spawn(['nice', '-n', '5', process.execPath, join(import.meta.dir, file), ...args], { stdout: 'pipe', stderr: 'inherit' })
    let receiver = run('fault_receiver.ts', received)
    const port = await firstLine(receiver.stdout)
    const agentArgs = [directory, accepted, `http://127.0.0.1:${port}/`]
    for (let kill = 0; kill < kills; kill++) {
      const agent = run('fault_agent.ts', ...agentArgs, String(kill * 100_000))
      const reader = agent.stdout.getReader()
      await reader.read()
      const dies = Math.floor(Math.random() * 6)
      for (let i = 0; i < dies; i++) await reader.read()
      // A receiver that dies comes back for the next one.
      if (kill % 3 === 0) {
        receiver.kill('SIGKILL')
        await receiver.exited
        for (let i = 0; i < 3; i++) await reader.read()
        receiver = run('fault_receiver.ts', received, port)
        if (kill % 2 === 0) await firstLine(receiver.stdout)
      }
      agent.kill('SIGKILL')
      await agent.exited
    }
    receiver.kill('SIGKILL')
    const rest = new Receiver('http')
    await lineTo([rest], directory).close(30_000)
    const ids = new Set([...linesOf(received), ...rest.lines.map((line) => JSON.parse(line).id as string)])
    const taken = linesOf(accepted)
    expect(taken.length).toBeGreaterThan(kills)
    expect(taken.filter((id) => !ids.has(id))).toEqual([])
    console.log(
      `${kills} kills: ${taken.length} alerts accepted, ${linesOf(received).length + rest.lines.length} arrived, ${ids.size} different`,
    )
  }, 300_000)
})

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await stream.getReader().read()
  return new TextDecoder().decode(value).trim()
}

// The last line may be torn: it was being written when the process died.
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}
