import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { moduleBytes } from '../drivers/module_file.ts'
import { serve } from '../drivers/repository.ts'
import { binary } from '../tools/agent.ts'

// The driver commands of the built program, on a kernel that their flags name.

let folder = ''
const names = ['falco-driver-loader', 'scap-driver-loader']
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-driver-'))
  for (const name of names) symlinkSync(binary, join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string
  readonly user?: string
}

// Not `spawnSync`: servers of the test answer meanwhile.
async function run(args: readonly string[], { env = {}, program = binary, user }: RunOptions = {}) {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const words = user === undefined ? [program, ...args] : ['setpriv', '--reuid', user, '--clear-groups', program, ...args]
  const child = Bun.spawn(words, { env: { PATH: process.env.PATH ?? '', HOME: home, ...env }, stdout: 'pipe', stderr: 'pipe' })
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited])
  return { out, err, code }
}

const kernel = ['--kernelrelease', '6.1.0-10-cloud-amd64', '--kernelversion', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.38-2 (2023-07-27)']
const debian = join(import.meta.dir, '..', 'drivers', 'debian')

describe('driver printenv', () => {
  test('says what falcoctl says', async () => {
    const args = ['driver', 'printenv', '--type', 'kmod', '--version', '10.2.0+driver', '--host-root', debian, ...kernel]
    const { out, code } = await run(args, { env: { FALCOCTL_DRIVER_REPOS: 'http://a/d,http://b/d' } })
    expect(out.replaceAll(debian, 'ROOT').split('\n')).toEqual([
      'DRIVER="kmod"',
      'DRIVERS_REPO="http://a/d, http://b/d"',
      'DRIVER_VERSION="10.2.0+driver"',
      'DRIVER_NAME="falco"',
      'HOST_ROOT="ROOT"',
      'TARGET_ID="debian"',
      `ARCH="${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}"`,
      'KERNEL_RELEASE="6.1.0-10-cloud-amd64"',
      'KERNEL_VERSION="#1 SMP PREEMPT_DYNAMIC Debian 6.1.38-2 (2023-07-27)"',
      'FIXED_KERNEL_RELEASE="6.1.38-2-cloud-amd64"',
      'FIXED_KERNEL_VERSION="1"',
      '',
    ])
    expect(code).toBe(0)
  })

  test.each([
    ['flags go before variables', ['--name', 'one'], { FALCOCTL_DRIVER_NAME: 'two' }, 'DRIVER_NAME="one"'],
    ['variables go before the file', [], { FALCOCTL_DRIVER_NAME: 'two' }, 'DRIVER_NAME="two"'],
    ['the file goes before defaults', [], {}, 'DRIVER_NAME="three"'],
    ['HOST_ROOT stands for --host-root', [], { HOST_ROOT: debian }, `HOST_ROOT="${debian}"`],
  ])('%s', async (_name, args, env, line) => {
    const config = join(folder, 'falcoctl.yaml')
    writeFileSync(config, 'driver:\n  name: three\n  type: [kmod]\n')
    expect((await run(['driver', 'printenv', '--config', config, ...args], { env })).out.split('\n')).toContain(line)
  })

  test.each([
    [['--type', 'ebpf'], /there is no driver type 'ebpf'\n {2}the old eBPF probe is gone/],
    [['--type', 'kmot'], /did you mean kmod\?/],
    [['--name', '../x'], /is no name of a kernel module/],
    [['--nmae', 'x'], /did you mean --name\?/],
    [['--config', '/does/not/exist.yaml'], /cannot read \/does\/not\/exist.yaml/],
  ])('%j is refused', async (args, pattern) => {
    const { err, code } = await run(['driver', 'printenv', ...args])
    expect(err).toMatch(pattern)
    expect(code).toBe(1)
  })
})

describe('driver install', () => {
  const path = '10.2.0%2Bdriver/x86_64/falco_debian_6.1.38-2-cloud-amd64_1.ko'
  const args = (...more: readonly string[]) => ['driver', 'install', '--type', 'kmod', '--version', '10.2.0+driver', ...kernel, ...more]
  const isRoot = process.getuid?.() === 0 && process.arch === 'x64'

  test.skipIf(!isRoot)('downloads what is for another kernel, and does not load it', async () => {
    const server = serve({ [path]: () => new Response(moduleBytes({ release: '6.1.0-10-cloud-amd64' })) })
    const root = ['--host-root', debian, '--compile=false']
    const { out, code } = await run(args('--repo', `${server.url}/none,${server.url}`, ...root))
    server.close()
    const file = join(folder, 'home/.falco', decodeURIComponent(path))
    expect(out).toContain(`none/${path}: failed: the server answers 404 Not Found`)
    expect(out).toContain(`The module is in ${file}.`)
    expect(readFileSync(file).length).toBeGreaterThan(100)
    expect(code).toBe(0)
  })

  test('says what it would do', async () => {
    const { out, code } = await run(args('--dry-run', '--repo', 'http://a.invalid', '--host-root', debian))
    expect(out).toContain(`* download: http://a.invalid/${path}\n`)
    expect(code).toBe(0)
  })

  test.skipIf(!isRoot)('says what it lacks without root', async () => {
    const reachable = join('/tmp', `eyas-driver-${process.pid}`)
    Bun.spawnSync(['cp', binary, reachable])
    for (const what of [['install', '--type', 'kmod'], ['cleanup']]) {
      const { err, code } = await run(['driver', ...what], { user: '65534', program: reachable })
      expect(err).toMatch(/takes root: run this with sudo\n {2}--dry-run says what would be done\n$/)
      expect(code).toBe(1)
    }
    rmSync(reachable)
  })

  test.each([
    [['--http-timeout', 'soon'], /--http-timeout takes a time, not 'soon'/],
    [['--http-headers', 'x'], /'x' is no HTTP header/],
    [['--download=perhaps'], /--download takes true or false, not 'perhaps'/],
    [['--sha256', 'abc'], /--sha256 takes 64 hexadecimal digits/],
    [['--source', '/does/not/exist'], /there is no source of a module in \/does\/not\/exist/],
  ])('%j is refused', async (more, pattern) => {
    const { err, code } = await run(args(...more))
    expect(err).toMatch(pattern)
    expect(code).toBe(1)
  })
})

describe('driver config', () => {
  async function configure(falco: string, ...more: readonly string[]) {
    const dir = mkdtempSync(join(folder, 'etc-'))
    const [main, ctl] = [join(dir, 'falco.yaml'), join(dir, 'falcoctl.yaml')]
    writeFileSync(main, falco)
    writeFileSync(ctl, '# of the user\nindexes:\n  - name: mine # stays\ndriver:\n  type: modern_ebpf\n')
    const { code, out } = await run([
      'driver',
      'config',
      '--config',
      ctl,
      '--falco-config-dir',
      dir,
      '--type',
      'kmod',
      '--host-root',
      debian,
      ...more,
    ])
    const written = join(dir, 'config.d', 'engine-kind-falcoctl.yaml')
    return {
      code,
      out,
      ctl: readFileSync(ctl, 'utf8'),
      written: (await Bun.file(written).exists()) ? readFileSync(written, 'utf8') : undefined,
    }
  }

  test('writes the driver, and engine.kind', async () => {
    const { code, ctl, written } = await configure('engine:\n  kind: modern_ebpf\n')
    expect(code).toBe(0)
    expect(written).toBe('engine:\n  kind: kmod\n')
    expect(ctl).toContain('# of the user\nindexes:\n  - name: mine # stays\ndriver:\n')
    expect(Bun.YAML.parse(ctl)).toMatchObject({ driver: { type: ['kmod'], name: 'falco', hostRoot: debian } })
  })

  test.each([
    ['engine.kind is no driver', 'engine: {kind: nodriver}', [], undefined],
    ['engine.kind is not set', 'json_output: true', [], 'engine:\n  kind: kmod\n'],
    ['it is not wanted', 'engine: {kind: kmod}', ['--update-falco=false'], undefined],
    ['it is a dry run', 'engine: {kind: kmod}', ['--dry-run'], undefined],
  ])('where %s', async (_name, falco, more, expected) => {
    expect((await configure(falco, ...more)).written).toBe(expected)
  })

  test('makes the files that are not there', async () => {
    const dir = mkdtempSync(join(folder, 'etc-'))
    const ctl = join(dir, 'new', 'falcoctl.yaml')
    const { code } = await run(['driver', 'config', '--config', ctl, '--falco-config-dir', dir, '--type', 'kmod', '--host-root', debian])
    expect(code).toBe(0)
    expect(Bun.YAML.parse(readFileSync(ctl, 'utf8'))).toMatchObject({ driver: { type: ['kmod'] } })
  })

  test('changes a ConfigMap', async () => {
    const bodies: unknown[] = []
    const server = serve({
      'api/v1/namespaces/falco/configmaps/falco': async (request) => {
        if (request.method === 'PATCH') bodies.push(await request.json(), request.headers.get('authorization'))
        return Response.json({ data: { 'falco.yaml': '# ours\nengine:\n  kind: modern_ebpf # for now\n', other: 'x' } })
      },
    })
    const kubeconfig = join(folder, 'kubeconfig')
    const users = 'users: [{name: u, user: {token: secret}}]'
    const contexts = 'current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]'
    writeFileSync(kubeconfig, `clusters: [{name: k, cluster: {server: "${server.url}"}}]\n${users}\n${contexts}\n`)
    const { code } = await configure('', '--namespace', 'falco', '--configmap', 'falco', '--kubeconfig', kubeconfig)
    server.close()
    expect(code).toBe(0)
    expect(bodies).toEqual([{ data: { 'falco.yaml': '# ours\nengine:\n  kind: kmod # for now\n' } }, 'Bearer secret'])
  })
})

describe('the loaders of older guides', () => {
  const loader = (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    run(args, { program: join(folder, name), env: { HOST_ROOT: debian, ...env } })

  test.each([
    [
      'falco-driver-loader',
      ['kmod', '--print-env'],
      {},
      ['DRIVER="kmod"', 'DRIVER_NAME="falco"', 'DRIVERS_REPO="https://download.falco.org/driver"'],
    ],
    ['falco-driver-loader', ['module', '--print-env'], {}, ['DRIVER="kmod"']],
    ['scap-driver-loader', ['--print-env', 'kmod'], {}, ['DRIVER_NAME="scap"', 'DRIVERS_REPO="https://download.sysdig.com/scap-drivers"']],
    [
      'falco-driver-loader',
      ['kmod', '--print-env', '--kernel-release', '6.1.0-10-amd64'],
      { DRIVERS_REPO: 'http://x', DRIVER_NAME: 'mine', DRIVER_KERNEL_VERSION: '#1 SMP Debian 6.1.38-2' },
      ['DRIVERS_REPO="http://x"', 'DRIVER_NAME="mine"', 'FIXED_KERNEL_RELEASE="6.1.38-2-amd64"'],
    ],
  ])('%s %j', async (name, args, env, lines) => {
    const { out, code } = await loader(name, args, env)
    for (const line of lines) expect(out.split('\n')).toContain(line)
    expect(code).toBe(0)
  })

  test('do one thing alone where one is asked for', async () => {
    const { out } = await loader('falco-driver-loader', ['kmod', '--compile', '--dry-run'])
    expect(out).toContain('* download: not wanted')
    expect((await loader('falco-driver-loader', ['kmod', '--download', '--dry-run'])).out).toContain('* build: not wanted')
  })

  test('have a help text, and know what they do not know', async () => {
    expect((await loader('falco-driver-loader', ['--help'])).out).toStartWith('Usage:\n  falco-driver-loader [DRIVER] [OPTION...]\n')
    expect((await loader('falco-driver-loader', ['--purge'])).code).toBe(1)
  })
})
