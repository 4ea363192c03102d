import type { PlaceName } from './places.ts'
import { word } from './places.ts'
import type { Random } from './random.ts'

/** A program: how it is called, which files it opens, and what it starts. */
export interface Program {
  readonly path: string
  readonly args: (random: Random) => readonly string[]
  /** Files that it opens at its start, by and large, and in its work: the more often named, the more often opened. */
  readonly opens: readonly PlaceName[]
  readonly starts: readonly ProgramName[]
  readonly cwd?: string
  /** Whether it looks for what it starts by trying one directory of PATH after the other. */
  readonly searches?: true
}

const buildFlags = '-Wall -O2 -g -fPIC -DNDEBUG -D_FORTIFY_SOURCE=2 -Iinclude -I../third_party/include -MMD -MP -std=gnu11'.split(' ')
const compile = (random: Random) => [...buildFlags, '-c', '-o', `obj/${unit(random)}.o`, `src/${unit(random)}.c`]
const none = () => []

function unit(random: Random): string {
  return `${word(random.below(900))}/${word(random.below(900))}_${random.below(61)}`
}

const rows = {
  systemd: {
    path: '/usr/lib/systemd/systemd',
    args: none,
    opens: ['system', 'process', 'setting'],
    starts: ['sshd', 'cron', 'nginx', 'shim'],
  },
  sshd: { path: '/usr/sbin/sshd', args: () => ['-D', '[listener]'], opens: ['setting', 'library', 'process'], starts: ['bash'] },
  bash: {
    path: '/usr/bin/bash',
    args: (random) => (random.chance(0.5) ? ['-l'] : []),
    opens: ['setting', 'home', 'device', 'missingLocale', 'temporary'],
    starts: ['make', 'git', 'apt', 'python', 'ls', 'grep', 'cat', 'curl', 'sed', 'node', 'find'],
    cwd: '/home/dev/app',
  },
  sh: {
    path: '/usr/bin/dash',
    args: (random) => ['-c', `set -e; for f in ${unit(random)} ${unit(random)}; do gcc -c $f.c -o $f.o && echo done $f; done`],
    opens: ['device', 'temporary', 'setting'],
    starts: ['cc', 'sed', 'grep', 'rm', 'cat', 'install', 'python'],
    cwd: '/build/app',
  },
  make: {
    path: '/usr/bin/make',
    args: () => ['-j4', '-C', '/build/app', 'all', 'V=1', 'CC=gcc'],
    opens: ['source', 'directory', 'locale', 'missingLocale'],
    starts: ['sh', 'cc', 'ar', 'rm'],
    cwd: '/build/app',
    searches: true,
  },
  cc: {
    path: '/usr/bin/x86_64-linux-gnu-gcc-13',
    args: compile,
    opens: ['source', 'temporary', 'locale'],
    starts: ['cc1', 'as', 'collect2'],
    cwd: '/build/app',
    searches: true,
  },
  cc1: {
    path: '/usr/libexec/gcc/x86_64-linux-gnu/13/cc1',
    args: compile,
    opens: ['header', 'header', 'header', 'header', 'missingHeader', 'missingHeader', 'missingHeader', 'source'],
    starts: [],
    cwd: '/build/app',
  },
  as: {
    path: '/usr/bin/x86_64-linux-gnu-as',
    args: (random) => ['--64', '-o', `obj/${unit(random)}.o`],
    opens: ['object', 'temporary'],
    starts: [],
  },
  collect2: {
    path: '/usr/libexec/gcc/x86_64-linux-gnu/13/collect2',
    args: (random) => [
      '-plugin',
      '/usr/libexec/gcc/x86_64-linux-gnu/13/liblto_plugin.so',
      ...Array.from({ length: 24 }, () => `obj/${unit(random)}.o`),
    ],
    opens: ['object', 'missingLibrary', 'library'],
    starts: ['ld'],
    cwd: '/build/app',
  },
  ld: { path: '/usr/bin/x86_64-linux-gnu-ld.bfd', args: compile, opens: ['object', 'missingLibrary', 'library'], starts: [] },
  ar: {
    path: '/usr/bin/x86_64-linux-gnu-ar',
    args: (random) => ['rcs', 'libapp.a', `obj/${unit(random)}.o`],
    opens: ['object'],
    starts: [],
  },
  git: {
    path: '/usr/bin/git',
    args: () => ['status', '--porcelain', '-uno'],
    opens: ['git', 'git', 'git', 'setting', 'source', 'directory'],
    starts: ['gitRemote'],
  },
  gitRemote: {
    path: '/usr/lib/git-core/git-remote-https',
    args: () => ['origin', 'https://git.example.com/app.git'],
    opens: ['git', 'setting'],
    starts: [],
  },
  apt: {
    path: '/usr/bin/apt-get',
    args: () => ['-y', '--no-install-recommends', 'install', 'libexample-dev'],
    opens: ['package', 'setting', 'missingSetting', 'absoluteDirectory'],
    starts: ['dpkg', 'sh', 'method'],
    cwd: '/root',
  },
  method: { path: '/usr/lib/apt/methods/https', args: none, opens: ['setting', 'missingSetting'], starts: [] },
  dpkg: {
    path: '/usr/bin/dpkg',
    args: () => [
      '--status-fd',
      '23',
      '--no-triggers',
      '--unpack',
      '--auto-deconfigure',
      '/var/cache/apt/archives/libexample-dev_1.2.3_amd64.deb',
    ],
    opens: ['package', 'package', 'package', 'missingSetting', 'absoluteDirectory'],
    starts: ['sh', 'rm', 'tar', 'perl'],
    cwd: '/',
    searches: true,
  },
  tar: {
    path: '/usr/bin/tar',
    args: () => ['-x', '-p', '-f', '-', '--warning=no-timestamp'],
    opens: ['absoluteDirectory', 'setting'],
    starts: [],
  },
  perl: {
    path: '/usr/bin/perl',
    args: () => ['-w', '/usr/share/debconf/frontend', '/var/lib/dpkg/info/example.postinst', 'configure'],
    opens: ['missingModule', 'package', 'setting'],
    starts: ['sh'],
  },
  cron: { path: '/usr/sbin/cron', args: () => ['-f'], opens: ['setting', 'missingSetting'], starts: ['sh'] },
  python: {
    path: '/usr/bin/python3.12',
    args: (random) => ['-m', 'app.worker', '--queue', word(random.below(50)), '--config', '/srv/app/settings.ini'],
    opens: ['module', 'module', 'missingModule', 'module', 'absoluteDirectory'],
    starts: ['sh', 'git', 'cat'],
    cwd: '/srv/app',
    searches: true,
  },
  node: {
    path: '/usr/bin/node',
    args: () => ['--max-old-space-size=4096', '/srv/app/server.js'],
    opens: ['script', 'script', 'missingScript', 'system'],
    starts: ['sh'],
    cwd: '/srv/app',
  },
  nginx: { path: '/usr/sbin/nginx', args: () => ['-g', 'daemon on; master_process on;'], opens: ['page', 'page', 'log'], starts: [] },
  postgres: {
    path: '/usr/lib/postgresql/16/bin/postgres',
    args: () => ['-D', '/var/lib/postgresql/16/main'],
    opens: ['data'],
    starts: [],
    cwd: '/var/lib/postgresql/16/main',
  },
  shim: {
    path: '/usr/bin/containerd-shim-runc-v2',
    args: (random) => ['-namespace', 'moby', '-id', word(random.below(99))],
    opens: ['system'],
    starts: ['entry', 'postgres'],
  },
  entry: {
    path: '/bin/busybox',
    args: () => ['sh', '/docker-entrypoint.sh', 'serve'],
    opens: ['setting', 'device'],
    starts: ['python', 'node', 'cat', 'curl'],
    cwd: '/srv/app',
  },
  curl: {
    path: '/usr/bin/curl',
    args: (random) => ['-fsS', `http://10.0.3.${random.below(200)}:8080/health`],
    opens: ['setting', 'library'],
    starts: [],
  },
  find: {
    path: '/usr/bin/find',
    args: () => ['/usr/share', '-name', '*.mo', '-newer', '/tmp/stamp'],
    opens: ['absoluteDirectory', 'directory'],
    starts: [],
  },
  ls: { path: '/usr/bin/ls', args: () => ['--color=auto', '-la'], opens: ['directory', 'locale', 'system'], starts: [] },
  grep: {
    path: '/usr/bin/grep',
    args: (random) => ['-rn', `${word(random.below(99))}_init`, 'src'],
    opens: ['source', 'source', 'directory'],
    starts: [],
  },
  cat: { path: '/usr/bin/cat', args: (random) => [`src/${unit(random)}.c`], opens: ['source', 'system'], starts: [] },
  sed: {
    path: '/usr/bin/sed',
    args: () => ['-n', '-e', 's/^[^:]*: *//; s/: .*/:/', '-e', 'p'],
    opens: ['source', 'temporary', 'locale'],
    starts: [],
  },
  rm: { path: '/usr/bin/rm', args: (random) => ['-f', `obj/${unit(random)}.o`, `obj/${unit(random)}.d`], opens: ['locale'], starts: [] },
  install: {
    path: '/usr/bin/install',
    args: (random) => ['-m', '0644', `obj/${unit(random)}.o`, '/usr/local/lib/app/'],
    opens: ['object', 'setting'],
    starts: [],
  },
} as const satisfies Readonly<Record<string, { [Key in keyof Program]: Key extends 'starts' ? readonly string[] : Program[Key] }>>

export type ProgramName = keyof typeof rows

export const programs: Readonly<Record<ProgramName, Program>> = rows

/** The programs that are there before the first event. */
export const residents: readonly ProgramName[] = [
  'systemd',
  'sshd',
  'bash',
  'bash',
  'cron',
  'nginx',
  'nginx',
  'nginx',
  'node',
  'shim',
  'shim',
  'postgres',
]

/** What a session hands on to all that is started in it: about 900 bytes, as on a desktop or in a build. */
export function environment(session: number, isSmall: boolean): readonly string[] {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  if (isSmall) return [path, `PWD=/tmp/loop${session}`]
  return [
    path,
    ...['SHELL=/bin/bash', 'TERM=xterm-256color', 'LANG=C.UTF-8', 'LC_ALL=C.UTF-8', 'USER=dev', 'LOGNAME=dev', 'HOME=/home/dev'],
    `SSH_CONNECTION=10.0.0.${session} 5${session}022 10.0.0.2 22`,
    `SSH_AUTH_SOCK=/tmp/ssh-XXXXXX${session}/agent.${session}01`,
    `XDG_SESSION_ID=${session}`,
    `XDG_RUNTIME_DIR=/run/user/100${session % 10}`,
    'DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus',
    'CFLAGS=-O2 -g -fstack-protector-strong -Wformat -Werror=format-security',
    'LDFLAGS=-Wl,-z,relro -Wl,-z,now -Wl,--as-needed',
    'MAKEFLAGS= -j4 --jobserver-auth=fifo:/tmp/GMfifo123 V=1 CC=gcc CXX=g++',
    'PKG_CONFIG_PATH=/usr/local/lib/pkgconfig:/usr/lib/x86_64-linux-gnu/pkgconfig:/usr/share/pkgconfig',
    'NODE_OPTIONS=--max-old-space-size=4096',
    'npm_config_cache=/home/dev/.npm',
    `BUILD_ID=${session}-20250615.4`,
    'DEBIAN_FRONTEND=noninteractive',
    'LS_COLORS=rs=0:di=01;34:ln=01;36:mh=00:pi=40;33:so=01;35:do=01;35:bd=40;33;01:cd=40;33;01:or=40;31;01:mi=00:su=37;41:sg=30;43',
  ]
}
