import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defaultDriverVersion } from '../../src/base/version.ts'
import { artifactOf, localPath } from '../../src/drivers/kmod/artifact.ts'
import { hostOf } from '../../src/drivers/kmod/host.ts'
import { targetOf } from '../../src/drivers/kmod/target.ts'
import { compileC, root } from '../tools/agent.ts'
import { type Entry, writeCpio } from './cpio.ts'
import { installedFiles, type Kernel, kernelIn, newestPackage, run, tree, unpacked } from './packages.ts'
import { type Booted, boot } from './vm.ts'

// `npm run test:kernels [KERNEL...]`: boots Debian's kernels under qemu and runs live tests in them. KERNEL is the beginning of a
// version, such as 6.1; without any, all that Debian's lists of packages have are taken. On 6.1 the module of Debian's
// falcosecurity-scap-dkms is built in the machine, too, and both drivers are compared.

const cache = join(root, 'dist', 'kernels')
const versions = ['5.10', '6.1', '6.12', '6.16', '6.17', '6.18']
// The last release that Debian's module builds for.
const moduleKernel = '6.1'

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
const needed = ['qemu-system-x86', 'linux-kbuild-6.1', 'falcosecurity-scap-dkms', 'busybox-static', 'kmod', 'dkms', 'gcc-12']

/** Programs of the live tests, compiled out here: the machines have no clang. */
const programs = [
  { to: 'actor', from: ['kernel/actor.c'], flags: ['-static'] },
  { to: 'race', from: ['kernel/race.c'], flags: ['-static', '-pthread'] },
  { to: 'tool', from: ['kernel/attacks/tool.c'], flags: ['-static'] },
  {
    to: 'truth',
    from: ['kernel/truth/main.c', 'kernel/truth/calls64.c', 'kernel/truth/calls32.c'],
    flags: ['-D_GNU_SOURCE', '-mno-red-zone', '-static', '-pthread'],
  },
] as const

interface Bench {
  readonly version: string
  readonly kernel: Kernel
  readonly headers: readonly Entry[]
  /** Debian's module for it, as a repository would call it. */
  readonly module: readonly Entry[]
}

const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'))

function benchOf(version: string): Bench | undefined {
  const escaped = version.replaceAll('.', '\\.')
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const pattern = new RegExp(`^linux-image-${escaped}\\.\\d+[-+.\\w]*-cloud-${arch}(-unsigned)?$`)
  const image = existing(pattern) ?? newestPackage(new RegExp(pattern.source.replace('(-unsigned)?', '-unsigned')))
  if (image === undefined) {
    say(`${version}: Debian's lists have no such kernel`)
    return undefined
  }
  const kernel = kernelIn(unpacked(image, cache))
  const headers = version === moduleKernel ? headersOf(kernel) : []
  return { version, kernel, headers, module: headers.length > 0 ? moduleFor(kernel) : [] }
}

// What was fetched once is used again.
function existing(pattern: RegExp): string | undefined {
  return [...new Bun.Glob('linux-image-*').scanSync({ cwd: cache, onlyFiles: false })]
    .filter((name) => pattern.test(name))
    .sort()
    .at(-1)
}

function headersOf(kernel: Kernel): readonly Entry[] {
  const own = unpacked(`linux-headers-${kernel.release}`, cache)
  const common = unpacked(commonOf(kernel), cache)
  const isOther = (path: string) => /\/arch\/(?!x86|arm64|Kconfig)[^/]+$/.test(path) || /\/Documentation$/.test(path)
  // Not the links to its neighbours that building out here takes.
  const isLink = (path: string) => path.endsWith(`/${commonOf(kernel)}`) || path.endsWith('/linux-kbuild-6.1')
  return [...tree(own, '', isLink), ...tree(common, '', isOther)]
}

// Debian's module, built out here as well: in the machine that takes a quarter of an hour.
function moduleFor(kernel: Kernel): readonly Entry[] {
  const source = [...new Bun.Glob('scap-*').scanSync({ cwd: '/usr/src', onlyFiles: false })][0]
  if (source === undefined) return []
  const dir = join(cache, `module-${kernel.release}`)
  const usr = join(cache, `linux-headers-${kernel.release}`, 'usr')
  if (!existsSync(join(dir, 'scap.ko'))) {
    // The package's links lead to its neighbours.
    mkdirSync(join(usr, 'lib'), { recursive: true })
    run(['ln', '-sfn', '/usr/lib/linux-kbuild-6.1', join(usr, 'lib/linux-kbuild-6.1')])
    run(['ln', '-sfn', join(cache, commonOf(kernel), 'usr/src', commonOf(kernel)), join(usr, 'src', commonOf(kernel))])
    run(['cp', '-r', join('/usr/src', source), dir])
    run(['make', '-s', '-C', join(usr, 'src', `linux-headers-${kernel.release}`), `M=${dir}`, 'modules'])
  }
  const host = hostOf({
    release: kernel.release,
    version: run(['strings', '-n', '20', kernel.image]).match(/#\d+ SMP.*Debian \S+/)?.[0] ?? '',
  })
  const artifact = artifactOf('falco', defaultDriverVersion, host.arch, targetOf(host))
  return [{ path: localPath('/root', artifact).slice(1), from: join(dir, 'scap.ko'), mode: 0o644 }]
}

function commonOf(kernel: Kernel): string {
  return `linux-headers-${kernel.release.replace(/-cloud-.*/, '-common')}`
}

async function test({ version, kernel, headers, module }: Bench): Promise<number> {
  const initrd = join(cache, `initrd-${version}.cpio`)
  say(`${kernel.release}: making the image`)
  writeCpio(initrd, [...links, ...project(), ...tooling(headers.length > 0), ...headers, ...module])
  say(`${kernel.release}: booting`)
  const words =
    asked.length > 0 && process.env.EYAS_VM_WORDS
      ? process.env.EYAS_VM_WORDS.split(' ')
      : ['eyas.live', ...(headers.length > 0 ? ['eyas.kmod', 'eyas.build'] : [])]
  const booted = await boot({ kernel, initrd, memoryMb: 3072, cpus: 2, limitSeconds: 3000, words }, cache)
  rmSync(initrd)
  return report(kernel, booted)
}

function report(kernel: Kernel, { results, isOver, seconds }: Booted): number {
  const steps = [...results.matchAll(/^step (\S+) (ok|failed)$/gm)]
  for (const [, name, verdict] of steps) say(`${kernel.release}: ${name} ${verdict}`)
  const failed = steps.filter(([, , verdict]) => verdict !== 'ok').length
  const isWhole = isOver && /^over$/m.test(results)
  if (!isWhole) say(`${kernel.release}: the machine did not come to its end`)
  say(
    `${kernel.release}: ${steps.length - failed} passed, ${failed} failed, in ${seconds} s; see ${join(cache, `console-${kernel.release}`)}`,
  )
  return failed + (isWhole ? 0 : 1)
}

// The layout of today's Debian.
const links: readonly Entry[] = [
  ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ({ path: name, link: `usr/${name}` })),
  { path: 'init', from: join(root, 'test/kernels/init.sh'), mode: 0o755 },
  { path: 'usr/local/bin/bun', from: join(root, 'node_modules/bun/bin/bun.exe'), mode: 0o755 },
  { path: 'bin/busybox', from: '/bin/busybox' },
]

function project(): readonly Entry[] {
  const built = join(cache, 'programs')
  mkdirSync(built, { recursive: true })
  for (const { to, from, flags } of programs)
    compileC(
      from.map((file) => join(root, 'test', file)),
      join(built, to),
      flags,
    )
  const folders = [
    'src',
    'test',
    'rules',
    'node_modules/yaml',
    'node_modules/re2js',
    'node_modules/hono',
    'node_modules/fast-check',
    'node_modules/pure-rand',
  ]
  const files = ['package.json', 'bunfig.toml', 'tsconfig.json', 'dist/eyas', 'dist/libcapture.so']
  return [
    ...folders.flatMap((folder) => tree(join(root, folder), join('project', folder))),
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
  const base = installedFiles(withModule ? [...tools, ...buildTools, 'linux-kbuild-6.1', 'falcosecurity-scap-dkms'] : tools)
  const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].filter((path) => existsSync(path))
  const libc = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libnss_files.so.2'].map(
    (name) => `/usr/lib/${machine()}/${name}`,
  )
  return [
    ...base,
    ...busybox,
    ...[...loader, ...libc].map((path) => ({ path: `usr${path.replace(/^\/usr/, '')}`, from: run(['readlink', '-f', path]).trim() })),
  ]
}

function machine(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
}

function say(text: string): void {
  console.log(`kernels: ${text}`)
}

function end(text: string): never {
  say(text)
  process.exit(1)
}

async function main(): Promise<void> {
  const missing = needed.filter((name) => Bun.spawnSync(['dpkg', '-s', name]).exitCode !== 0)
  if (missing.length > 0) end(`these packages have to be installed first: apt-get install -y --no-install-recommends ${missing.join(' ')}`)
  mkdirSync(cache, { recursive: true })

  const benches = versions.filter((version) => asked.length === 0 || asked.includes(version)).flatMap((version) => benchOf(version) ?? [])
  if (benches.length === 0) end('there is no kernel to boot: run apt-get update')
  let failures = 0
  for (const bench of benches) failures += await test(bench)
  process.exit(failures === 0 ? 0 : 1)
}

await main()
