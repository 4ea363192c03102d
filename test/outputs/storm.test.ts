import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Alert, JsonValue } from '../../src/engine/alert.ts'
import { type Message, type Output, WriteFault } from '../../src/outputs/output.ts'
import { type HeldBack, LimitedOutput } from '../../src/outputs/shared/limited.ts'
import { Repeats } from '../../src/outputs/shared/repeats.ts'

// Storm control: what is passed on and what is counted add up to what came.

function alert(rule: string, fields: Readonly<Record<string, JsonValue>>): Alert {
  return { rule, priority: 4, source: 'syscall', tags: ['a'], ts: 1n, text: 'text', fields: Object.entries(fields), hostname: 'here' }
}

function countOf(passed: Alert): number {
  return Number(passed.fields.find(([name]) => name === 'eyas.repeated')?.[1] ?? 1)
}

describe('alike alerts', () => {
  test('become the first one at once, and a summary for each window in which others came', () => {
    const passed: Alert[] = []
    const repeats = new Repeats({ windowMs: 1000, fields: [] }, (each) => passed.push(each))
    for (let ms = 0; ms < 2500; ms += 100) {
      repeats.sweep(ms)
      repeats.add(alert('Shell', { 'proc.name': 'sh', 'proc.pid': ms, 'evt.time': BigInt(ms) }), ms)
    }
    expect(passed.map(({ text }) => text)).toEqual(['text', 'Repeated 9 times in 1 s: text', 'Repeated 10 times in 1 s: text'])
    expect(passed[1]).toMatchObject({ rule: 'Shell', priority: 4, source: 'syscall', tags: ['a'] })
    expect(passed[1]?.fields).toContainEqual(['eyas.repeated', 9])
    repeats.flush(2600)
    expect(passed.reduce((sum, each) => sum + countOf(each), 0)).toBe(25)
  })

  test('one that was not repeated is forgotten, and is passed on again', () => {
    const passed: Alert[] = []
    const repeats = new Repeats({ windowMs: 1000, fields: [] }, (each) => passed.push(each))
    repeats.add(alert('Shell', {}), 0)
    repeats.sweep(1500)
    repeats.add(alert('Shell', {}), 1600)
    repeats.flush(1700)
    expect(passed.map(({ text }) => text)).toEqual(['text', 'text'])
  })

  test.each([
    [[], { 'proc.name': 'sh', 'fd.name': '/a' }, { 'proc.name': 'sh', 'fd.name': '/b' }, 2],
    [[], { 'proc.name': 'sh', 'proc.pid': 1, 'evt.time.iso8601': 5 }, { 'proc.name': 'sh', 'proc.pid': 2, 'evt.time.iso8601': 6 }, 1],
    [['proc.name'], { 'proc.name': 'sh', 'fd.name': '/a' }, { 'proc.name': 'sh', 'fd.name': '/b' }, 1],
    [['proc.name'], { 'proc.name': 'sh' }, { 'proc.name': 'bash' }, 2],
    [['proc.pid'], { 'proc.pid': 1 }, { 'proc.pid': 2 }, 2],
    [[], { 'proc.pname': 'a' }, { 'proc.pname': 'b' }, 2],
  ] as const)('with fields %j, %j and %j are %d', (fields, first, second, count) => {
    const passed: Alert[] = []
    const repeats = new Repeats({ windowMs: 1000, fields }, (each) => passed.push(each))
    repeats.add(alert('Shell', first), 0)
    repeats.add(alert('Shell', second), 1)
    expect(passed).toHaveLength(count)
  })

  test('the count adds up, whatever comes and when', () => {
    const event = fc.record({
      rule: fc.constantFrom('A', 'B', 'C'),
      name: fc.constantFrom('x', 'y'),
      afterMs: fc.nat(800),
      sweeps: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const sums = new Map<string, number>()
        const repeats = new Repeats({ windowMs: 1000, fields: ['proc.name'] }, (each) =>
          sums.set(each.rule, (sums.get(each.rule) ?? 0) + countOf(each)),
        )
        let now = 0
        for (const { rule, name, afterMs, sweeps } of events) {
          now += afterMs
          if (sweeps) repeats.sweep(now)
          repeats.add(alert(rule, { 'proc.name': name, 'proc.pid': now }), now)
        }
        repeats.flush(now)
        for (const rule of ['A', 'B', 'C']) expect(sums.get(rule) ?? 0).toBe(events.filter((each) => each.rule === rule).length)
      }),
    )
  })

  test('more kinds than are kept end the window of the oldest', () => {
    let [sum, most] = [0, 0]
    const repeats = new Repeats({ windowMs: 1e9, fields: [] }, (each) => {
      sum += countOf(each)
      most++
    })
    for (let i = 0; i < 60_000; i++) repeats.add(alert('Scan', { 'fd.name': `/f${Math.floor(i / 2) % 20_000}` }), i)
    repeats.flush(60_000)
    expect(sum).toBe(60_000)
    expect(most).toBeLessThanOrEqual(60_000)
  })
})

class Receiver implements Output {
  readonly name = 'http'
  readonly lines: string[] = []
  failAt: (line: string) => boolean = () => false

  async write(messages: readonly Message[]): Promise<void> {
    for (const [written, { line }] of messages.entries()) {
      if (this.failAt(line)) throw new WriteFault('no', { written })
      this.lines.push(line)
    }
  }

  async close(): Promise<void> {}
}

const notice = ({ count }: HeldBack): Message => ({ line: `held ${count}`, priority: 4 })
const messages = (count: number, from = 0): Message[] => Array.from({ length: count }, (_, i) => ({ line: `${from + i}`, priority: i % 8 }))

describe('an output with a limit', () => {
  test('gets what the limit allows, and a notice of the rest that adds up', async () => {
    let now = 0
    const receiver = new Receiver()
    const output = new LimitedOutput(receiver, { perSecond: 10, burst: 5, notice, now: () => now })
    await output.write(messages(20))
    expect(receiver.lines).toEqual(['0', '1', '2', '3', '4'])
    now = 300
    await output.write(messages(20, 20))
    expect(receiver.lines.slice(5)).toEqual(['20', '21', '22'])
    expect(output.heldBack).toBe(32)
    await output.close()
    expect(receiver.lines.at(-1)).toBe('held 32')
  })

  test('counts nothing twice where the output fails in between', async () => {
    const receiver = new Receiver()
    const output = new LimitedOutput(receiver, { perSecond: 0.001, burst: 5, notice, now: () => 0 })
    receiver.failAt = (line) => line === '2'
    const error = await output.write(messages(8)).catch((cause) => cause)
    expect(error.written).toBe(2)
    expect(output.heldBack).toBe(0)
    receiver.failAt = () => false
    await output.write(messages(6, 2))
    expect(receiver.lines).toEqual(['0', '1', '2', '3', '4'])
    expect(output.heldBack).toBe(3)
    receiver.failAt = (line) => line.startsWith('held')
    await output.close()
  })
})
