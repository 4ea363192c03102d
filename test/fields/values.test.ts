import { beforeEach, describe, expect, test } from 'bun:test'
import type { Field, Value } from '../../src/condition/field.ts'
import { parseFormat, render, renderFields } from '../../src/engine/format.ts'
import { findField, showReader } from '../../src/engine/format_field.ts'
import type { Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { flag } from '../../src/state/flags.ts'
import { seedOf, World } from '../state/world.ts'

const catalogue = createSyscallFields({ hostname: 'here' })
let world: World

beforeEach(() => {
  world = new World()
  const { state } = world
  state.addUser({ uid: 1000, gid: 1000, name: 'ann', home: '/home/ann', shell: '/bin/bash' })
  state.addGroup({ gid: 1000, name: 'staff' })
  state.addThread(seedOf(1, { comm: 'init', exe: '/sbin/init', exepath: '/sbin/init', cwd: '/' }))
  state.addThread(seedOf(10, { ptid: 1, comm: 'sshd', exe: 'sshd:', args: ['', ''], env: ['A=1'] }))
  const more = {
    args: ['-c', 'id'],
    env: ['HOME=/home/ann', 'X='],
    uid: 1000,
    gid: 1000,
    sid: 10,
    vpgid: 20,
    cgroups: ['cpu=/a', 'memory=/b'],
  }
  state.addThread(seedOf(20, { ptid: 10, comm: 'bash', exe: '-bash', exepath: '/bin/bash', cwd: '/home/ann', ...more }))
})

function read(event: Event, name: string, arg?: string): Value {
  const field = catalogue.find(name) as Field<Event>
  return arg === undefined ? field.get?.(event) : field.at?.(arg)(event)
}

function shown(event: Event, token: string): string | undefined {
  return render(parseFormat(`*${token}`, catalogue), event)
}

function polled(...items: readonly (readonly [num: number, events: number])[]): Buffer {
  const bytes = Buffer.alloc(2 + items.length * 10)
  bytes.writeUInt16LE(items.length, 0)
  items.forEach(([num, events], i) => {
    bytes.writeBigInt64LE(BigInt(num), 2 + i * 10)
    bytes.writeInt16LE(events, 10 + i * 10)
  })
  return bytes
}

describe('an event', () => {
  test.each([
    ['%evt.type', 'openat'],
    ['%syscall.type', 'openat'],
    ['%evt.dir', '<'],
    ['%evt.category', 'file'],
    ['%evt.args', 'fd=3(<f>/home/ann/x) dirfd=-100(AT_FDCWD) name=x(/home/ann/x) flags=4097(O_RDONLY|O_CLOEXEC) mode=0644 dev=8 ino=42'],
    ['%evt.arg.name', '/home/ann/x'],
    ['%evt.arg.flags', 'O_RDONLY|O_CLOEXEC'],
    ['%evt.arg[0]', '<f>/home/ann/x'],
    ['%evt.arg[6]', '42'],
    ['%evt.arg[7]', '<NA>'],
    ['%evt.rawarg.flags', '1001'],
    ['%evt.rawarg.name', 'x'],
    ['%evt.rawarg.dirfd', '-100'],
    ['%evt.res', 'SUCCESS'],
    ['%evt.rawres', '3'],
    ['%evt.failed', 'false'],
    ['%evt.count.error.file', '0'],
    ['%evt.is_open_read %evt.is_open_write', 'true false'],
    ['%evt.buflen', '<NA>'],
    ['%evt.io_dir', '<NA>'],
    ['%evt.hostname', 'here'],
    ['%fd.num %fd.type %fd.typechar', '3 file f'],
    ['%fd.name %fd.directory %fd.filename %fd.nameraw', '/home/ann/x /home/ann x x'],
    ['%fd.uid', '203'],
    ['%fd.dev %fd.dev.major %fd.dev.minor %fd.ino', '8 0 8 42'],
    ['%fs.path.name %fs.path.nameraw %fs.path.source', '/home/ann/x x <NA>'],
    ['%evt.abspath', '/home/ann/x'],
  ])('%s is %s', (token, text) => {
    const event = world.on('SYSCALL_OPENAT_2_X', 20, 3, -100, 'x', 4097, 0o644, 8, 42)
    expect(shown(event, token)).toBe(text)
  })

  test.each([
    ['%evt.res %evt.rawres %evt.failed', 'ENOENT -2 true'],
    ['%evt.args', 'fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=../x(/home/x) flags=1(O_RDONLY) mode=0 dev=0 ino=0'],
    ['%fd.num %fd.typechar %fd.type', '-1 f <NA>'],
    ['%fd.name %fd.nameraw %fd.directory %fd.filename', '/home/x ../x /home <NA>'],
    ['%evt.count.error %evt.count.error.file %evt.count.error.net', '1 1 <NA>'],
    ['%fs.path.name', '<NA>'],
    ['%fd.uid', '20-1'],
  ])('that failed: %s is %s', (token, text) => {
    const event = world.on('SYSCALL_OPENAT_2_X', 20, -2, -100, '../x', 1, 0, 0, 0)
    expect(shown(event, token)).toBe(text)
  })

  test.each([
    ['SYSCALL_CHDIR_X', -2, 'ENOENT'],
    ['SYSCALL_CHDIR_X', -9999, '-9999'],
    ['SYSCALL_SETSID_X', -1, '-1'],
    ['SYSCALL_BRK_4_X', -1, 'FFFFFFFFFFFFFFFF'],
  ] as const)('%s with the result %d', (id, result, text) => {
    const token = id === 'SYSCALL_BRK_4_X' ? '%evt.rawarg.res' : '%evt.res'
    expect(shown(world.on(id, 20, result), `${token} %evt.rawres %evt.failed`)).toBe(`${text} ${result} true`)
  })

  test('of a descriptor that is not known has an empty name', () => {
    const event = world.on('SYSCALL_CLOSE_X', 20, 0, 9)
    expect(shown(event, '%fd.num|%fd.name|%fd.typechar|%fd.type|%fd.directory|%fd.types')).toBe('9||o|<NA>|/|()')
  })

  test('of a directory is in the directory itself, and has no file name', () => {
    const event = world.openat(20, 4, '/srv/data', 1 | flag.O_DIRECTORY)
    expect(shown(event, '%fd.type|%fd.directory|%fd.filename')).toBe('directory|/srv/data|<NA>')
  })

  test('shows control characters of a name as U+FFFD, which conditions see as they are', () => {
    const event = world.openat(20, 4, '/a\nb')
    expect(shown(event, '%fd.name|%fd.containername|%evt.arg.fd')).toBe('/a\xef\xbf\xbdb|:/a\xef\xbf\xbdb|<f>/a\xef\xbf\xbdb')
    expect(read(event, 'fd.name')).toBe('/a\nb')
  })

  test("of old drivers have the end of a line in a unix socket's name, which outputs leave out", () => {
    world.state.addFd(20, 7, { type: 'unix', name: '/run/x.sock\n', nameRaw: undefined, flags: 0, dev: 0, ino: 0, socket: undefined })
    const event = world.on('SYSCALL_READ_X', 20, 0, '', 7, 0)
    expect(shown(event, '%fd.name|%fd.containername|%evt.arg.fd')).toBe('/run/x.sock|:/run/x.sock|<u>/run/x.sock')
    expect(read(event, 'fd.name')).toBe('/run/x.sock\n')
  })

  test('that polls lists names of all descriptors, and ends of those that are sockets', () => {
    const inet = (...ends: number[]) => Buffer.from([2, ...ends])
    world.openat(20, 3, '/a')
    world.on('SYSCALL_PIPE_X', 20, 0, 4, 5, 7)
    world.on('SOCKET_SOCKET_X', 20, 6, 2, 1, 6, 0)
    world.on('SOCKET_SOCKET_X', 20, 7, 10, 1, 6, 0)
    world.on('SOCKET_SOCKET_X', 20, 8, 2, 1, 6, 0)
    world.on('SOCKET_BIND_X', 20, 0, inet(127, 0, 0, 1, 80, 0), 8)
    world.on('SOCKET_ACCEPT_5_X', 20, 9, inet(1, 2, 3, 4, 10, 0, 127, 0, 0, 1, 80, 0), 0, 0, 0)
    const all = '%fdlist.nums|%fdlist.names|%fdlist.cips|%fdlist.sips|%fdlist.cports|%fdlist.sports'
    const of = (...nums: number[]) => shown(world.on('SYSCALL_POLL_X', 20, 1, polled(...nums.map((num) => [num, 1] as const)), -1), all)
    expect(of(3, 4, 99)).toBe('3,4,99|/a,<NA>,<NA>|<NA>|<NA>|<NA>|<NA>')
    expect(of(-1, 6, 7)).toBe('-1,6,7|<NA>,<NA>,<NA>|0.0.0.0,::|0.0.0.0,::|0,0|0,0')
    expect(of(8, 3)).toBe('8,3|127.0.0.1:80,/a|<NA>|127.0.0.1|<NA>|<NA>')
    expect(of(8, 9)).toBe('8,9|127.0.0.1:80,1.2.3.4:10->127.0.0.1:80|1.2.3.4|127.0.0.1,127.0.0.1|10|80')
    expect(of()).toBe('<NA>|<NA>|<NA>|<NA>|<NA>|<NA>')
  })

  test('without a thread has no fields of one', () => {
    const event = world.on('SCHEDSWITCH_6_E', 0, 20, 0, 0, 0, 0, 0)
    expect(shown(event, '%evt.args|%proc.name|%proc.pid|%user.name|%fd.name|%container.id')).toBe(
      'next=20(bash) pgft_maj=0 pgft_min=0 vm_size=0 vm_rss=0 vm_swap=0|<NA>|<NA>|<NA>|<NA>|<NA>',
    )
  })

  test('of a system call without a table of its own is named by its number', () => {
    const event = world.on('GENERIC_X', 20, 0, 221)
    expect(shown(event, '%evt.type %evt.arg[0] %evt.arg[1] [%evt.args] %evt.category %evt.res')).toBe('fadvise64 unknown 221 [] other <NA>')
  })
})

describe('a process', () => {
  test.each([
    ['%proc.name %proc.exe %proc.exepath %proc.pname', 'bash -bash /bin/bash sshd'],
    ['%proc.args|%proc.args[1]|%proc.args[8]', '-c id|id|'],
    ['%proc.cmdline|%proc.pcmdline|%proc.exeline', 'bash -c id|sshd  |-bash -c id'],
    ['%proc.aname|%proc.aname[0]|%proc.aname[2]|%proc.aname[9]', 'sshd init|bash|init|<NA>'],
    ['%proc.apid|%proc.apid[1]', '20|10'],
    ['%proc.env|%proc.env[HOME]|%proc.env[NO]|%proc.aenv[A]', 'HOME=/home/ann X=|/home/ann||1'],
    ['%proc.cwd %proc.cmdnargs %proc.cmdlenargs', '/home/ann/ 2 4'],
    ['%proc.pid %proc.ppid %proc.vpid %proc.sid %proc.sname', '20 10 20 10 sshd'],
    ['%proc.is_sid_leader %proc.is_vpgid_leader', 'false true'],
    ['%proc.loginshellid', '20'],
    ['%proc.duration %proc.exe_ino %proc.pidns_init_start_ts', '<NA> <NA> <NA>'],
    ['%user.uid %user.name %user.homedir %user.shell', '1000 ann /home/ann /bin/bash'],
    ['%user.loginuid %user.loginname', '-1 <NA>'],
    ['%group.gid %group.name', '1000 staff'],
    ['%thread.cgroups|%thread.cgroup[memory]|%thread.cgroup[io]', 'cpu=/a memory=/b|/b|<NA>'],
    ['%container.id|%container.name|%container.image|%container.image.repository', 'host|host||'],
    ['%container.privileged|%container.labels|%k8s.pod.ip|%k8s.pod.labels|%k8s.pod.sandbox_id', 'false||||'],
    ['%container.label[a]|%container.mount[0]|%k8s.pod.name|%k8s.ns.name', '<NA>|<NA>|<NA>|<NA>'],
  ])('%s is %s', (token, text) => {
    expect(shown(world.openat(20, 3, '/x'), token)).toBe(text)
  })

  test('without control groups has no value for them', () => {
    expect(shown(world.openat(10, 3, '/x'), '%thread.cgroups|%thread.cgroup[cpu]')).toBe('<NA>|<NA>')
  })

  test('the login shell is found by the name of the process, not of the thread', () => {
    world.state.addThread(seedOf(21, { pid: 20, comm: 'worker' }))
    expect(shown(world.openat(21, 3, '/x'), '%proc.loginshellid')).toBe('20')
  })

  test('conditions see all ancestors where outputs list them', () => {
    expect(read(world.openat(20, 3, '/x'), 'proc.aname')).toEqual(['sshd', 'init'])
    expect(read(world.openat(1, 3, '/x'), 'proc.aname')).toBeUndefined()
  })

  test('a command line is made again after exec', () => {
    world.openat(20, 3, '/x')
    expect(read(world.event, 'proc.cmdline')).toBe('bash -c id')
    world.exec(20, 10, '/usr/bin/nc', ['-l', '80'])
    expect(read(world.event, 'proc.cmdline')).toBe('nc -l 80')
  })

  test('missing numbers are no values in conditions, and 0 in outputs', () => {
    const event = world.on('SYSCALL_EXECVE_19_X', 20, 0, '/bin/x', ...Array<undefined>(25))
    expect(read(event, 'evt.rawarg', 'uid')).toBeUndefined()
    expect(shown(event, '%evt.rawarg.uid')).toBe('0')
    expect(read(event, 'evt.rawarg', 'trusted_exepath')).toBe('<NA>')
    expect(read(event, 'evt.arg', 'uid')).toBe('<NA>')
  })
})

describe('parameters', () => {
  test.each([
    ['SYSCALL_SETUID_X', [0, 1000], 'res=0 uid=1000(ann)'],
    ['SYSCALL_KILL_X', [0, -3, 15], 'res=0 pid=-3 sig=15(SIGTERM)'],
    ['SYSCALL_PPOLL_X', [0, polled(), 5, 0x4001], 'res=0 fds= timeout=5(5e-09s) sigmask=SIGHUP SIGTERM'],
    ['SYSCALL_SETUID_X', [-1, 0xffff_ffff], 'res=-1(EPERM) uid=-1(<NONE>)'],
    ['SYSCALL_KILL_X', [0, 10, 15], 'res=0 pid=10(sshd) sig=15(SIGTERM)'],
    ['SYSCALL_NANOSLEEP_X', [0, 2_500_000_001], 'res=0 interval=2500000001(2.5s)'],
    ['SYSCALL_CHMOD_X', [0, '/a', 0o4755], 'res=0 filename=/a mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)'],
    ['SYSCALL_MKDIR_2_X', [0, 'new\nline', 0o755], 'res=0 path=new\xef\xbf\xbdline(/home/ann/new\xef\xbf\xbdline) mode=1ED'],
    ['SYSCALL_READ_X', [2, 'a\x01', 9, 2], 'res=2 data=a. fd=9 size=2'],
    ['SYSCALL_READ_X', [0, undefined, 9, 2], 'res=0 data=NULL fd=9 size=2'],
    ['SOCKET_SOCKET_X', [9, 10, 1, 6, 0], 'fd=9(<6>) domain=10(AF_INET6) type=1 proto=6 flags=0(O_NONE)'],
    ['SOCKET_BIND_X', [0, Buffer.from([2, 127, 0, 0, 1, 80, 0]), 9], 'res=0 addr=127.0.0.1:80 fd=9'],
    ['SYSCALL_POLL_X', [1, Buffer.from([1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0]), -1], 'res=1 fds=5:?1 timeout=-1'],
    ['SYSCALL_POLL_X', [1, polled([-1, -2]), -1], 'res=1 fds=18446744073709551615:?fffffffe timeout=-1'],
    ['SYSCALL_BRK_4_X', [0x926000, 1, 2, 3, 0xab], 'res=926000 vm_size=1 vm_rss=2 vm_swap=3 addr=AB'],
    [
      'SYSCALL_PTRACE_X',
      [0, Buffer.from([0, 16, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([1, 9]), 0, 10],
      'res=0 addr=10 data=9(SIGKILL) request=0(PTRACE_UNKNOWN) pid=10(sshd)',
    ],
  ] as const)('%s', (id, params, text) => {
    expect(shown(world.on(id, 20, ...params), '%evt.args')).toBe(text)
  })

  test('random bytes do not upset any field', () => {
    const names = catalogue.names.filter((name) => catalogue.find(name)?.get !== undefined)
    let seed = 1
    const next = () => (seed = (seed * 48_271) % 2_147_483_647)
    for (let round = 0; round < 400; round++) {
      const bytes = () => Buffer.from(Array.from({ length: next() % 40 }, () => next() % 256))
      const code = ['SOCKET_SENDTO_X', 'SYSCALL_POLL_X', 'SYSCALL_PTRACE_X', 'SYSCALL_EXECVE_19_X', 'SOCKET_SETSOCKOPT_X'][
        round % 5
      ] as string
      const event = world.on(code, 20, ...Array.from({ length: next() % 8 }, bytes))
      for (const name of names) {
        const found = findField(name, catalogue)
        expect(() => found && showReader(found.field, undefined, 0)(event)).not.toThrow()
      }
    }
  })
})

test('in JSON, times of day are nanoseconds since the epoch', () => {
  const tokens = ['evt.time', 'evt.time.s', 'evt.time.iso8601', 'evt.datetime', 'evt.datetime.s', 'evt.outputtime']
  const event = world.openat(20, 3, '/x')
  const format = parseFormat(tokens.map((token) => `%${token}`).join(' '), catalogue)
  expect(renderFields(format, event)).toEqual(tokens.map((token) => [token, 1_700_000_000_001_000_000n]))
})

test('what tells an id has it as its result', () => {
  const id = Buffer.alloc(4)
  id.writeUInt32LE(1000)
  for (const name of ['GETUID', 'GETEUID', 'GETGID', 'GETEGID']) {
    expect(shown(world.on(`SYSCALL_${name}_X`, 20, id), '%evt.rawres|%evt.res|%evt.failed')).toBe('1000|SUCCESS|false')
  }
})

test('a number with two names has both', () => {
  const of = (domain: number) => [Buffer.alloc(8), Buffer.from([domain, 0, 0, 0]), Buffer.alloc(4), Buffer.alloc(4)]
  expect(shown(world.on('SOCKET_SOCKET_X', 20, ...of(1)), '%evt.arg.domain')).toBe('AF_LOCAL|AF_UNIX')
  expect(shown(world.on('SOCKET_SOCKET_X', 20, ...of(2)), '%evt.arg.domain')).toBe('AF_INET')
})

test('a descriptor that is no socket has no protocol, in words', () => {
  const event = world.openat(20, 3, '/x')
  expect(read(event, 'fd.l4proto')).toBe('<NA>')
})

test('a process that is its own parent is no ancestor of others again and again', () => {
  world.state.addThread(seedOf(5, { ptid: 5, comm: 'loop' }))
  world.state.addThread(seedOf(6, { ptid: 5, comm: 'child' }))
  expect(shown(world.openat(6, 3, '/x'), '%proc.aname')).toBe('loop')
})
