import { afterAll, describe, expect, test } from 'bun:test'
import { closeSync, openSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { EventSpec } from '../../src/event/encode.ts'
import { codeOf } from '../../src/schema/event.ts'
import { scratch } from '../capture/scap_writer.ts'
import { binary } from '../tools/agent.ts'
import { address, call, connectionFd, firstTs, l4, recording, unixFd } from '../tools/recording.ts'

// What users of `sysdig -r` meet: compared by hand with sysdig 0.29.3 where it says the same.

const dir = scratch()
afterAll(() => dir.clean())

const events: EventSpec[] = [
  { code: codeOf('PROCINFO_E'), tid: 7, params: [1, 2] },
  ...call(7, 'SYSCALL_OPEN', ['/etc/hosts', 1, 0], [3, '/etc/hosts', 1, 0, 8]),
  ...call(7, 'SYSCALL_READ', [3, 100], [5, 'ab\ncd']),
  ...call(7, 'SYSCALL_CLOSE', [3], [0]),
  ...call(8, 'SYSCALL_READ', [5, 9], [-11, '']),
  ...call(8, 'SYSCALL_WRITE', [6, 9], [0, '']),
]
const bytes = recording({
  threads: [
    { tid: 7, comm: 'cat', args: ['/etc/hosts'], cwd: '/home/' },
    { tid: 8, ptid: 7, comm: 'evil\n9 x', args: ['\x1b[2J', 'a'] },
  ],
  fds: [connectionFd(8, 5, address('10.0.0.5:4000'), address('1.2.3.4:443'), l4.tcp), unixFd(8, 6, '/run/x.sock\n')],
  events,
})
const file = dir.file('a.scap', bytes)

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function inspect(args: readonly string[], options: { stdin?: Uint8Array; env?: Record<string, string> } = {}): Run {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, 'inspect', ...args], {
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...options.env },
    stdin: options.stdin ?? 'ignore',
  })
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}

const lines = [
  '3 12:26:40.000003000 0 cat (7) < open fd=3(<f>/etc/hosts) name=/etc/hosts flags=1(O_RDONLY) mode=0 dev=8 ino=<NA>',
  '4 12:26:40.000005000 0 cat (7) < read res=5 data=ab.cd fd=3(<f>/etc/hosts) size=100',
  '5 12:26:40.000007000 0 cat (7) < close res=0 fd=3(<f>/etc/hosts)',
  '6 12:26:40.000009000 0 evil�9 x (8) < read res=-11(EAGAIN) data=NULL fd=5(<4t>10.0.0.5:4000->1.2.3.4:443) size=9',
  '7 12:26:40.000011000 0 evil�9 x (8) < write res=0 data=NULL fd=6(<u>/run/x.sock) size=9',
]

describe('prints', () => {
  test('a line for each event, internal events left out, and no value ends a line', () => {
    expect(inspect([file])).toEqual({ code: 0, out: `${lines.join('\n')}\n`, err: '' })
  })

  test.each<[name: string, args: readonly string[], out: string]>([
    ['the events that a filter of several words lets pass', [file, 'evt.type', 'in', '(open,', 'close)'], `${lines[0]}\n${lines[2]}\n`],
    ['options before, between and behind', ['-n', '1', file, 'evt.type=read', '-p', '%evt.num'], '4\n'],
    ['the file of -r', ['-r', file, 'evt.num=5', '-p', '%evt.type'], 'close\n'],
    ['so many events', [file, '-n2', '-p', '%evt.num'], '3\n4\n'],
    ['no line where a field has no value', [file, '-p', '%evt.num %fd.cip'], '6 10.0.0.5\n'],
    ['any line with a star', [file, '-p', '*%evt.num %fd.cip', 'evt.num<5'], '3 <NA>\n4 <NA>\n'],
    ['events without a line among the number wanted', [file, '-n', '2', '-p', '%evt.num %fd.cip'], ''],
    ['escapes', [file, '-n1', '-p', 'a\\tb\\n%evt.num\\\\'], 'a\tb\n3\\\n'],
    ['columns', [file, '-n1', '-p', '[%5evt.num][%2evt.type]'], '[3    ][op]\n'],
    ['seconds since the first event', [file, '-n1', '-t', 'r', '-p', '%evt.outputtime'], '0.000001000\n'],
    ['seconds since 1970', [file, '-n1', '-t', 'a', '-p', '%evt.outputtime'], '1600000000.000003000\n'],
    ['data in base64', [file, '-b', '-p', '%evt.arg.data', 'evt.num=4'], 'YWIKY2Q=\n'],
    ['the line with the container', [file, '-n1', '-pc'], `${lines[0]?.replace('cat (7)', 'host (host) cat (7:7)')}\n`],
    ['the line with the pod', [file, '-n1', '-p', 'kubernetes'], `${lines[0]?.replace('cat (7)', '<NA> (host) cat (7:7)')}\n`],
    ['nothing where nothing passes', [file, 'proc.name=nobody'], ''],
    ['a file whose last words were chosen with --', ['-p', '%evt.num', '--', file, 'evt.num', '=', '7'], '7\n'],
  ])('%s', (_, args, out) => {
    expect(inspect(args)).toEqual({ code: 0, out, err: '' })
  })

  test('gzip, and standard input, plain and gzip', () => {
    const packed = gzipSync(bytes)
    const out = inspect([file]).out
    expect(inspect([dir.file('a.gz', packed)]).out).toBe(out)
    for (const stdin of [bytes, packed]) expect(inspect(['-'], { stdin })).toEqual({ code: 0, out, err: '' })
  })

  test('a pipe that gives its bytes a few at a time', async () => {
    const child = Bun.spawn([binary, 'inspect', '-', '-p', '%evt.num'], { stdin: 'pipe', env: { PATH: '' } })
    for (const [from, to] of [
      [0, 1],
      [1, 50],
      [50, 999_999],
    ] as const) {
      child.stdin.write(bytes.subarray(from, to))
      await child.stdin.flush()
    }
    await child.stdin.end()
    expect(await new Response(child.stdout).text()).toBe('3\n4\n5\n6\n7\n')
    expect(await child.exited).toBe(0)
  })

  test('the bytes of names as they are', () => {
    const odd = recording({ threads: [{ tid: 7, comm: '\xff\xe9' }], events: call(7, 'SYSCALL_CLOSE', [3], [0]) })
    const { stdout } = Bun.spawnSync([binary, 'inspect', dir.file('odd', odd), '-p', '%proc.name é'])
    expect(stdout.toString('latin1')).toBe('\xff\xe9 \xc3\xa9\n')
  })
})

describe('JSON', () => {
  test('is one object a line, with typed values, sorted keys and null', () => {
    const { out, code } = inspect([file, '-j', '-p', '*%proc.name %evt.num %evt.failed %fd.cip %evt.buffer %fd.types[5]', 'evt.num>=5'])
    expect(out.split('\n').slice(0, -1)).toEqual([
      '{"evt.buffer":null,"evt.failed":false,"evt.num":5,"fd.cip":null,"fd.types[5]":null,"proc.name":"cat"}',
      '{"evt.buffer":"","evt.failed":true,"evt.num":6,"fd.cip":"10.0.0.5","fd.types[5]":["ipv4"],"proc.name":"evil\\n9 x"}',
      '{"evt.buffer":"","evt.failed":false,"evt.num":7,"fd.cip":null,"fd.types[5]":["ipv4"],"proc.name":"evil\\n9 x"}',
    ])
    expect(code).toBe(0)
  })

  test('leaves out events in which a field has no value, without a star', () => {
    expect(inspect([file, '--json', '--print=%evt.num %fd.cip']).out).toBe('{"evt.num":6,"fd.cip":"10.0.0.5"}\n')
  })

  test('has the fields of the usual line', () => {
    const [first = ''] = inspect([file, '-j']).out.split('\n')
    expect(first).toContain('"evt.outputtime":1600000000000003000,')
    expect(Object.keys(JSON.parse(first))).toEqual([
      'evt.cpu',
      'evt.dir',
      'evt.info',
      'evt.num',
      'evt.outputtime',
      'evt.type',
      'proc.name',
      'thread.tid',
    ])
  })
})

describe('a mistake is one message with its place and a way out', () => {
  test.each<[args: readonly string[], message: string]>([
    [
      [file, 'evt.type=open', 'and', 'proc.nam=x'],
      'Error: filter:1:19: filter_check called with nonexistent field proc.nam\n    evt.type=open and proc.nam=x\n                      ^\n  did you mean proc.name?\n',
    ],
    [[file, 'evt.num=a or evt.cpu=b'], 'Error: filter:1:9: '],
    [[file, 'proc.name='], 'Error: filter:1:11: '],
    [[file, '-p', '%evt.num %foo.bar'], 'Error: format:1:10: invalid formatting token foo.bar\n    %evt.num %foo.bar\n             ^\n'],
    [[file, '-p', ''], 'Error: the format is empty\n'],
    [['nowhere.scap'], 'Error: nowhere.scap: the recording cannot be read: it does not exist\n  name a .scap file'],
    [['/'], 'Error: /: the recording cannot be read: it is a directory\n'],
    [[binary], `Error: ${binary}: this is not a .scap recording`],
    [[file, '-n', '0'], "Error: -n takes a number of events from 1 on, not '0'\n"],
    [[file, '-n', 'x'], "Error: -n takes a number of events from 1 on, not 'x'\n"],
    [[file, '-t', 'd'], "Error: -t does not know the type of time 'd'\n"],
    [[file, '-c', 'topprocs_cpu'], "Error: Option 'c' does not exist\n  chisels are not there yet\n"],
    [[file, '--prnt', 'x'], "Error: Option 'prnt' does not exist\n  did you mean --print?\n"],
  ])('%j', (args, message) => {
    const { code, out, err } = inspect(args)
    expect(err).toStartWith(message)
    expect(err).not.toContain('    at ')
    expect(out).toBe('')
    expect(code).toBe(1)
  })

  test('all mistakes of a filter are told', () => {
    expect(inspect([file, 'evt.num=a or evt.cpu=b']).err.match(/^Error: /gm)?.length).toBe(2)
  })

  test('a filter that asks for what is not known any more gets a warning', () => {
    const { code, err } = inspect([file, 'evt.latency>1'])
    expect(err).toStartWith("Warning: filter:1:1: usage of deprecated field 'evt.latency' ")
    expect(code).toBe(0)
  })

  test('a file that breaks off gives all whole events first', () => {
    const { code, out, err } = inspect([dir.file('cut', bytes.subarray(0, -10))])
    expect(out).toBe(`${lines.slice(0, -1).join('\n')}\n`)
    expect(err).toStartWith(`Error: ${dir.file('cut', bytes.subarray(0, -10))}: the file ends in the middle of a block (at byte `)
    expect(err).toEndWith('\n  the events before it were all read; for the rest, copy the file again from where it was recorded\n')
    expect(code).toBe(1)
  })

  test('what is wrong behind the last event wanted does not matter', () => {
    expect(inspect([dir.file('cut', bytes.subarray(0, -10)), '-n', '4'])).toMatchObject({ code: 0, err: '' })
  })

  test('an empty pipe is told', () => {
    expect(inspect(['-'], { stdin: new Uint8Array() })).toMatchObject({
      code: 1,
      out: '',
      err: 'Error: standard input: the file is empty (at byte 0)\n  name a file that eyas record, Falco or sysdig wrote\n',
    })
  })
})

test('--help, here and in the list of commands', () => {
  const { out, code } = inspect(['--help'])
  expect(out).toStartWith('Print the events of a recording, or of this machine.\n\nUsage:\n  eyas inspect [OPTION...] [FILE] [FILTER]\n')
  expect(out).toContain('  -p, --print FORMAT')
  expect(out.split('\n').filter((line) => line.length > 100)).toEqual([])
  expect(code).toBe(0)
  const { stdout } = Bun.spawnSync([binary, '--help'])
  expect(stdout.toString()).toMatch(/\n {2}inspect +Print the events of a recording, or of this machine\.\n/)
})

describe('many events', () => {
  const count = 60_000
  const many = Array.from({ length: count }, (_, i): EventSpec => ({ code: codeOf('SYSCALL_CHDIR_X'), tid: 7, params: [0, `/${i}`] }))
  const large = dir.file('large', recording({ threads: [{ tid: 7, comm: 'cat' }], events: many }))

  test('come whole and in order', () => {
    const { out } = inspect([large, '-p', '%evt.arg.path'])
    expect(out).toBe(many.map(({ params }) => `${params[1]}\n`).join(''))
  })

  test('end quietly with a reader that goes away', () => {
    const { stdout, stderr } = Bun.spawnSync(['sh', '-c', `{ ${binary} inspect ${large}; echo $? >&2; } | head -1`])
    expect(stdout.toString()).toStartWith('1 ')
    expect(stderr.toString()).toBe('0\n')
  })

  test('that cannot be written are told', () => {
    const full = openSync('/dev/full', 'w')
    const { exitCode, stderr } = Bun.spawnSync([binary, 'inspect', file], { stdout: full })
    closeSync(full)
    expect(stderr.toString()).toStartWith('Error: standard output cannot be written: its file system is full\n')
    expect(exitCode).toBe(1)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('end at once with %s, though nobody reads them', async (signal) => {
    const child = Bun.spawn([binary, 'inspect', large], { stdout: 'pipe', stderr: 'pipe' })
    const reader = child.stdout.getReader()
    await reader.read()
    child.kill(signal)
    expect(await child.exited).toBe(0)
    expect(await new Response(child.stderr).text()).toBe('')
  })
})

describe('the same recording twice', () => {
  const rules = dir.file(
    'rules.yaml',
    Buffer.from(
      '- rule: r\n  desc: d\n  condition: evt.type in (open, read)\n  output: "%evt.time %evt.num %proc.name %fd.name"\n  priority: INFO\n',
    ),
  )
  const replay = (args: readonly string[], env: Record<string, string>) => {
    const command = [binary, '-o', 'log_stderr=false', '-r', rules, '-e', file, ...args]
    return Bun.spawnSync(command, { env: { PATH: process.env.PATH ?? '', FALCO_HOSTNAME: 'h', ...env } }).stdout.toString()
  }
  const elsewhere = { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8', LANG: 'de_DE.UTF-8' }
  const outputs: [name: string, run: (env: Record<string, string>) => string][] = [
    ['lines', (env) => inspect([file], { env }).out],
    ['JSON lines', (env) => inspect([file, '-j', '-p', '*%evt.rawtime %evt.info %proc.cmdline'], { env }).out],
    ['alerts', (env) => replay([], { TZ: 'UTC', ...env })],
    ['JSON alerts', (env) => replay(['-o', 'json_output=true'], { TZ: 'UTC', ...env })],
  ]

  test.each(outputs)('gives the same %s', (_, run) => {
    const first = run({})
    expect(first.length).toBeGreaterThan(100)
    expect(run({})).toBe(first)
  })

  test.each(outputs)('in another place, %s differ in local times only', (_, run) => {
    const first = run({})
    const second = run(elsewhere)
    expect(second.replaceAll('21:26:40.', '12:26:40.')).toBe(first)
  })

  test('and local times do differ', () => {
    expect(inspect([file, '-n1'], { env: elsewhere }).out).toStartWith('3 21:26:40.000003000 ')
    expect(firstTs).toBe(1_600_000_000_000_001_000n)
  })
})

test('an alert is one line, whatever a process is called', () => {
  const rules = dir.file(
    'line.yaml',
    Buffer.from('- rule: r\n  desc: d\n  condition: evt.type=read and thread.tid=8\n  output: "%proc.cmdline"\n  priority: INFO\n'),
  )
  const { stdout } = Bun.spawnSync([binary, '-o', 'log_stderr=false', '-r', rules, '-e', file])
  expect(stdout.toString().split('\n')[0]).toEndWith(': Informational evil�9 x �[2J a')
})
