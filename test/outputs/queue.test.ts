import { describe, expect, test } from 'bun:test'
import type { Message, Output } from '../../src/outputs/output.ts'
import { OutputQueue } from '../../src/outputs/shared/queue.ts'

/** An output whose writes end when the test says so. */
class Gate implements Output {
  readonly name = 'gate'
  readonly batches: string[][] = []
  isClosed = false
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = []

  write(messages: readonly Message[]): Promise<void> {
    this.batches.push(messages.map(({ line }) => line))
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  async pass(error?: Error): Promise<void> {
    const [first] = this.waiting.splice(0, 1)
    if (error) first?.reject(error)
    else first?.resolve()
    await turn()
  }
}

function setUp(capacity = 10) {
  const log: string[] = []
  const gate = new Gate()
  const note = (text: string) => log.push(text)
  const queue = new OutputQueue(gate, { capacity, slowMs: 60_000, log: { error: note, warning: note } })
  const push = (...lines: readonly string[]) => {
    for (const line of lines) queue.push({ line, priority: 5 })
  }
  return { gate, queue, push, log }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the queue of an output', () => {
  test('alerts of one turn go out together, later ones in the next write, in order', async () => {
    const { gate, push } = setUp()
    push('a', 'b')
    await turn()
    push('c')
    push('d')
    expect(gate.batches).toEqual([['a', 'b']])
    await gate.pass()
    expect(gate.batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  test('what finds no room is dropped and counted, and told once until there is room again', async () => {
    const { gate, queue, push, log } = setUp(2)
    push('a')
    await turn()
    push('b', 'c', 'd', 'e')
    expect(queue.dropped).toBe(2)
    expect(log).toEqual(['Outputs queue out of memory. Output gate does not keep up: alerts are dropped from now on'])
    await gate.pass()
    await gate.pass()
    expect(gate.batches).toEqual([['a'], ['b', 'c']])
    expect(log[1]).toBe('Output gate keeps up again; 2 alerts were dropped so far')
  })

  test('a failure is told once, counts all it took, and does not stop what follows', async () => {
    const { gate, queue, push, log } = setUp()
    for (const line of ['a', 'b', 'c']) {
      push(line)
      await turn()
      await gate.pass(line === 'c' ? undefined : new Error('no room'))
    }
    expect(queue.failed).toBe(2)
    expect(log).toEqual(['Output gate: no room'])
    expect(gate.batches).toEqual([['a'], ['b'], ['c']])
  })

  test('closing writes what waits first', async () => {
    const { gate, queue, push } = setUp()
    push('a')
    const closed = queue.close(60_000)
    await turn()
    expect(gate.isClosed).toBe(false)
    await gate.pass()
    await closed
    expect(gate.isClosed).toBe(true)
    expect(gate.batches).toEqual([['a']])
  })

  test('an output that never takes the last alerts is left behind, and says how many', async () => {
    const { gate, queue, push, log } = setUp()
    push('a')
    await turn()
    push('b', 'c')
    await queue.close(0)
    expect(gate.batches).toEqual([['a']])
    expect(log).toEqual(['Output gate did not take the last alerts in time: 3 are lost'])
  })
})
