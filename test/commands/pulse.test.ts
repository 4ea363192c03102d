import { describe, expect, test } from 'bun:test'
import { healthChecks } from '../../src/commands/shared/health.ts'
import { Pulse } from '../../src/commands/shared/pulse.ts'
import type { Message, Output } from '../../src/outputs/output.ts'
import { OutputQueue } from '../../src/outputs/shared/queue.ts'

interface Second {
  readonly seen: number
  readonly dropped?: number
  readonly processed: number
  /** Seconds that the latest event is old. */
  readonly age?: number
}

/** Readings a second apart. */
function follow(...seconds: readonly Second[]): Pulse {
  const pulse = new Pulse()
  for (const [i, { seen, dropped = 0, processed, age = 0 }] of seconds.entries())
    pulse.note({ nowMs: i * 1000, timeMs: 1e12 + i * 1000, seen, dropped, processed, latestMs: 1e12 + (i - age) * 1000 })
  return pulse
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

describe('how far the events have come', () => {
  test.each([
    ['nothing has been read', [], 0],
    ['nothing happens', times(30, () => ({ seen: 10, processed: 10 })), 0],
    ['all goes well', times(30, (i) => ({ seen: i * 100, processed: i * 100 - 5 })), 0],
    ['events wait and none is taken', times(13, () => ({ seen: 100, processed: 60 })), 12_000],
    ['what waits was lost', times(13, () => ({ seen: 100, dropped: 40, processed: 60 })), 0],
    ['it was stuck, and goes on', [...times(13, () => ({ seen: 100, processed: 60 })), { seen: 100, processed: 61 }], 0],
  ])('stalled: %s', (_, seconds, expected) => {
    expect(follow(...seconds).stalledMs).toBe(expected)
  })

  test.each([
    ['no event waits', times(30, () => ({ seen: 10, processed: 10, age: 25 })), 0],
    ['others wait, for long', times(30, (i) => ({ seen: 20 + i, processed: 10 + i, age: 20 })), 20_000],
    [
      'others wait, since a moment ago',
      [...times(30, () => ({ seen: 9, processed: 9, age: 60 })), { seen: 10, processed: 9, age: 60 }],
      1000,
    ],
    ['none was processed yet', times(30, () => ({ seen: 20, processed: 0, age: 20 })), 0],
    ['clocks differ', times(30, (i) => ({ seen: 20 + i, processed: 10 + i, age: -3 })), 0],
  ])('lag: %s', (_, seconds, expected) => {
    expect(follow(...seconds).lagMs).toBe(expected)
  })

  test.each([
    ['none', times(10, (i) => ({ seen: i * 100, processed: i * 100 })), 0],
    ['a fifth', times(10, (i) => ({ seen: i * 100, dropped: i * 20, processed: 0 })), 0.2],
    ['before the first look', times(10, () => ({ seen: 100, dropped: 100, processed: 0 })), 0],
    ['more than a minute ago', [{ seen: 0, processed: 0 }, ...times(70, () => ({ seen: 100, dropped: 50, processed: 50 }))], 0],
    ['a minute ago', [{ seen: 0, processed: 0 }, ...times(60, () => ({ seen: 100, dropped: 50, processed: 50 }))], 0.5],
  ])('lost: %s', (_, seconds, expected) => {
    expect(follow(...seconds).lostRatio).toBe(expected)
  })
})

/** An output that fails, takes, or never answers, as the test says. */
class Moody implements Output {
  readonly name = 'moody'
  mood: 'takes' | 'fails' | 'hangs' = 'takes'

  async write(_: readonly Message[]): Promise<void> {
    if (this.mood === 'fails') throw new Error('refused')
    if (this.mood === 'hangs') await new Promise(() => undefined)
  }

  async close(): Promise<void> {}
}

function setUp(pulse = follow({ seen: 0, processed: 0 }), dropThreshold = 0.1) {
  const output = new Moody()
  const log = { error: () => undefined, warning: () => undefined }
  const queue = new OutputQueue(output, { capacity: 10, slowMs: 60_000, log })
  const push = async () => {
    queue.push({ line: 'x', priority: 4 })
    // Alerts of one turn of the event loop go out at its end.
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
  }
  const problems = () =>
    healthChecks({ pulse, queues: () => [queue], dropThreshold: () => dropThreshold }).flatMap(({ name, problem }) => {
      const text = problem()
      return text === undefined ? [] : [`${name}: ${text}`]
    })
  return { output, queue, push, problems }
}

describe('health', () => {
  test.each([
    [follow({ seen: 5, processed: 5 }), []],
    [follow(...times(12, () => ({ seen: 9, processed: 5 }))), ['capture: events wait in the rings, and none was read for 11 s']],
    [follow(...times(15, (i) => ({ seen: 9 + i, processed: 5 + i, age: 12 }))), ['engine: the rules are 12 s behind the events']],
    [follow({ seen: 0, processed: 0 }, { seen: 100, dropped: 9, processed: 91 }), []],
    [
      follow({ seen: 0, processed: 0 }, { seen: 100, dropped: 10, processed: 90 }),
      ['drops: 10.0 % of the events of the last minute were lost; larger rings: engine.modern_ebpf.buf_size_preset'],
    ],
  ])('of the capture: %#', (pulse, expected) => {
    expect(setUp(pulse).problems()).toEqual(expected)
  })

  test('a threshold of 0 minds every lost event, and only lost events', () => {
    expect(setUp(follow({ seen: 0, processed: 0 }, { seen: 100, processed: 100 }), 0).problems()).toEqual([])
    expect(setUp(follow({ seen: 0, processed: 0 }, { seen: 1000, dropped: 1, processed: 999 }), 0).problems()).toHaveLength(1)
  })

  test('an output is stuck when a write takes half a minute', async () => {
    const { output, queue, push, problems } = setUp()
    output.mood = 'hangs'
    await push()
    await push()
    expect(queue.writingMs(performance.now() + 31_000)).toBeGreaterThan(31_000 - 1)
    expect(problems()).toEqual([])
    const now = performance.now
    performance.now = () => now.call(performance) + 31_000
    try {
      expect(problems()).toEqual(['output moody: a write has taken 31 s so far, and 1 alerts wait'])
    } finally {
      performance.now = now
    }
  })

  test('an output that fails once is not failing, one that fails for a minute is, and one success mends it', async () => {
    const { output, push, problems } = setUp()
    const now = performance.now
    let ahead = 0
    performance.now = () => now.call(performance) + ahead
    try {
      output.mood = 'fails'
      await push()
      ahead = 61_000
      expect(problems()).toEqual([])
      await push()
      expect(problems()).toEqual(['output moody: writes have failed for 61 s: refused'])
      ahead = 400_000
      expect(problems()).toEqual([])
      await push()
      expect(problems()).toHaveLength(1)
      output.mood = 'takes'
      await push()
      expect(problems()).toEqual([])
    } finally {
      performance.now = now
    }
  })
})
