import { afterAll, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { codeOf } from '../../src/schema/event.ts'
import { readAll } from './read_all.ts'
import { block, entry, event, eventWithFlags, machine, oldEvent, scratch, section, text, u8, u16, u32, u64 } from './scap_writer.ts'

const dir = scratch()
afterAll(() => dir.clean())

const chdir = codeOf('SYSCALL_CHDIR_X')
const at = (tid: number) => ({ code: chdir, tid, params: [0, '/tmp'] })
const chdirLine = (num: number, tid: number) => `${num} ${tid} chdir 0000000000000000 2f746d7000`
const head = Buffer.concat([section(), machine()])

test('gives the events of plain, gzip and joined gzip files alike, numbered on', async () => {
  const plain = Buffer.concat([head, event(at(1)), event(at(2))])
  const lines = [chdirLine(1, 1), chdirLine(2, 2)]
  expect(await readAll(dir.file('plain', plain))).toMatchObject({ lines, fault: undefined })
  expect(await readAll(dir.file('gzip', gzipSync(plain)))).toMatchObject({ lines, fault: undefined })
  const cut = Buffer.concat([gzipSync(plain.subarray(0, 100)), gzipSync(plain.subarray(100))])
  expect(await readAll(dir.file('members', cut))).toMatchObject({ lines, fault: undefined })
  const joined = await readAll(dir.file('joined', Buffer.concat([plain, plain])))
  expect(joined).toMatchObject({ lines: [...lines, chdirLine(3, 1), chdirLine(4, 2)], fault: undefined })
  expect(joined.told.resets).toBe(1)
})

test('reads more events than one batch or one window holds', async () => {
  const count = 20_000
  const file = Buffer.concat([head, ...Array.from({ length: count }, (_, index) => event(at(index)))])
  for (const bytes of [file, gzipSync(file)]) {
    const { lines } = await readAll(dir.file('many', bytes))
    expect(lines.length).toBe(count)
    expect(lines[count - 1]).toBe(chdirLine(count, count - 1))
  }
})

test('marks state-only events, counts them, and skips events that it does not know', async () => {
  const file = Buffer.concat([head, event(at(1)), eventWithFlags(at(2), 1), event({ ...at(3), code: 500 }), eventWithFlags(at(4), 2)])
  expect((await readAll(dir.file('flags', file))).lines).toEqual([chdirLine(1, 1), `S${chdirLine(2, 2)}`, chdirLine(3, 4)])
})

test('keeps what is told of containers before the first event for the state', async () => {
  const container = { code: codeOf('CONTAINER_JSON_2_E'), tid: -1, params: ['{}'] }
  const file = Buffer.concat([head, event(container), event(at(1)), event(container)])
  expect((await readAll(dir.file('preface', file))).lines).toEqual(['S1 -1 container 7b7d00', chdirLine(2, 1), '3 -1 container 7b7d00'])
})

test('finds the number of parameters of first event blocks', async () => {
  const setgid = { code: codeOf('SYSCALL_SETNS_X'), tid: 9, params: [0] }
  const file = Buffer.concat([head, oldEvent(at(5)), oldEvent(setgid, 0x8010abcd)])
  expect((await readAll(dir.file('v1', file))).lines).toEqual([chdirLine(1, 5), '2 9 setns 0000000000000000 - -'])
})

test('accepts first notifications, whose length is 3 too big', async () => {
  const bytes = oldEvent({ code: codeOf('NOTIFICATION_E'), tid: 1, params: ['a', 'bc'] })
  bytes.writeUInt32LE(bytes.readUInt32LE(26) + 3, 26)
  const padded = block(0x204, bytes.subarray(8, -4), Buffer.alloc(3))
  expect((await readAll(dir.file('notification', Buffer.concat([head, padded])))).lines).toEqual(['1 1 notification 6100 626300'])
})

test('reads events with lengths of 4 bytes', async () => {
  const json = `{"a":"${'x'.repeat(70_000)}"}`
  const large = event({ code: codeOf('CONTAINER_JSON_2_E'), tid: 1, params: [json] })
  large.writeUInt32LE(0x221, 0)
  const { lines, fault } = await readAll(dir.file('large', Buffer.concat([head, event(at(1)), large])))
  expect(fault).toBeUndefined()
  expect(lines[1]).toBe(`2 1 container ${Buffer.from(`${json}\0`).toString('hex')}`)
})

test('reads the first bpf events, whose result was tagged with its type and whose command was wider', async () => {
  const tagged = Buffer.concat([u8(1), u64(5)])
  const calls = [
    event({ code: codeOf('SYSCALL_BPF_E'), tid: 1, params: [9] }),
    event({ code: codeOf('SYSCALL_BPF_X'), tid: 1, params: [tagged] }),
  ]
  const { lines, fault } = await readAll(dir.file('bpf', Buffer.concat([head, ...calls])))
  expect(fault).toBeUndefined()
  expect(lines).toEqual(['1 1 bpf 0500000000000000 09000000'])
})

const thread = {
  tid: 7,
  pid: 7,
  ptid: 1,
  comm: 'sh',
  exe: '/bin/sh',
  args: ['-c', 'ls'],
  cwd: '/',
  fdLimit: 1024,
  flags: 5,
  uid: 1000,
  gid: 100,
}

const processFields: readonly (readonly [version: number, Buffer])[] = [
  [1, Buffer.concat([u64(7), u64(7), u64(1)])],
  [6, u64(3)],
  [8, u64(4)],
  [1, Buffer.concat([text('sh'), text('/bin/sh')])],
  [7, text('/usr/bin/dash')],
  [1, Buffer.concat([text('-c\0ls\0'), text('/'), u64(1024), u32(5), u32(1000), u32(100)])],
  [2, Buffer.concat([u32(11), u32(12), u32(13), u64(14), u64(15)])],
  [3, text('A=1\0B=2\0')],
  [4, Buffer.concat([u64(-2), u64(17), text('cpu=/x\0')])],
  [5, text('/root')],
]
const tail = Buffer.concat([
  ...[u64(21), u32(22), u32(23), u8(1), u64(24), u64(25), u64(26), u8(1), u64(27), u64(28), u64(29), u8(1), u8(1), u64(30)],
])
const upTo = (version: number) => processFields.filter(([since]) => since <= version).map(([, bytes]) => bytes)
const v2 = { vmSizeKb: 11, vmRssKb: 12, vmSwapKb: 13, pfMajor: 14, pfMinor: 15 }
const v4 = { ...v2, env: ['A=1', 'B=2'], vtid: -2, vpid: 17, cgroups: ['cpu=/x'] }
const v8 = { ...v4, root: '/root', sid: 3, exepath: '/usr/bin/dash', vpgid: 4 }
const caps = { isExeWritable: true, capInheritable: 24n, capPermitted: 25n, capEffective: 26n }
const v9 = {
  ...{ ...v8, ...caps, pidnsInitStartTs: 21n, tty: 22, loginuid: 23, isExeUpperLayer: true, exeIno: 27, exeCtime: 28n, exeMtime: 29n },
  ...{ isExeFromMemfd: true, isExeLowerLayer: true, pgid: 30 },
}

test.each<[name: string, type: number, body: Buffer, seed: object]>([
  ['version 1', 0x202, Buffer.concat(upTo(1)), { ...thread, vtid: -1, sid: -1, exepath: '', env: [], loginuid: 0xffffffff }],
  ['version 1, first writers', 0x8000abcd, Buffer.concat(upTo(1)), thread],
  ['version 2', 0x207, Buffer.concat(upTo(2)), { ...thread, ...v2 }],
  ['version 3', 0x8014abcd, Buffer.concat(upTo(3)), { ...thread, ...v2, env: ['A=1', 'B=2'] }],
  ['version 4', 0x210, Buffer.concat(upTo(4)), { ...thread, ...v4, root: '' }],
  ['version 5', 0x211, Buffer.concat(upTo(5)), { ...thread, ...v4, root: '/root' }],
  ['version 6', 0x212, Buffer.concat(upTo(6)), { ...thread, ...v4, sid: 3 }],
  ['version 7', 0x213, Buffer.concat(upTo(7)), { ...thread, exepath: '/usr/bin/dash', vpgid: -1 }],
  ['version 8', 0x214, Buffer.concat(upTo(8)), { ...thread, ...v8, tty: 0, pgid: -1 }],
  ['version 9', 0x215, entry([...upTo(8), tail]), { ...thread, ...v9 }],
  ['version 9 of later writers', 0x215, entry([...upTo(8), tail, Buffer.alloc(9)]), { ...thread, ...v9 }],
  [
    'version 9 up to the login uid',
    0x215,
    entry([...upTo(8), tail.subarray(0, 13)]),
    { ...thread, ...v8, loginuid: 21, isExeWritable: false },
  ],
  [
    'version 9 before 0.10',
    0x215,
    entry([...upTo(8), tail.subarray(12, 41)]),
    { ...thread, ...v8, ...caps, loginuid: 23, tty: 0, isExeUpperLayer: false },
  ],
])('processes: %s', async (_, type, body, seed) => {
  const other = type === 0x215 ? body : Buffer.concat([body])
  const { told, fault } = await readAll(dir.file('processes', Buffer.concat([head, block(type, body, other), event(at(1))])))
  expect(fault).toBeUndefined()
  expect(told.threads).toHaveLength(2)
  for (const found of told.threads) expect(found).toMatchObject(seed)
})

const ip = Buffer.from([10, 0, 0, 1])
const ip2 = Buffer.from([10, 0, 0, 2])
const ip6 = Buffer.alloc(16, 6)

test.each<[name: string, type: number, data: Buffer[], fd: object]>([
  ['file', 1, [text('/a')], { type: 'file', name: '/a' }],
  ['file with flags', 16, [u32(4097), text('/b'), u32(77)], { type: 'file', name: '/b', flags: 4097, dev: 77 }],
  ['directory', 2, [text('/c')], { type: 'directory', name: '/c' }],
  [
    'ipv4',
    3,
    [ip, ip2, u16(80), u16(443), u8(2)],
    {
      type: 'ipv4',
      socket: {
        sourceIp: '\x0a\0\0\x01',
        destIp: '\x0a\0\0\x02',
        sourcePort: 80,
        destPort: 443,
        l4: 'tcp',
        isServer: false,
        isConnected: true,
        hasRole: true,
      },
    },
  ],
  ['ipv4 of datagrams', 3, [ip, ip2, u16(80), u16(443), u8(3)], { type: 'ipv4', socket: { l4: 'udp', isConnected: false } }],
  [
    'ipv6',
    4,
    [ip6, ip6, u16(1), u16(2), u8(2)],
    { type: 'ipv6', socket: { sourcePort: 1, destPort: 2, l4: 'tcp', isConnected: true, hasRole: false } },
  ],
  [
    'ipv4 listening',
    5,
    [ip, u16(22), u8(2)],
    { type: 'ipv4', socket: { destIp: '\x0a\0\0\x01', destPort: 22, isServer: true, isConnected: false, hasRole: false } },
  ],
  ['ipv6 listening', 6, [ip6, u16(22), u8(5)], { type: 'ipv6', socket: { destPort: 22, l4: 'raw', isServer: true } }],
  ['unix', 8, [u64(3), u64(4), text('/run/s')], { type: 'unix', name: '/run/s', socket: { sourcePtr: 3n, destPtr: 4n } }],
  ['pipe', 7, [text('pipe:[9]')], { type: 'pipe', name: 'pipe:[9]' }],
  ['memfd', 20, [text('x')], { type: 'memfd' }],
  ['pidfd', 21, [text('y')], { type: 'pidfd' }],
  ['of a later version', 99, [text('z')], { type: 'unknown', name: 'z' }],
])('descriptors: %s', async (name, type, data, fd) => {
  const fields = [u64(5), u64(66), u8(type), ...data]
  const first = name === 'file with flags' ? [...fields.slice(0, -1)] : fields
  const blocks = [block(0x218, u64(12), entry(fields), entry(fields)), block(0x203, u64(13), ...first, ...first)]
  const { told, fault } = await readAll(dir.file('fds', Buffer.concat([head, ...blocks, event(at(1))])))
  expect(fault).toBeUndefined()
  expect(told.fds.map(([tid, num]) => [tid, num])).toEqual([
    [12, 5],
    [12, 5],
    [13, 5],
    [13, 5],
  ])
  expect(told.fds[1]?.[2]).toMatchObject({ ino: 66, ...fd })
  expect(told.fds[3]?.[2]).toMatchObject({ ino: 66, type: told.fds[1]?.[2].type })
})

test("descriptors: a connection of a port that is listened on is the server's", async () => {
  const inet = (port: number) => entry([u64(port), u64(0), u8(3), ip, ip2, u16(port), u16(999), u8(2)])
  const listening = entry([u64(5), u64(0), u8(5), ip, u16(22), u8(2)])
  const inet6 = entry([u64(24), u64(0), u8(4), ip6, ip6, u16(22), u16(999), u8(2)])
  const file = Buffer.concat([head, block(0x218, u64(12), inet(22), inet(23), inet6, listening), event(at(1))])
  const { told } = await readAll(dir.file('server', file))
  const ends = told.fds.map(([, num, { socket }]) => [num, socket?.sourcePort, socket?.destPort, socket?.sourceIp.at(-1), socket?.isServer])
  expect(ends).toEqual([
    [24, 22, 999, ip6.toString('latin1').at(-1), false],
    [5, 0, 22, undefined, true],
    [22, 999, 22, '\x02', true],
    [23, 23, 999, '\x01', false],
  ])
})

test('users, groups, addresses and the machine', async () => {
  const user = [u8(0), u32(1000), u32(100), text('ann'), text('/home/ann'), text('/bin/sh')]
  const group = [u8(1), u32(100), text('staff')]
  const eth = [u16(1), u16(4), ip, ip2, ip, u64(1), Buffer.from('eth0')]
  const lo = [u16(4), u16(2), ip6, ip6, ip6, Buffer.from('lo')]
  const lists = [
    block(0x220, entry(user), entry(group)),
    block(0x206, ...user, ...group),
    block(0x219, entry(eth, 0), entry(lo, 0)),
    block(0x205, ...eth, ...lo),
  ]
  const { told, fault } = await readAll(
    dir.file('lists', Buffer.concat([section(), machine('web-1', 0x8002abcd), ...lists, block(0x7777, u32(1)), event(at(1))])),
  )
  expect(fault).toBeUndefined()
  const ann = { uid: 1000, gid: 100, name: 'ann', home: '/home/ann', shell: '/bin/sh' }
  expect(told.users).toEqual([ann, ann])
  expect(told.groups).toEqual([
    { gid: 100, name: 'staff' },
    { gid: 100, name: 'staff' },
  ])
  expect(told.addresses.map(({ name, address }) => [name, address.length])).toEqual([
    ['eth0', 4],
    ['lo', 16],
    ['eth0', 4],
    ['lo', 16],
  ])
  expect(told.machines).toEqual([{ cpus: 4, memoryBytes: 8e9, maxPid: 32768, hostname: 'web-1', bootTs: 7n }])
})

const wrongTrailer = (bytes: Buffer) => {
  bytes.writeUInt32LE(8, bytes.length - 4)
  return bytes
}
const shortParam = { code: chdir, tid: 1, params: [new Uint8Array(3), '/'] }
const noNul = { code: chdir, tid: 1, params: [0, new Uint8Array([47])] }

test.each<[name: string, bytes: Buffer, lines: number, fault: string]>([
  ['empty', Buffer.alloc(0), 0, 'the file is empty (at byte 0)'],
  [
    'text',
    Buffer.from('hello, this is no recording'),
    0,
    'this is not a .scap recording: it begins with block type 0x6c6c6568 (at byte 0)',
  ],
  ['other byte order', section(1, 0x4d3c2b1a), 0, 'invalid magic number: only little-endian recordings can be read (at byte 0)'],
  ['later version', section(2), 0, 'a later version of the format wrote this file (at byte 0)'],
  ['no events', head, 0, 'no events in file (at byte 220)'],
  ['event first', event(at(1)), 0, 'this is not a .scap recording: it has no section header (at byte 0)'],
  [
    'cut in an event',
    Buffer.concat([head, event(at(1)), event(at(2)).subarray(0, -5)]),
    1,
    'the file ends in the middle of a block (at byte 280)',
  ],
  [
    'cut in a block header',
    Buffer.concat([head, event(at(1)), Buffer.alloc(3)]),
    1,
    'the file ends in the middle of a block (at byte 280)',
  ],
  [
    'cut in a list',
    Buffer.concat([head, block(0x220, entry([u8(1), u32(1), text('a')])).subarray(0, -6)]),
    0,
    'the file ends in the middle of a block (at byte 228)',
  ],
  ['block too short', Buffer.concat([head, event(at(1)), u32(0x216), u32(5)]), 1, 'a block of type 0x216 claims 5 bytes (at byte 280)'],
  [
    'huge event',
    Buffer.concat([head, event(at(1)), u32(0x216), u32(0xfffffff0)]),
    1,
    'an event block claims 4294967280 bytes (at byte 280)',
  ],
  ['list among events', Buffer.concat([head, event(at(1)), block(0x220)]), 1, 'unexpected block type 0x220 among the events (at byte 280)'],
  [
    'wrong trailer',
    Buffer.concat([head, wrongTrailer(block(0x220)), event(at(1))]),
    0,
    'wrong block total length, header=12, trailer=8 (at byte 228)',
  ],
  [
    'entry too long',
    Buffer.concat([head, block(0x220, u32(500), u8(0)), event(at(1))]),
    0,
    'an entry of a block of users claims 500 bytes where 8 are left (at byte 228)',
  ],
  [
    'entry cut short',
    Buffer.concat([head, block(0x220, entry([u8(0), u32(1)])), event(at(1))]),
    0,
    'an entry of a block of users is cut short (at byte 228)',
  ],
  [
    'number of another size',
    Buffer.concat([head, event(at(1)), event(shortParam)]),
    1,
    'parameter res of event chdir (95): 3 bytes do not make a ERRNO (at byte 280)',
  ],
  [
    'text without NUL',
    Buffer.concat([head, event(at(1)), event(noNul)]),
    1,
    'parameter path of event chdir (95): its text does not end in a NUL (at byte 280)',
  ],
])('damage: %s', async (_, bytes, lines, fault) => {
  const outcome = await readAll(dir.file('damaged', bytes))
  expect(outcome.fault).toBe(fault)
  expect(outcome.lines).toHaveLength(lines)
  if (bytes.length > 2)
    expect((await readAll(dir.file('damaged.gz', gzipSync(bytes)))).fault).toBe(fault.replace('at byte', 'at decompressed byte'))
})

test('gives the events before the damage in a gzip file', async () => {
  const whole = gzipSync(Buffer.concat([head, ...Array.from({ length: 10_000 }, (_, index) => event(at((index * 7919) % 65_536)))]))
  const cut = await readAll(dir.file('cut.gz', whole.subarray(0, whole.length / 2)))
  expect(cut.fault).toStartWith('the file ends in the middle of a block (at decompressed byte ')
  expect(cut.lines.length).toBeGreaterThan(1000)
  const flipped = Buffer.from(whole)
  const middle = whole.length >> 1
  flipped.fill(0xff, middle, middle + 64)
  const broken = await readAll(dir.file('broken.gz', flipped))
  expect(broken.fault).toMatch(/at decompressed byte \d+/)
  expect(broken.lines.length).toBeGreaterThan(2000)
})

test('says that a file is not there', async () => {
  expect((await readAll('/nowhere/x.scap')).fault).toBe('the recording cannot be read: it does not exist')
})
