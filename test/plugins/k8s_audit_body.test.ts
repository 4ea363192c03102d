import { describe, expect, test } from 'bun:test'
import { jsonPlugin } from '../../src/plugins/json.ts'
import { readBody } from '../../src/plugins/k8s_audit/body.ts'
import { AuditEvent } from '../../src/plugins/k8s_audit/event.ts'
import { auditEvent } from './audit_events.ts'

const one = auditEvent({ verb: 'get' })
const two = auditEvent({ verb: 'list' })
const { kind: _, ...unnamed } = one
const list = (...items: unknown[]) => ({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })
const text = (value: unknown) => JSON.stringify(value)

function read(body: string | Buffer) {
  const { items, malformed, problem } = readBody(Buffer.from(body))
  return { verbs: items.map(({ document }) => document.verb), malformed, problem }
}

describe('what may be in a body', () => {
  test.each([
    ['an event', text(one), ['get']],
    ['a list', text(list(one, two)), ['get', 'list']],
    ['a list whose items do not say what they are', text(list(unnamed)), ['get']],
    ['an empty list', text(list()), []],
    ['a list without items', text({ kind: 'EventList' }), []],
    ['an array', text([one, two]), ['get', 'list']],
    ['an array of lists', text([list(one), list(two)]), ['get', 'list']],
    ['lines', `${text(one)}\n${text(two)}\n`, ['get', 'list']],
    ['lines with blank ones', `\n${text(one)}\r\n\n${text(two)}`, ['get', 'list']],
    ['values on one line', `${text(one)} ${text(two)}`, ['get', 'list']],
    ['values over several lines', `${JSON.stringify(one, undefined, 2)}\n${JSON.stringify(two, undefined, 2)}`, ['get', 'list']],
  ])('%s', (_, body, verbs) => {
    expect(read(body)).toEqual({ verbs, malformed: 0, problem: undefined })
  })
})

describe('the good ones go on', () => {
  const late = auditEvent({ stageTimestamp: 'yesterday' })
  test.each([
    ['a time that is none', text(list(late, two)), 'stageTimestamp is a time as RFC 3339 has it, not yesterday'],
    ['another kind', text(list({ kind: 'Pod' }, two)), 'kind is Event or EventList, not Pod'],
    ['a kind that is a number', text([{ kind: 0 }, two]), 'kind is Event or EventList, not 0'],
    ['an item that is no object', text(list(7, two)), 'an event is an object'],
    ['no kind', text([{ auditID: 'x' }, two]), 'kind is Event or EventList, not missing'],
    ['items that are none', text([{ kind: 'EventList', items: 7 }, two]), 'items of an EventList are an array'],
    ['lists too deep', text([[[[[one]]]], two]), 'lists are nested too deep'],
    ['a line that was cut off', `{"kind":"Event","user\n${text(two)}\n`, `'{"kind":"Event","user' is no JSON`],
    ['a line of something else', `hello\n${text(two)}\n`, `'hello' is no JSON`],
  ])('%s', (_, body, problem) => {
    expect(read(body)).toEqual({ verbs: ['list'], malformed: 1, problem })
  })
})

describe('nothing can be read', () => {
  test.each([
    ['nothing', '', 'the body is empty'],
    ['blanks', ' \n ', 'the body is empty'],
    ['no JSON', 'hello', `'hello' is no JSON`],
    ['a cut off list', text(list(one)).slice(0, -3), `'{"kind":"EventList","apiVersion":"aud...' is no JSON`],
  ])('%s', (_, body, problem) => {
    expect(read(body)).toEqual({ verbs: [], malformed: 1, problem })
  })

  test.each([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'the body is no UTF-8 text'],
    ['deep arrays', '['.repeat(3000) + ']'.repeat(3000), 'the body cannot be read: it is more than 256 levels deep'],
    ['deep objects', `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`, 'the body cannot be read: it is more than 256 levels deep'],
    [
      'deep ones in a large body',
      `${'{"a": '.repeat(9000)}1${'} '.repeat(9000)}`,
      'the body cannot be read: it is more than 256 levels deep',
    ],
    ['many parts', `[${'[],'.repeat(1_000_001)}0]`, 'the body cannot be read: it has more than 1000000 objects and arrays'],
  ])('%s', (_, body, problem) => {
    expect(() => readBody(Buffer.from(body))).toThrow(problem)
  })

  test('brackets in strings are not levels', () => {
    const event = auditEvent({ verb: 'get', requestURI: '['.repeat(40_000) })
    expect(read(text(event)).verbs).toEqual(['get'])
    expect(read(text(auditEvent({ verb: 'get', requestURI: '}'.repeat(40_000) }))).verbs).toEqual(['get'])
  })
})

describe('text and numbers', () => {
  const value = jsonPlugin.fields('k8s_audit')?.fields.find(({ name }) => name === 'jevt.value')

  function valueAt(pointer: string, body: string) {
    const event = new AuditEvent()
    const [item] = readBody(Buffer.from(body)).items
    if (item) event.moveTo(item)
    return value?.at?.(pointer)(event)
  }

  const around = (inner: string) => text(one).replace(/}$/, `,${inner}}`)

  test.each([
    ['"x":"ü"', 'Ã¼'],
    ['"x":"\\u00fc"', 'Ã¼'],
    ['"x":"\\u0026"', '&'],
    ['"x":"\\ud83d\\ude00"', '\xf0\x9f\x98\x80'],
    ['"x":12345678901234567890', '12345678901234567890'],
    ['"x":-0.5', '-0.5'],
    ['"x":"a","__proto__":{"y":1}', 'a'],
  ])('%s', (inner, found) => {
    expect(valueAt('/x', around(inner))).toBe(found)
    expect(valueAt('/y', around(inner))).toBeUndefined()
  })

  test('a key in other letters', () => {
    expect(valueAt('/ü', around('"\\u00fc":1'))).toBe('1')
    expect(valueAt('/ü', around('"ü":1'))).toBe('1')
  })
})
