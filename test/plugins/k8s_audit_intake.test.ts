import { describe, expect, test } from 'bun:test'
import { readBody } from '../../src/plugins/k8s_audit/body.ts'
import { AuditIntake } from '../../src/plugins/k8s_audit/intake.ts'
import { auditEvent } from './audit_events.ts'

function intakeOf(duplicateWindow: number) {
  const seen: string[] = []
  const order: string[] = []
  const intake = new AuditIntake({
    duplicateWindow,
    process: ({ audit, num }) => {
      seen.push(`${num} ${audit?.auditID} ${audit?.stage}`)
      order.push('event')
    },
    settle: async () => {
      order.push('settled')
    },
  })
  const take = (...events: object[]) => intake.take(() => readBody(Buffer.from(JSON.stringify(events))))
  return { intake, seen, order, take }
}

const event = (auditID: string, stage = 'ResponseComplete') => auditEvent({ auditID, stage })

describe('the intake', () => {
  test('a batch that is sent again is tested once, and counted', async () => {
    const { intake, seen, take } = intakeOf(100)
    expect(await take(event('a'), event('b'))).toEqual({ accepted: 2, duplicates: 0, malformed: 0, problem: undefined })
    expect(await take(event('a'), event('b'), event('a', 'ResponseStarted'))).toEqual({
      accepted: 1,
      duplicates: 2,
      malformed: 0,
      problem: undefined,
    })
    expect(seen).toEqual(['1 a ResponseComplete', '2 b ResponseComplete', '3 a ResponseStarted'])
    expect(intake.counts).toMatchObject({ accepted: 3, duplicates: 2, malformed: 0 })
  })

  test('another event with the same id and stage is another event', async () => {
    const { take } = intakeOf(100)
    await take(event('a'))
    expect(await take(auditEvent({ auditID: 'a', stageTimestamp: '2026-11-21T10:00:01Z' }))).toMatchObject({ accepted: 1, duplicates: 0 })
  })

  test('within one batch nothing is a duplicate', async () => {
    expect(await intakeOf(100).take(event('a'), event('a'))).toMatchObject({ accepted: 2, duplicates: 0 })
  })

  test('the window is bounded: the oldest are forgotten', async () => {
    const { take } = intakeOf(2)
    await take(event('a'), event('b'), event('c'))
    expect(await take(event('a'), event('b'), event('c'))).toMatchObject({ duplicates: 3 })
    await take(event('d'), event('e'))
    expect(await take(event('c'), event('d'), event('e'))).toMatchObject({ duplicates: 3 })
    expect(await take(event('a'), event('b'))).toMatchObject({ accepted: 2 })
  })

  test('a window of any size keeps what it promises, and no more than twice that', async () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const { take } = intakeOf(size)
      const ids = Array.from({ length: size * 5 }, (_, i) => event(`id-${i}`))
      for (const one of ids) await take(one)
      expect(await take(...ids.slice(-size))).toMatchObject({ duplicates: size, accepted: 0 })
      expect(await intakeOf(0).take(...ids)).toMatchObject({ duplicates: 0 })
      const { duplicates } = await take(...ids.slice(0, size * 3))
      expect(duplicates).toBe(0)
    }
  })

  test('the receipt waits for the alerts', async () => {
    const { order, take } = intakeOf(2)
    await take(event('a'), event('b'))
    expect(order).toEqual(['event', 'event', 'settled'])
  })

  test('an event whose alerts were not written is tested again', async () => {
    let isStuck = true
    let tested = 0
    const intake = new AuditIntake({
      duplicateWindow: 10,
      process: () => {
        tested++
      },
      settle: async () => {
        if (isStuck) throw new Error('stuck')
      },
    })
    const take = () => intake.take(() => readBody(Buffer.from(JSON.stringify(event('a')))))
    expect(take()).rejects.toThrow('stuck')
    isStuck = false
    await take()
    expect(tested).toBe(2)
  })

  test('malformed events are counted', async () => {
    const { intake, take } = intakeOf(10)
    expect(await take(event('a'), { kind: 'Pod' })).toEqual({
      accepted: 1,
      duplicates: 0,
      malformed: 1,
      problem: 'kind is Event or EventList, not Pod',
    })
    expect(intake.counts.malformed).toBe(1)
  })
})
