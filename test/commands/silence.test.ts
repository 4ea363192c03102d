import { expect, test } from 'bun:test'
import { Silence } from '../../src/commands/shared/silence.ts'
import type { Alert } from '../../src/engine/alert.ts'

test('no event for long is told, again after the same time, and not once events come', () => {
  const told: Alert[] = []
  const silence = new Silence({ mostReads: () => 1000, tell: (alert) => told.push(alert), hostname: 'here' })
  for (let second = 0; second <= 65; second++) silence.note(second * 1000, 7, 1.7e18)
  expect(told.map(({ rule, text }) => [rule, text])).toEqual(
    Array(2).fill([
      'Falco internal: timeouts notification',
      'Falco internal: timeouts notification. 1000 consecutive timeouts without event.',
    ]),
  )
  expect(told[0]?.fields).toEqual([['last_event_time', '2023-11-14T22:13:20.000Z']])
  for (let second = 66; second <= 130; second++) silence.note(second * 1000, second, 1.7e18)
  expect(told).toHaveLength(2)
})
