import { expect, test } from 'bun:test'
import { Log, type logLevels } from '../../src/base/log.ts'
import { ctime, zoneOffset } from '../../src/base/time.ts'

function lines(level: (typeof logLevels)[number], isIso8601 = false): string[] {
  const written: string[] = []
  const log = new Log({ level, isIso8601, targets: [(line, of) => written.push(`${of} ${line}`)] })
  log.debug('d')
  log.info('i')
  log.notice('n')
  log.warning('w\nsecond line')
  log.error('e')
  return written
}

test.each([
  ['debug', ['debug', 'info', 'notice', 'warning', 'warning', 'error']],
  ['info', ['info', 'notice', 'warning', 'warning', 'error']],
  ['warning', ['warning', 'warning', 'error']],
  ['emergency', []],
] as const)('level %s writes %j', (level, expected) => {
  expect(lines(level).map((line) => line.split(' ')[0] ?? '')).toEqual([...expected])
})

test('every line begins with the time, as ctime or ISO 8601', () => {
  for (const line of lines('debug')) expect(line).toMatch(/^\w+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}: /)
  for (const line of lines('debug', true)) expect(line).toMatch(/^\w+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}: /)
})

test('the day of the month is padded with a blank', () => {
  expect(ctime(new Date(2026, 10, 1, 9, 5, 3))).toBe('Sun Nov  1 09:05:03 2026')
})

test.each([
  [0, '+0000'],
  [-330, '+0530'],
  [210, '-0330'],
])('an offset of %d minutes is %s', (minutes, expected) => {
  expect(zoneOffset({ getTimezoneOffset: () => minutes } as Date)).toBe(expected)
})
