import { describe, expect, test } from 'bun:test'
import { dropClasses } from '../../src/commands/shared/drop_classes.ts'
import { DropMonitor, type DropReport } from '../../src/commands/shared/drops.ts'

const options = { actions: ['log'] as const, threshold: 0.1, rate: 0.1, maxBurst: 1, simulate: false }

function monitor(counts: { seen: number; dropped: number }, overrides: Partial<typeof options> = {}) {
  const reports: DropReport[] = []
  return {
    reports,
    monitor: new DropMonitor(
      { ...options, ...overrides },
      () => ({ ...counts }),
      (report) => reports.push(report),
    ),
  }
}

import { codeOf } from '../../src/schema/event.ts'

describe('lost events', () => {
  test('are looked for once a second of event time', () => {
    const counts = { seen: 0, dropped: 0 }
    const { monitor: drops, reports } = monitor(counts)
    drops.observe(5e9)
    counts.seen = 100
    counts.dropped = 50
    drops.observe(5.9e9)
    expect(reports).toEqual([])
    drops.observe(6e9)
    expect(reports).toEqual([])
    drops.observe(6.001e9)
    expect(reports).toMatchObject([{ actions: ['log'], seen: 100, dropped: 50 }])
  })

  test.each([
    [9, 0],
    [10, 1],
    [0, 0],
  ])('%d of 100 lost: %d actions', (dropped, actions) => {
    const counts = { seen: 0, dropped: 0 }
    const { monitor: drops } = monitor(counts)
    drops.observe(1e9)
    Object.assign(counts, { seen: 100, dropped })
    drops.observe(2.001e9)
    expect(drops.actionsTaken).toBe(actions)
    expect(drops.occurrences).toBe(dropped > 0 ? 1 : 0)
  })

  test('actions wait for the token bucket', () => {
    const counts = { seen: 0, dropped: 0 }
    const { monitor: drops } = monitor(counts)
    for (let second = 1; second <= 24; second++) {
      counts.seen += 10
      counts.dropped += 10
      drops.observe(second * 1.001e9)
    }
    expect(drops.occurrences).toBe(23)
    expect(drops.actionsTaken).toBe(3)
  })

  test('are told by class', () => {
    const code = (id: string) => codeOf(id)
    const before = new Map([[code('SYSCALL_OPENAT_2_X'), { dropped: 5 }]])
    const now = new Map([
      [code('SYSCALL_OPENAT_2_X'), { dropped: 7 }],
      [code('SYSCALL_CLONE3_X'), { dropped: 1 }],
      [code('PROCEXIT_1_E'), { dropped: 3 }],
      [code('SYSCALL_READ_X'), { dropped: 11 }],
    ])
    const none = { execve: 0, connect: 0, dir_file: 0, close: 0 }
    expect(dropClasses(now, before)).toEqual({ ...none, open: 2, clone_fork: 1, proc: 3, other_interest: 11 })
  })

  test('simulated ones come with every check', () => {
    const { monitor: drops } = monitor({ seen: 2, dropped: 0 }, { simulate: true, maxBurst: 10 })
    for (let second = 1; second <= 10; second++) drops.observe(second * 1.001e9)
    expect([drops.occurrences, drops.actionsTaken]).toEqual([9, 9])
  })
})
