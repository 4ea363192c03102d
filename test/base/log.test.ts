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

test('lines can be objects of JSON', () => {
  const written: string[] = []
  const log = new Log({ level: 'info', isIso8601: false, isJson: true, targets: [(line) => written.push(line)] })
  log.warning('a "word"\nand more')
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), level: 'warning', message: 'a "word"' },
    { time: expect.any(String), level: 'warning', message: 'and more' },
  ])
})

test('a fault that repeats itself does not fill the disk, and what is left out is counted', () => {
  const written: string[] = []
  let now = 0
  const options = { level: 'info', isIso8601: false, targets: [(_: string, __: unknown, text: string) => written.push(text)] } as const
  const log = new Log(options, () => now)
  for (let i = 0; i < 10_000; i++) log.error('again')
  expect(written).toHaveLength(5000)
  now = 1000
  log.error('later')
  expect(written.slice(5000)).toEqual(['5000 messages were left out here, since there were too many', 'later'])
})

test('secrets are not written', () => {
  const written: string[] = []
  const log = new Log({ level: 'info', isIso8601: false, targets: [(line) => written.push(line)] })
  log.error('cannot post to https://user:hunter2@receiver.example/x')
  expect(written[0]).toEndWith('cannot post to https://***@receiver.example/x')
})
