import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, type Output, WriteFault } from '../../src/outputs/output.ts'
import { Delivery } from '../../src/outputs/shared/delivery.ts'
import { Spool, type SpoolOptions } from '../../src/outputs/shared/spool.ts'

const root = mkdtempSync(join(tmpdir(), 'eyas-spool-'))
afterAll(() => rmSync(root, { recursive: true }))
let serial = 0
const newDirectory = () => join(root, String(serial++))

function open(directory: string, options: Partial<SpoolOptions> = {}): Spool {
  return new Spool({ directory, maxBytes: 100_000_000, maxAgeMs: 3_600_000, fsync: 'never', ...options })
}

const messages = (...lines: readonly string[]): Message[] => lines.map((line) => ({ line, priority: 4 }))
const numbered = (count: number, from = 0) => messages(...Array.from({ length: count }, (_, i) => `alert ${from + i}`))
const silent = { error: () => undefined, warning: () => undefined }

/** An output that does as `answer` says: a number of messages to take before it fails, or all. */
class Receiver implements Output {
  readonly name: string
  readonly lines: string[] = []
  private readonly answer: (batch: readonly Message[]) => 'all' | WriteFault

  constructor(name: string, answer: Receiver['answer'] = () => 'all') {
    this.name = name
    this.answer = answer
  }

  async write(batch: readonly Message[]): Promise<void> {
    const answer = this.answer(batch)
    const taken = answer === 'all' ? batch : batch.slice(0, answer.written)
    this.lines.push(...taken.map(({ line }) => line))
    if (answer !== 'all') throw answer
  }

  async close(): Promise<void> {}
}

function deliver(spool: Spool, output: Output, maxAttempts = 0): Delivery {
  return new Delivery(output, { spool, maxAttempts, capacity: 10, slowMs: 60_000, log: silent, sleep: () => Promise.resolve() })
}

describe('the spool', () => {
  test('keeps what is accepted over an end, in order, from where each output was', () => {
    const directory = newDirectory()
    const first = open(directory)
    expect([first.cursorOf('a'), first.cursorOf('b')]).toEqual([0, 0])
    first.append(messages('one', 'two'))
    first.append(messages('three'))
    first.advance('a', 2)
    first.close()
    const second = open(directory)
    const linesFor = (output: string) => second.read(second.cursorOf(output), 10).map(({ line }) => line)
    expect([linesFor('a'), linesFor('b')]).toEqual([['three'], ['one', 'two', 'three']])
    // What is new begins with what comes from now on.
    expect(linesFor('c')).toEqual([])
    second.close()
  })

  test('frees what all have, and waits for nobody who is gone', () => {
    const spool = open(newDirectory())
    for (const name of ['a', 'b']) spool.cursorOf(name)
    spool.append(numbered(100))
    spool.advance('a', 100)
    spool.prune()
    expect(spool.stats().waiting).toBe(100)
    spool.keepOutputs(['a'])
    spool.prune()
    expect(spool.stats().waiting).toBe(0)
    expect(spool.expired).toBe(0)
    // Numbers are never given twice, so that no cursor is ahead of what comes.
    spool.append(messages('next'))
    expect(spool.read(spool.cursorOf('a'), 10).map(({ line }) => line)).toEqual(['next'])
    spool.close()
  })

  test('gives up what is too old, and counts it for each output that misses it', () => {
    let now = 0
    const spool = open(newDirectory(), { maxAgeMs: 1000, now: () => now })
    for (const name of ['a', 'b']) spool.cursorOf(name)
    spool.append(messages('old', 'old too'))
    spool.advance('a', 1)
    now = 900
    spool.append(messages('young'))
    now = 1500
    spool.prune()
    expect(spool.expired).toBe(3)
    for (const name of ['a', 'b']) expect(spool.read(spool.cursorOf(name), 10).map(({ line }) => line)).toEqual(['young'])
    spool.close()
  })

  test('stays within its size', () => {
    const maxBytes = 1_000_000
    const spool = open(newDirectory(), { maxBytes })
    spool.cursorOf('a')
    let accepted = 0
    for (let round = 0; round < 60; round++) {
      const batch = Array.from({ length: 100 }, (_, i) => ({ line: `${accepted + i} ${'x'.repeat(500)}`, priority: 4 }))
      spool.append(batch)
      accepted += batch.length
      spool.prune()
    }
    expect(spool.stats().bytes).toBeLessThan(maxBytes * 1.2)
    expect(spool.expired + spool.stats().waiting).toBe(accepted)
    const last = spool.read(spool.cursorOf('a'), 100_000).at(-1)
    expect(last?.line).toStartWith(`${accepted - 1} `)
    spool.close()
  })

  test('is used by one process at a time', () => {
    const directory = newDirectory()
    const spool = open(directory)
    expect(() => open(directory)).toThrow('database is locked')
    spool.close()
  })

  test('puts a damaged file aside and begins anew', () => {
    const directory = newDirectory()
    open(directory).close()
    writeFileSync(join(directory, 'alerts.sqlite'), 'this is not a database, whatever its name says'.repeat(100))
    const spool = open(directory)
    spool.cursorOf('a')
    spool.append(messages('after'))
    expect(spool.read(0, 10).map(({ line }) => line)).toEqual(['after'])
    expect(readdirSync(directory).filter((name) => name.includes('.damaged-'))).toHaveLength(1)
    spool.close()
  })

  test('a directory that cannot be made is a fault', () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    expect(() => open(join(file, 'below'))).toThrow(/cannot use .* as a spool/)
  })
})

describe('a delivery', () => {
  test('brings all to an output that fails now and then, in order', async () => {
    const spool = open(newDirectory())
    let calls = 0
    const receiver = new Receiver('a', (batch) => {
      calls++
      return calls % 3 === 0 ? 'all' : new WriteFault('not now', { written: calls % 2 === 0 ? 0 : Math.min(1, batch.length - 1) })
    })
    const delivery = deliver(spool, receiver)
    spool.append(numbered(2000))
    delivery.wake()
    await delivery.close(10_000)
    expect(receiver.lines).toEqual(numbered(2000).map(({ line }) => line))
    spool.close()
  })

  test.each([
    ['refuses it', true, 0],
    ['failed with it too often', false, 5],
  ])('puts a message aside where the output %s, and goes on', async (_, isRefused, maxAttempts) => {
    const spool = open(newDirectory())
    const receiver = new Receiver('a', (batch) => {
      const at = batch.findIndex(({ line }) => line === 'alert 7')
      return at < 0 ? 'all' : new WriteFault('no', { written: at, isRefused })
    })
    const delivery = deliver(spool, receiver, maxAttempts)
    spool.append(numbered(20))
    delivery.wake()
    await delivery.close(10_000)
    expect(receiver.lines).toHaveLength(19)
    expect([delivery.dropped, spool.stats().dead]).toEqual([1, 1])
    spool.close()
  })

  test('writes nothing twice that was written before one that failed', async () => {
    const spool = open(newDirectory())
    const lines: string[] = []
    let fails = 5
    const output: Output = {
      name: 'a',
      batchMessages: 8,
      write: async (batch) => {
        // The second one fails, all others are written.
        const written = batch.length > 1 && fails-- > 0 ? 1 : batch.length
        lines.push(...batch.filter((_, at) => at !== written).map(({ line }) => line))
        if (written < batch.length) throw new WriteFault('not now', { written, ahead: new Set(batch.keys()) })
      },
      close: async () => undefined,
    }
    const delivery = deliver(spool, output)
    spool.append(numbered(100))
    delivery.wake()
    await delivery.close(10_000)
    expect(lines.sort()).toEqual(
      numbered(100)
        .map(({ line }) => line)
        .sort(),
    )
    expect(delivery.written).toBe(100)
    spool.close()
  })

  test('ends while the output hangs, and what waits is delivered by the next', async () => {
    const directory = newDirectory()
    const spool = open(directory)
    const stuck: Output = { name: 'a', write: () => new Promise(() => undefined), close: async () => undefined }
    const delivery = deliver(spool, stuck)
    spool.append(numbered(3))
    delivery.wake()
    await delivery.close(20)
    spool.close()
    const again = open(directory)
    const receiver = new Receiver('a')
    await deliver(again, receiver).close(10_000)
    expect(receiver.lines).toEqual(['alert 0', 'alert 1', 'alert 2'])
    again.close()
  })
})

describe('a process that is killed', () => {
  const victim = join(import.meta.dir, 'spool_victim.ts')

  test('loses nothing that it accepted, whenever it dies', async () => {
    const directory = newDirectory()
    const ledger = `${directory}.accepted`
    const received = `${directory}.received`
    for (const path of [ledger, received]) writeFileSync(path, '')
    for (let round = 0; round < 12; round++) {
      const child = Bun.spawn([process.execPath, victim, directory, ledger, received], { stdout: 'pipe', stderr: 'inherit' })
      const reader = child.stdout.getReader()
      // It has begun, and dies anywhere in what follows: a little later each time.
      await reader.read()
      for (let i = 0; i < round; i++) await reader.read()
      child.kill('SIGKILL')
      await child.exited
    }
    const spool = open(directory)
    const rest = new Receiver('a')
    await deliver(spool, rest).close(10_000)
    spool.close()
    const accepted = linesOf(ledger)
    expect(accepted.length).toBeGreaterThan(100)
    const arrived = new Set([...linesOf(received), ...rest.lines])
    expect(accepted.filter((line) => !arrived.has(line))).toEqual([])
  }, 60_000)
})

// The last line may be torn: it was being written when the process died.
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}
