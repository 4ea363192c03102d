import { describe, expect, test } from 'bun:test'
import { DomainNameTable } from '../../src/commands/shared/domain_names.ts'
import { checkCondition } from '../../src/condition/check.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { parseCondition } from '../../src/condition/parse.ts'
import type { Event } from '../../src/event/event.ts'
import type { Fd } from '../../src/event/fd.ts'
import { createSyscallFields } from '../../src/fields/index.ts'

const server = '\xcb\x00\x71\x0a'
const client = '\x0a\x00\x00\x01'

function connection(): Event {
  const socket = { sourceIp: client, sourcePort: 5000, destIp: server, destPort: 443, hasRole: true, isClientLocal: true }
  return { fd: { type: 'ipv4', socket } as unknown as Fd, fdNum: 3 } as unknown as Event
}

function holds(text: string, names: Record<string, readonly string[]>): boolean | undefined {
  const domainNames = { want: () => undefined, of: (address: string) => names[address] ?? [] }
  const { condition } = checkCondition(parseCondition(text), createSyscallFields({ domainNames }))
  return condition && evaluate(condition, connection())
}

describe('domain names of connections', () => {
  test.each([
    ['fd.sip.name = api.example', { [server]: ['api.example'] }, true],
    ['fd.sip.name = api.example', { [server]: ['www.example', 'api.example'] }, true],
    ['fd.rip.name = api.example', { [server]: ['api.example'] }, true],
    ['fd.cip.name = api.example', { [server]: ['api.example'] }, false],
    ['fd.lip.name in (other.example, here.example)', { [client]: ['here.example'] }, true],
    ['fd.sip.name = api.example', {}, false],
    ['fd.sip.name != api.example', {}, true],
    ['fd.sip.name != api.example', { [server]: ['api.example'] }, false],
  ] as const)('%s with %j', (text, names, expected) => {
    expect(holds(text, names)).toBe(expected)
  })

  test('the names that rules compare with are asked for', () => {
    const wanted: string[] = []
    const domainNames = { want: (name: string) => void wanted.push(name), of: () => [] }
    checkCondition(
      parseCondition('fd.sip.name in (a.example, b.example) or fd.cip.name != c.example'),
      createSyscallFields({ domainNames }),
    )
    expect(wanted.sort()).toEqual(['a.example', 'b.example', 'c.example'])
  })

  test('outputs show one of the names', () => {
    const fields = createSyscallFields({ domainNames: { want: () => undefined, of: () => ['a.example', 'b.example'] } })
    expect(fields.find('fd.sip.name')?.show?.(undefined)(connection())).toBe('a.example')
  })
})

describe('the table of domain names', () => {
  test('knows the addresses of wanted names once the resolver has told', async () => {
    const table = new DomainNameTable()
    table.want('localhost')
    expect(table.of('\x7f\x00\x00\x01')).toEqual([])
    const end = table.start()
    const deadline = Date.now() + 5000
    while (table.of('\x7f\x00\x00\x01').length === 0 && Date.now() < deadline) await Bun.sleep(1)
    end()
    expect(table.of('\x7f\x00\x00\x01')).toEqual(['localhost'])
    expect(table.of(server)).toEqual([])

    const next = new DomainNameTable()
    next.want('localhost')
    next.inherit(table)
    expect(next.of('\x7f\x00\x00\x01')).toEqual(['localhost'])
    const other = new DomainNameTable()
    other.want('a.example')
    other.inherit(next)
    expect(other.of('\x7f\x00\x00\x01')).toEqual([])
  })
})
