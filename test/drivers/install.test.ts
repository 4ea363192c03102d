import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWithMake } from '../../src/drivers/kmod/build.ts'
import { cleanup } from '../../src/drivers/kmod/cleanup.ts'
import type { Host } from '../../src/drivers/kmod/host.ts'
import { type InstallOptions, install, planInstall } from '../../src/drivers/kmod/install.ts'
import { Journal } from '../../src/drivers/kmod/journal.ts'
import { explain, lockdownMode } from '../../src/drivers/kmod/load.ts'
import { chooseSource, distrust, installedSources, namedSource } from '../../src/drivers/kmod/sources.ts'
import { moduleBytes } from './module_file.ts'
import { type Answers, serve } from './repository.ts'

// A kernel that is not the one these tests run on: modules are fetched and built for it, and not loaded.
const os = { id: 'debian', versionId: '12', variantId: '', minikube: '' }
const host: Host = { root: '/', arch: 'x86_64', release: '6.1.0-test', version: '#1 SMP Debian', os }
const file = 'falco_debian_6.1.0-test_1.ko'
const path = `10.1.0%2Bdriver/x86_64/${file}`

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'eyas-home-'))
})
afterEach(() => rmSync(home, { recursive: true }))

function options(repositories: readonly string[], more: Partial<InstallOptions> = {}): InstallOptions {
  return {
    ...{ host, name: 'falco', version: '10.1.0+driver', isVersionAsked: false, repositories, home, source: undefined },
    ...{ mayDownload: true, mayCompile: true, mayInstallHeaders: false },
    http: { timeoutMs: 300, insecure: false, headers: new Map(), env: {} },
    ...more,
  }
}

async function attempt(given: InstallOptions) {
  const lines: string[] = []
  const journal = new Journal((line) => lines.push(line))
  try {
    return { installed: await install(given, journal), lines, error: '' }
  } catch (error) {
    return { installed: undefined, lines, error: error instanceof Error ? error.message : String(error) }
  }
}

async function withRepositories<T>(answers: readonly Answers[], work: (urls: readonly string[]) => Promise<T>): Promise<T> {
  const servers = answers.map((each) => serve(each))
  try {
    return await work(servers.map(({ url }) => url))
  } finally {
    for (const server of servers) server.close()
  }
}

describe('installing', () => {
  const kept = () => join(home, '.falco/10.1.0+driver/x86_64', file)

  test('takes the first prebuilt module that is good, and keeps it', async () => {
    const good = moduleBytes({ padding: 5000 })
    const answers: Answers[] = [
      {},
      { [decodeURIComponent(path)]: () => new Response('gone'), [path]: () => new Response('<html>') },
      { [path]: () => new Response(good.subarray(0, 3000)) },
      { [path]: () => new Response(good) },
    ]
    const { installed, lines } = await withRepositories(answers, (urls) => attempt(options(urls)))
    expect(installed).toEqual({ name: 'falco', path: kept() })
    expect(readFileSync(kept()).equals(good)).toBe(true)
    expect(lines.filter((line) => /failed/.test(line)).map((line) => line.replace(/127.0.0.1:\d+/, 'HOST'))).toEqual([
      `* download http://HOST/${path}: failed: the server answers 404 Not Found`,
      `* download http://HOST/${path}: failed: it is no kernel module (not ELF)`,
      `* download http://HOST/${path}: failed: it is cut short, or damaged`,
    ])
    expect(readdirSync(join(home, '.falco')).sort()).toEqual(['10.1.0+driver', 'eyas-driver.json'])
  })

  test('takes a module that is here without asking anybody', async () => {
    mkdirSync(join(home, '.falco/10.1.0+driver/x86_64'), { recursive: true })
    writeFileSync(kept(), moduleBytes())
    expect((await attempt(options(['http://127.0.0.1:1']))).installed).toEqual({ name: 'falco', path: kept() })
    chmodSync(kept(), 0o666)
    expect((await attempt(options([]))).error).toContain(`others than its owner may write to ${kept()}`)
  })

  test('tells why each way failed', async () => {
    const { error } = await withRepositories([{}], (urls) => attempt(options([...urls, 'http://127.0.0.1:1'])))
    expect(error.replaceAll(/127.0.0.1:\d\d+/g, 'HOST').split('\n')).toEqual([
      'the kernel module could not be installed',
      `  - download http://HOST/${path}: the server answers 404 Not Found`,
      `  - download http://127.0.0.1:1/${path}: nothing listens there`,
      expect.stringMatching(/^ {2}- build: there is no source of a module in \/usr\/src/),
    ])
  })

  test('downloads nothing and builds nothing where that is not wanted', async () => {
    const { error, lines } = await attempt(options(['http://127.0.0.1:1'], { mayDownload: false, mayCompile: false }))
    expect(error).toBe('the kernel module could not be installed\n')
    expect(lines).toContain('* download: not wanted (--download=false)')
    expect(lines).toContain('* build: not wanted (--compile=false)')
  })

  test('of a plan does nothing', () => {
    const lines: string[] = []
    planInstall(options(['http://127.0.0.1:1/d']), new Journal((line) => lines.push(line)))
    expect(lines.slice(1, 3)).toEqual([`* load a module that is here: ${kept()}`, `* download: http://127.0.0.1:1/d/${path}`])
    expect(existsSync(join(home, '.falco'))).toBe(false)
  })

  test('is undone by a cleanup', async () => {
    await withRepositories([{ [path]: () => new Response(moduleBytes()) }], (urls) => attempt(options(urls)))
    writeFileSync(join(home, '.falco/10.1.0+driver/x86_64/other.ko'), 'of the user')
    await cleanup({ name: 'falco', home }, new Journal(() => undefined))
    expect(readdirSync(join(home, '.falco/10.1.0+driver/x86_64'))).toEqual(['other.ko'])
    expect(existsSync(join(home, '.falco/eyas-driver.json'))).toBe(false)
  })
})

describe('sources', () => {
  function source(name: string, files: Readonly<Record<string, string>>): string {
    const dir = join(home, 'usr/src', name)
    mkdirSync(dir, { recursive: true })
    for (const [each, text] of Object.entries(files)) writeFileSync(join(dir, each), text)
    return dir
  }

  test('the newest of Falco comes first, then those of others', () => {
    source('falco-9.1.0+driver', { Makefile: '' })
    source('falco-10.1.0+driver', { Makefile: '', 'dkms.conf': 'PACKAGE_NAME="falco"\nPACKAGE_VERSION="10.1.0+driver"\n' })
    source('falco-11.0.0', {})
    source('scap-0.1.1dev+git1', { Makefile: '', 'dkms.conf': 'PACKAGE_NAME="scap"\nPACKAGE_VERSION="$(reboot)"\n' })
    const all = installedSources(home)
    expect(all.map(({ name, version, hasDkms }) => [name, version, hasDkms])).toEqual([
      ['falco', '10.1.0+driver', true],
      ['falco', '9.1.0+driver', false],
      ['scap', '0.1.1dev+git1', true],
    ])
    expect(chooseSource(all, 'falco', undefined)?.version).toBe('10.1.0+driver')
    expect(chooseSource(all, 'falco', '9.1.0+driver')?.version).toBe('9.1.0+driver')
    expect(chooseSource(all, 'falco', '8.0.0')).toBeUndefined()
    expect(chooseSource(all.slice(2), 'falco', '8.0.0')?.name).toBe('scap')
    expect(chooseSource(all, 'scap', undefined)?.name).toBe('scap')
    expect(chooseSource(all, 'other', undefined)).toBeUndefined()
  })

  test('others could write are not built by root', () => {
    const dir = source('falco-1.0.0', { Makefile: '' })
    expect(distrust(dir)).toBeUndefined()
    chmodSync(dir, 0o777)
    expect(distrust(dir)).toMatch(/^others than its owner may write to/)
    expect(() => namedSource(join(home, 'nothing'))).toThrow(/there is no source of a module in/)
  })

  test('are built with make, in a directory of its own', async () => {
    const made = join(home, 'made.ko')
    writeFileSync(made, moduleBytes())
    const dir = source('falco-1.0.0', {
      Makefile: `all:\n\ttest "$(KERNELDIR)" = ${home}/headers\n\ttest "$(CC)" = gcc-12\n\tcp ${made} falco.ko\n`,
    })
    const plan = {
      tool: 'make',
      source: namedSource(dir),
      headers: `${home}/headers`,
      compiler: { words: ['CC=gcc-12'], name: 'gcc-12' },
    } as const
    let built = Buffer.alloc(0)
    await buildWithMake(plan, host, (where) => {
      built = readFileSync(where)
    })
    expect(moduleBytes().equals(built)).toBe(true)
    expect(readdirSync(dir)).toEqual(['Makefile'])
    writeFileSync(join(dir, 'Makefile'), 'all:\n\t@echo main.c:3:1: error: no such thing >&2; exit 1\n# KERNELDIR\n')
    expect(buildWithMake(plan, host, () => undefined)).rejects.toThrow('make, with gcc-12: main.c:3:1: error: no such thing')
  })
})

describe('what keeps a module out of the kernel', () => {
  test.each([
    ['insmod: ERROR: could not insert module x.ko: Required key not available', /signed modules only/],
    ['insmod: ERROR: could not insert module x.ko: Key was rejected by service', /mokutil --import/],
    ['insmod: ERROR: could not insert module x.ko: Invalid module format', /for another kernel/],
    ['insmod: ERROR: could not insert module x.ko: Unknown symbol in module', /does not export/],
    ['modprobe: FATAL: Module falco not found in directory /lib/modules/6.1', /no such module below/],
    ['insmod: ERROR: could not insert module x.ko: Operation not permitted', /locked down|CAP_SYS_MODULE|modules_disabled/],
    ['something else', /^something else$/],
  ])('%s', (output, pattern) => {
    expect(explain(output)).toMatch(pattern)
  })

  test.each([
    ['none [integrity] confidentiality\n', 'integrity'],
    ['[none] integrity confidentiality\n', 'none'],
    ['', 'none'],
  ])('lockdown %j', (text, mode) => {
    expect(lockdownMode(text)).toBe(mode)
  })
})
