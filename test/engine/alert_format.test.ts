import { describe, expect, test } from 'bun:test'
import { toByteString } from '../../src/base/text.ts'
import type { Alert } from '../../src/engine/alert.ts'
import { type AlertFormat, formatAlert } from '../../src/engine/alert_format.ts'

const alert: Alert = {
  rule: 'open_from_cat',
  priority: 4,
  source: 'syscall',
  tags: ['filesystem', 'process'],
  ts: 1470327477881785348n,
  text: toByteString('An open was seen (command=cat "ü")'),
  fields: [
    ['proc.cmdline', toByteString('cat "ü"')],
    ['evt.res', null],
    ['evt.num', 7],
    ['fd.num', 9007199254740993n],
    ['proc.is_exe_writable', false],
    ['evt.args', ['a', 1]],
    ['fd.name', '\xff/x'],
  ],
  hostname: 'host',
}
const plain: AlertFormat = { isJson: false, isIso8601: false, hasOutput: true, hasMessage: false, hasTags: true, hasOutputFields: true }

// The hour depends on where the test runs.
const clock = new Date(1470327477000).toTimeString().slice(0, 8)

describe('an alert as text', () => {
  test('has the local time of day', () => {
    expect(formatAlert(alert, plain)).toBe(`${clock}.881785348: Warning An open was seen (command=cat "ü")`)
  })

  test('has date and time', () => {
    expect(formatAlert(alert, { ...plain, isIso8601: true })).toBe(
      '2016-08-04T16:17:57.881785348+0000: Warning An open was seen (command=cat "ü")',
    )
  })

  test.each([
    [0, 'Emergency'],
    [6, 'Informational'],
    [7, 'Debug'],
  ])('priority %d is %s', (priority, name) => {
    expect(formatAlert({ ...alert, priority, text: 't' }, plain)).toEndWith(`: ${name} t`)
  })
})

describe('an alert as JSON', () => {
  test('has sorted keys and exact numbers', () => {
    expect(formatAlert(alert, { ...plain, isJson: true, hasMessage: true })).toBe(
      `{"hostname":"host","message":"An open was seen (command=cat \\"ü\\")","output":"${clock}.881785348: Warning An open was seen (command=cat \\"ü\\")",` +
        '"output_fields":{"evt.args":["a",1],"evt.num":7,"evt.res":null,"evt.time":1470327477881785348,"fd.name":"\ufffd/x","fd.num":9007199254740993,' +
        '"proc.cmdline":"cat \\"ü\\"","proc.is_exe_writable":false},"priority":"Warning","rule":"open_from_cat","source":"syscall",' +
        '"tags":["filesystem","process"],"time":"2016-08-04T16:17:57.881785348Z"}',
    )
  })

  test.each([
    [{ hasOutput: false }, ['output']],
    [{ hasTags: false }, ['tags']],
    [{ hasOutputFields: false }, ['output_fields']],
    [{ hasOutput: false, hasTags: false, hasOutputFields: false }, ['output', 'tags', 'output_fields']],
  ])('%j', (change, absent) => {
    const all = ['hostname', 'output', 'output_fields', 'priority', 'rule', 'source', 'tags', 'time']
    expect(Object.keys(JSON.parse(formatAlert(alert, { ...plain, isJson: true, ...change })))).toEqual(
      all.filter((key) => !absent.includes(key)),
    )
  })

  test('date and time name the field that begins the line', () => {
    const fields = JSON.parse(formatAlert(alert, { ...plain, isJson: true, isIso8601: true })).output_fields
    expect('evt.time.iso8601' in fields).toBe(true)
    expect('evt.time' in fields).toBe(false)
  })
})
