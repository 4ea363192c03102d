import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { namedFd } from '../../src/state/fd.ts'
import { Fds } from '../../src/state/fds.ts'
import { flag } from '../../src/state/flags.ts'
import { seedOf, World } from './world.ts'

const tcp = [2, 1, 6, 0] as const
const v4 = (a: number, b: number, port: number) => [10, 0, a, b, port & 255, port >> 8]
const tuple4 = (from: number[], to: number[]) => Buffer.from([2, ...from, ...to])
const local = v4(0, 1, 40_000)
const remote = v4(0, 2, 443)

function started(): World {
  const world = new World()
  world.state.addThread(seedOf(10))
  return world
}

describe('open', () => {
  test.each([
    ['/etc//./hosts', '/etc/hosts'],
    ['hosts', '/root/hosts'],
    ['../etc/hosts/', '/etc/hosts'],
    ['/dir...///../x/.y', '/x/.y'],
    ['/', '/'],
    ['', '/root'],
    ['..', '/'],
    ['/..//../a', '/a'],
    ['\xff\xfe', '/root/\xff\xfe'],
  ])('of %s is called %s', (given, name) => {
    const event = started().openat(10, 3, given)
    expect(event.fd).toMatchObject({ type: 'file', name, nameRaw: given, dev: 8, ino: 42, flags: 1 })
    expect(event).toMatchObject({ fdNum: 3, fdNameChanged: true })
  })

  test('is relative to the directory that it names', () => {
    const world = started()
    world.openat(10, 5, '/srv/data', 1 | flag.O_DIRECTORY)
    expect(world.state.find(10)?.fds.get(5)?.type).toBe('directory')
    expect(world.openat(10, 6, 'a/../b', 1, 5).fd?.name).toBe('/srv/data/b')
    expect(world.openat(10, 7, 'b', 1, 99).fd?.name).toBe('<UNKNOWN>/b')
  })

  test('keeps the name that it had when it was opened', () => {
    const world = started()
    const { fd } = world.openat(10, 3, 'x')
    world.on('SYSCALL_CHDIR_X', 10, 0, '/tmp')
    expect(fd?.name).toBe('/root/x')
  })

  test('that failed makes nothing; one that reuses a number replaces what was there', () => {
    const world = started()
    expect(world.openat(10, -2, '/gone').fd).toBeUndefined()
    world.openat(10, 3, '/first')
    world.openat(10, 3, '/second')
    expect(world.names(10)).toEqual({ 3: '/second' })
  })

  test('in its other forms', () => {
    const world = started()
    expect(world.on('SYSCALL_OPEN_X', 10, 3, 'a', 1, 0, 8, 42).fd?.name).toBe('/root/a')
    expect(world.on('SYSCALL_OPENAT2_X', 10, 4, -100, 'b', 1, 0, 0, 8, 1n << 60n).fd).toMatchObject({ name: '/root/b', ino: 1n << 60n })
    expect(world.on('SYSCALL_CREAT_X', 10, 5, 'c', 0o644, 8, 42, 1).fd?.flags).toBe(
      flag.O_CREAT | flag.O_WRONLY | flag.O_TRUNC | flag.FD_UPPER_LAYER,
    )
    expect(world.on('SYSCALL_OPEN_BY_HANDLE_AT_X', 10, 6, 5, 1, '/mnt/d', 8, 42).fd?.name).toBe('/mnt/d')
  })
})

describe('close', () => {
  test('is seen by its own event, and then gone', () => {
    const world = started()
    world.openat(10, 3, '/x')
    expect(world.on('SYSCALL_CLOSE_X', 10, 0, 3).fd?.name).toBe('/x')
    expect(world.names(10)).toEqual({ 3: '/x' })
    world.on('SYSCALL_GETCWD_X', 10, 0, '/')
    expect(world.names(10)).toEqual({})
  })

  test('of a range closes, or marks', () => {
    const world = started()
    for (const num of [3, 4, 5, 2000]) world.openat(10, num, `/${num}`)
    world.on('SYSCALL_CLOSE_RANGE_X', 10, 0, 4, 0xffffffff, 4)
    expect(world.names(10)).toEqual({ 3: '/3', 4: '/4', 5: '/5', 2000: '/2000' })
    world.exec(10, 1, '/bin/x')
    expect(world.names(10)).toEqual({ 3: '/3' })
    for (const num of [4, 5, 2000]) world.openat(10, num, `/${num}`)
    world.on('SYSCALL_CLOSE_RANGE_X', 10, 0, 4, 3000, 0)
    expect(world.names(10)).toEqual({ 3: '/3' })
  })
})

describe('dup', () => {
  test.each([
    ['SYSCALL_DUP_1_X', [9, 3], 0],
    ['SYSCALL_DUP2_X', [9, 3, 9], 0],
    ['SYSCALL_DUP3_X', [9, 3, 9, flag.O_CLOEXEC], flag.O_CLOEXEC],
    ['SYSCALL_FCNTL_X', [9, 3, flag.F_DUPFD, 9], 0],
    ['SYSCALL_FCNTL_X', [9, 3, flag.F_DUPFD_CLOEXEC, 9], flag.O_CLOEXEC],
  ])('%s %p', (id, params, cloexec) => {
    const world = started()
    world.openat(10, 3, '/x', 1 | flag.O_CLOEXEC)
    world.openat(10, 9, '/y')
    const event = world.on(id, 10, ...params)
    expect(event).toMatchObject({ fdNum: 9, fd: { name: '/x', flags: 1 | cloexec } })
    expect(world.names(10)).toEqual({ 3: '/x', 9: '/x' })
  })

  test('of what is not known leaves nothing known there', () => {
    const world = started()
    world.openat(10, 9, '/y')
    world.on('SYSCALL_DUP2_X', 10, 9, 3, 9)
    expect(world.names(10)).toEqual({})
  })

  test('F_SETFD decides what an exec closes', () => {
    const world = started()
    world.openat(10, 3, '/x', flag.O_CLOEXEC)
    world.openat(10, 4, '/y')
    world.on('SYSCALL_FCNTL_X', 10, 0, 3, flag.F_SETFD, 0)
    world.on('SYSCALL_FCNTL_X', 10, 0, 4, flag.F_SETFD, 1)
    world.exec(10, 1, '/bin/x')
    expect(world.names(10)).toEqual({ 3: '/x' })
  })
})

test.each([
  ['SYSCALL_SIGNALFD_X', [5, -1, 0, 0], 'signalfd'],
  ['SYSCALL_TIMERFD_CREATE_X', [5, 0, 0], 'timerfd'],
  ['SYSCALL_INOTIFY_INIT1_X', [5, 0], 'inotify'],
  ['SYSCALL_BPF_2_X', [5, 5], 'bpf'],
  ['SYSCALL_BPF_2_X', [5], 'bpf'],
  ['SYSCALL_USERFAULTFD_X', [5, 0], 'userfaultfd'],
  ['SYSCALL_IO_URING_SETUP_X', [5, 0, 0, 0, 0, 0, 0, 0], 'io_uring'],
  ['SYSCALL_EPOLL_CREATE1_X', [5, 0], 'eventpoll'],
  ['SYSCALL_PIPE2_X', [0, 4, 5, 99, 0], 'pipe'],
  ['SYSCALL_EVENTFD2_X', [5, 0, 0], 'event'],
  ['SYSCALL_MEMFD_CREATE_X', [5, 'payload', 0], 'memfd'],
  ['SYSCALL_PIDFD_OPEN_X', [5, 1, 0], 'pidfd'],
])('%s %p makes a descriptor of type %s', (id, params, type) => {
  const event = started().on(id, 10, ...params)
  expect(event).toMatchObject({ fdNum: 5, fd: { type } })
})

test('bpf(2) that looks a map up makes none', () => {
  expect(started().on('SYSCALL_BPF_2_X', 10, 0, 1).fd).toBeUndefined()
})

test('a descriptor that was taken from another process', () => {
  const world = started()
  world.state.addThread(seedOf(20))
  world.openat(20, 3, '/theirs')
  world.on('SYSCALL_PIDFD_OPEN_X', 10, 4, 20, 0)
  expect(world.on('SYSCALL_PIDFD_GETFD_X', 10, 5, 4, 3, 0).fd?.name).toBe('/theirs')
})

describe('socket', () => {
  test('connect names both ends, from the client', () => {
    const world = started()
    expect(world.on('SOCKET_SOCKET_X', 10, 4, ...tcp).fd).toMatchObject({
      type: 'ipv4',
      name: '',
      socket: { l4: 'na', isConnected: false },
    })
    const event = world.on('SOCKET_CONNECT_X', 10, 0, tuple4(local, remote), 4)
    expect(event.fdNameChanged).toBe(true)
    expect(event.fd).toMatchObject({
      name: '10.0.0.1:40000->10.0.0.2:443',
      socket: { l4: 'tcp', isConnected: true, isServer: false, destPort: 443 },
    })
  })

  test('connect in progress counts until it failed; a failed one changes nothing', () => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, ...tcp)
    expect(world.on('SOCKET_CONNECT_X', 10, -111, tuple4(local, remote), 4).fd?.name).toBe('')
    expect(world.on('SOCKET_CONNECT_X', 10, -115, tuple4(local, remote), 4).fd?.socket?.isConnected).toBe(true)
    world.on('SOCKET_GETSOCKOPT_X', 10, 0, 4, 1, 4, Buffer.from([0, 111, 0, 0, 0, 0, 0, 0, 0]), 4)
    expect(world.state.find(10)?.fds.get(4)).toMatchObject({ name: '10.0.0.1:40000->10.0.0.2:443', socket: { isConnected: false } })
  })

  test('bind makes a server, unless it takes any port', () => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, ...tcp)
    const any = world.on('SOCKET_BIND_X', 10, 0, Buffer.from([2, ...v4(0, 1, 0)]), 4)
    expect(any.fd).toMatchObject({ name: '10.0.0.1:0', socket: { isServer: false, destIp: '', l4: 'na' } })
    const bound = world.on('SOCKET_BIND_X', 10, 0, Buffer.from([2, ...v4(0, 1, 80)]), 4)
    expect(bound.fd).toMatchObject({ name: '10.0.0.1:80', socket: { isServer: true, destPort: 80, sourceIp: '', l4: 'tcp' } })
  })

  test('accept makes a descriptor of its own', () => {
    const event = started().on('SOCKET_ACCEPT4_6_X', 10, 7, tuple4(remote, local), 0, 0, 0, 0)
    expect(event).toMatchObject({ fdNum: 7, fd: { type: 'ipv4', name: '10.0.0.2:443->10.0.0.1:40000', socket: { isServer: true } } })
  })

  test('messages of a datagram socket follow the conversation, whichever way they go', () => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, 2, 2, 17, 0)
    const sent = world.on('SOCKET_SENDTO_X', 10, 1, 'x', 4, 1, tuple4(local, remote))
    expect(sent).toMatchObject({ fdNameChanged: true, fd: { name: '10.0.0.1:40000->10.0.0.2:443', socket: { l4: 'udp' } } })
    const back = world.on('SOCKET_RECVFROM_X', 10, 1, 'x', tuple4(remote, local), 4, 1)
    expect(back).toMatchObject({ fdNameChanged: false, fd: { name: '10.0.0.1:40000->10.0.0.2:443' } })
    const other = world.on('SOCKET_RECVMSG_X', 10, 1, 1, 'x', tuple4(v4(0, 9, 53), local), '', 4)
    expect(other).toMatchObject({ fdNameChanged: true, fd: { name: '10.0.0.1:40000->10.0.0.9:53' } })
  })

  test('a sender without an address is this machine, by the interface that reaches the receiver', () => {
    const world = started()
    for (const [name, third] of [
      ['lo', '\x7f\0\0\x01'],
      ['eth0', '\x0a\x01\0\x07'],
      ['eth1', '\x0a\0\0\x07'],
    ] as const)
      world.state.addAddress({ name, address: third, netmask: '\xff\xff\0\0', broadcast: '' })
    const any = [0, 0, 0, 0, 64, 156]
    expect(world.on('SOCKET_SENDTO_X', 10, 1, 'x', 4, 1, tuple4(any, remote)).fd?.name).toBe('10.0.0.7:40000->10.0.0.2:443')
    expect(world.on('SOCKET_SENDTO_X', 10, 1, 'x', 5, 1, tuple4(any, [8, 8, 8, 8, 53, 0])).fd?.name).toBe('10.1.0.7:40000->8.8.8.8:53')
    expect(world.on('SOCKET_SENDTO_X', 10, 1, 'x', 5, 1, tuple4(any, [8, 8, 8, 8, 53, 0])).fd).toMatchObject({
      type: 'ipv4',
      socket: { l4: 'udp' },
    })
  })

  test('what is sent, received, read or written makes a socket count as connected; a failure does not', () => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, 2, 2, 17, 0)
    expect(world.on('SYSCALL_WRITE_X', 10, -11, undefined, 4, 1).fd?.socket?.isConnected).toBe(false)
    expect(world.on('SYSCALL_WRITE_X', 10, 1, 'x', 4, 1).fd?.socket?.isConnected).toBe(true)
    expect(world.on('SYSCALL_READ_X', 10, -11, undefined, 4, 1).fd?.socket?.isConnected).toBe(true)
    world.on('SOCKET_SOCKET_X', 10, 5, 2, 2, 17, 0)
    expect(world.on('SOCKET_SENDTO_X', 10, 1, 'x', 5, 1, tuple4(local, remote)).fd?.socket?.isConnected).toBe(true)
    world.on('SOCKET_SOCKET_X', 10, 6, 1, 1, 0, 0)
    expect(world.on('SYSCALL_WRITE_X', 10, 1, 'x', 6, 1).fd?.socket?.isConnected).toBe(false)
  })

  test('IPv4 over IPv6 is shown as IPv4', () => {
    const mapped = (rest: number[]) => [...new Array(10).fill(0), 255, 255, ...rest]
    const bytes = Buffer.from([10, ...mapped(local), ...mapped(remote)])
    expect(started().on('SOCKET_ACCEPT_5_X', 10, 7, bytes, 0, 0, 0).fd).toMatchObject({
      type: 'ipv4',
      name: '10.0.0.1:40000->10.0.0.2:443',
    })
  })

  test('unix sockets go by their path', () => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, 1, 1, 0, 0)
    const bytes = Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('/run/docker.sock\0')])
    expect(world.on('SOCKET_CONNECT_X', 10, 0, bytes, 4).fd).toMatchObject({
      type: 'unix',
      name: '1->2 /run/docker.sock',
      socket: { sourcePtr: 1n, destPtr: 2n },
    })
  })

  test('which end is here follows from the interfaces of the recording', () => {
    const world = started()
    const ends = () => world.on('SOCKET_ACCEPT_5_X', 10, 7, tuple4(local, remote), 0, 0, 0).fd?.socket?.isClientLocal
    expect(ends()).toBe(false)
    world.state.addAddress({ name: 'eth0', address: '\x0a\x00\x00\x01', netmask: '', broadcast: '' })
    expect(ends()).toBe(true)
  })

  test('of a recording, IPv6 addresses with the first 64 bits of an interface are here; a socket without address has zero', () => {
    const world = started()
    const net = (first: number, last: number) => [first, ...new Array(14).fill(0), last]
    const tuple = (from: number[], to: number[]) => Buffer.from([10, ...from, 1, 0, ...to, 2, 0])
    const ends = () => {
      const { socket } = world.on('SOCKET_ACCEPT_5_X', 10, 7, tuple(net(32, 1), net(33, 9)), 0, 0, 0).fd ?? {}
      return [socket?.isClientLocal, socket?.isServerLocal]
    }
    const isFreshHere = (family: number) => world.on('SOCKET_SOCKET_X', 10, 4, family, 1, 6, 0).fd?.socket?.isServerLocal
    expect(ends()).toEqual([false, false])
    expect(isFreshHere(10)).toBe(false)
    world.state.addAddress({ name: 'eth0', address: String.fromCharCode(...net(33, 1)), netmask: '', broadcast: '' })
    expect(ends()).toEqual([false, true])
    expect(isFreshHere(10)).toBe(false)
    world.state.addAddress({ name: 'lo', address: String.fromCharCode(...net(0, 1)), netmask: '', broadcast: '' })
    expect(isFreshHere(10)).toBe(true)
    expect(isFreshHere(2)).toBe(false)
  })

  test.each([0, 1, 2, 6, 12, 13])('a tuple cut to %d bytes is no danger', (length) => {
    const world = started()
    world.on('SOCKET_SOCKET_X', 10, 4, ...tcp)
    world.on('SOCKET_CONNECT_X', 10, 0, tuple4(local, remote).subarray(0, length), 4)
    expect(world.names(10)).toEqual({ 4: length === 13 ? '10.0.0.1:40000->10.0.0.2:443' : '' })
  })
})

test('a table behaves as a map does', () => {
  const num = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.integer({ min: 1000, max: 1100 }))
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'range', 'copy'), num, num)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let table = new Fds()
      const model = new Map<number, string>()
      for (const [kind, a, b] of steps) {
        if (kind === 'set' && a >= 0) {
          table.set(a, namedFd('file', `${a}-${b}`))
          model.set(a, `${a}-${b}`)
        } else if (kind === 'delete') {
          table.delete(a)
          model.delete(a)
        } else if (kind === 'range') {
          table.deleteRange(a, b)
          for (const key of [...model.keys()]) if (key >= a && key <= b) model.delete(key)
        } else table = table.copy()
      }
      expect([...table].map(([key, fd]) => [key, fd.name])).toEqual([...model].sort((x, y) => x[0] - y[0]))
      expect(table.size).toBe(model.size)
    }),
  )
})
