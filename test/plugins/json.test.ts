import { describe, expect, test } from 'bun:test'
import type { Value } from '../../src/condition/field.ts'
import { auditEvent, fieldValue } from './audit_events.ts'

const event = auditEvent({
  requestObject: {
    metadata: { labels: { 'app.kubernetes.io/name': 'shop', 'a~b': '1', '': 'nothing' } },
    list: [{ n: 1 }, { n: 2.5 }, [true, null]],
    text: 'Grüße \u2028',
  },
})

describe.each(['json', 'jevt'])('%s', (prefix) => {
  test.each<[string, Value]>([
    ['/verb', 'create'],
    ['verb', 'create'],
    ['/requestObject/metadata/labels/app.kubernetes.io~1name', 'shop'],
    ['/requestObject/metadata/labels/a~0b', '1'],
    ['/requestObject/metadata/labels/', 'nothing'],
    ['/requestObject/list/0', '{"n":1}'],
    ['/requestObject/list/1/n', '2.5'],
    ['/requestObject/list/2', '[true,null]'],
    ['/requestObject/list/2/0', 'true'],
    ['/requestObject/list/2/1', undefined],
    ['/requestObject/list/3', undefined],
    ['/requestObject/list/-1', undefined],
    ['/requestObject/list/00', undefined],
    ['/requestObject/list/length', undefined],
    ['/requestObject/text', 'Gr\xc3\xbc\xc3\x9fe \xe2\x80\xa8'],
    ['/constructor', undefined],
    ['/__proto__', undefined],
    ['/verb/length', undefined],
  ])('.value[%s]', (pointer, value) => {
    expect(fieldValue(`${prefix}.value[${pointer}]`, event)).toBe(value)
  })

  test('.obj is the whole event', () => {
    const small = { kind: 'Event', auditID: 'a', stageTimestamp: '2026-11-21T10:00:00Z' }
    expect(fieldValue(`${prefix}.obj`, small)).toBe(JSON.stringify(small))
  })

  test('.rawtime is the time of the stage', () => {
    expect(fieldValue(`${prefix}.rawtime`, event)).toBe('1795255200123456000')
  })
})
