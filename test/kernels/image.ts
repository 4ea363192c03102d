import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defaultDriverVersion } from '../../src/base/version.ts'
import { artifactOf, localPath } from '../../src/drivers/kmod/artifact.ts'
import { hostOf } from '../../src/drivers/kmod/host.ts'
import { moduleInfo } from '../../src/drivers/kmod/object.ts'
import { targetOf } from '../../src/drivers/kmod/target.ts'
import { compileC, root } from '../tools/agent.ts'
import type { Lists } from './apt.ts'
import type { Entry } from './cpio.ts'
import { installedFiles, type Kernel, run, tree, unpacked } from './packages.ts'

// What is in the machines: the binary, the tests and what they need, and what a module is built with.

const tools = [
  'busybox-static',
  'bash',
  'coreutils',
  'util-linux',
  'mount',
  'findutils',
  'grep',
  'sed',
  'tar',
  'gzip',
  'libc-bin',
  'iproute2',
  'git',
  'python3-minimal',
  'python3.11-minimal',
  'libpython3.11-minimal',
  'libpython3.11-stdlib',
]
const buildTools = ['gcc-12', 'cpp-12', 'libgcc-12-dev', 'binutils', 'binutils-x86-64-linux-gnu', 'make', 'kmod', 'dkms', 'mawk']
/** What has to be installed on this machine. */
export const needed = ['qemu-system-x86', 'falcosecurity-scap-dkms', 'busybox-static', 'kmod', 'dkms', 'gcc-12']

/** Programs of the live tests, compiled out here: the machines have no clang. */
const programs = [
  { to: 'actor', from: ['kernel/actor.c'], flags: ['-static'] },
  { to: 'race', from: ['kernel/race.c'], flags: ['-static', '-pthread'] },
  { to: 'world', from: ['kernel/scan/world.c'], flags: ['-D_GNU_SOURCE', '-static', '-pthread'] },
  { to: 'churn', from: ['kernel/scan/churn.c'], flags: ['-D_GNU_SOURCE', '-static'] },
  { to: 'tool', from: ['kernel/attacks/tool.c'], flags: ['-static'] },
  {
    to: 'truth',
    from: ['kernel/truth/main.c', 'kernel/truth/calls64.c', 'kernel/truth/calls32.c'],
    flags: ['-D_GNU_SOURCE', '-mno-red-zone', '-static', '-pthread'],
  },
] as const

/** A module for a kernel, and what it is built from. */
export interface Module {
  readonly name: string
  readonly file: string
  readonly source: string
}

/** All of an image. */
export function imageOf(kernel: Kernel, module: Module | undefined, cache: string, lists: Lists): readonly Entry[] {
  const built = module === undefined ? [] : [...headersOf(kernel, cache, lists), ...moduleEntries(kernel, module)]
  return [...links, ...project(cache), ...tooling(module !== undefined), ...built]
}

// The layout of today's Debian.
const links: readonly Entry[] = [
  ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ({ path: name, link: `usr/${name}` })),
  { path: 'init', from: join(root, 'test/kernels/init.sh'), mode: 0o755 },
  { path: 'usr/local/bin/bun', from: join(root, 'node_modules/bun/bin/bun.exe'), mode: 0o755 },
  { path: 'bin/busybox', from: '/bin/busybox' },
]

function project(cache: string): readonly Entry[] {
  const built = join(cache, 'programs')
  mkdirSync(built, { recursive: true })
  for (const { to, from, flags } of programs) {
    const files = from.map((file) => join(root, 'test', file))
    compileC(files, join(built, to), flags)
  }
  const packages = ['yaml', 're2js', 'hono', 'fast-check', 'pure-rand'].map((name) => join('node_modules', name))
  const files = ['package.json', 'bunfig.toml', 'tsconfig.json', 'dist/eyas', 'dist/libcapture.so']
  return [
    ...['src', 'test', 'rules', ...packages].flatMap((folder) => tree(join(root, folder), join('project', folder))),
    ...files.map((file) => ({ path: join('project', file), from: join(root, file) })),
    ...tree(built, 'programs'),
    { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' },
    { path: 'etc/group', text: 'root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n' },
    { path: 'etc/shadow', text: 'root:*:19000:0:99999:7:::\n', mode: 0o640 },
    // The quiet workload compiles something: here that is a copy.
    { path: 'usr/bin/cc', text: '#!/bin/sh\ncp /bin/true "$2"\n', mode: 0o755 },
    { path: 'etc/hosts', text: '127.0.0.1 localhost\n' },
    { path: 'etc/os-release', text: readFileSync('/etc/os-release', 'utf8') },
  ]
}

function tooling(withModule: boolean): readonly Entry[] {
  const busybox = ['sh', 'poweroff', 'hostname', 'ifconfig', 'lsmod', 'find', 'ps', 'tee'].map((name) => ({
    path: `bin/${name}`,
    link: '/bin/busybox',
  }))
  const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].filter((path) => existsSync(path))
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const libc = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libnss_files.so.2'].map((name) => `/usr/lib/${machine}/${name}`)
  return [
    ...installedFiles(withModule ? [...tools, ...buildTools] : tools),
    ...busybox,
    ...[...loader, ...libc].map((path) => ({ path: `usr${path.replace(/^\/usr/, '')}`, from: run(['readlink', '-f', path]).trim() })),
  ]
}

function headersOf(kernel: Kernel, cache: string, lists: Lists): readonly Entry[] {
  const [own, common, kbuild] = headerPackages(kernel).map((name) => unpacked(name, cache, lists)) as [string, string, string]
  const isOther = (path: string) => /\/arch\/(?!x86|arm64|Kconfig)[^/]+$/.test(path) || /\/Documentation$/.test(path)
  // Not the links to its neighbours that building out here takes.
  const isLink = (path: string) => path.endsWith('-common') || /\/linux-kbuild-[^/]+$/.test(path)
  return [...tree(own, '', isLink), ...tree(common, '', isOther), ...tree(kbuild, '')]
}

function headerPackages({ release }: Kernel): readonly [string, string, string] {
  const base = release.replace(/-cloud-.*/, '')
  return [`linux-headers-${release}`, `linux-headers-${base}-common`, `linux-kbuild-${base.replace(/^(6\.1)\.0-.*/, '$1')}`]
}

function moduleEntries(kernel: Kernel, { file, source }: Module): readonly Entry[] {
  const version = run(['strings', '-n', '20', kernel.image]).match(/#\d+ SMP.*Debian \S+/)?.[0] ?? ''
  const host = hostOf({ release: kernel.release, version })
  const artifact = artifactOf('falco', defaultDriverVersion, host.arch, targetOf(host))
  return [{ path: localPath('/root', artifact).slice(1), from: file, mode: 0o644 }, ...tree(source, join('usr/src', basename(source)))]
}

/** The module of a source, built out here: in the machine that takes minutes. Debian's own where no source is named. */
export function buildModule(kernel: Kernel, named: string | undefined, cache: string, lists: Lists): Module {
  const source = named ?? join('/usr/src', newestScap())
  const dir = join(cache, `module-${basename(source)}-${kernel.release}`)
  const [own, common, kbuild] = headerPackages(kernel)
  const [ownDir, commonDir, kbuildDir] = [own, common, kbuild].map((name) => unpacked(name, cache, lists)) as [string, string, string]
  const usr = join(ownDir, 'usr')
  // The package's links lead to its neighbours.
  mkdirSync(join(usr, 'lib'), { recursive: true })
  run(['ln', '-sfn', join(kbuildDir, 'usr/lib', kbuild), join(usr, 'lib', kbuild)])
  run(['ln', '-sfn', join(commonDir, 'usr/src', common), join(usr, 'src', common)])
  const headers = join(usr, 'src', own)
  if (!existsSync(dir)) {
    run(['cp', '-rL', source, `${dir}.new`])
    run(['make', '-s', '-C', headers, `M=${dir}.new`, `KERNELDIR=${headers}`, 'CC=gcc-12', 'modules'])
    run(['mv', `${dir}.new`, dir])
  }
  const file = [...new Bun.Glob('*.ko').scanSync({ cwd: dir, absolute: true })][0] ?? ''
  return { name: moduleInfo(readFileSync(file))?.name ?? '', file, source }
}

function newestScap(): string {
  const found = [...new Bun.Glob('scap-*').scanSync({ cwd: '/usr/src', onlyFiles: false })][0]
  if (found === undefined) throw new Error('falcosecurity-scap-dkms has left no source in /usr/src')
  return found
}
