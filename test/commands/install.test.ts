import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, root } from '../tools/agent.ts'

// `eyas install` and `eyas uninstall`, below a directory that stands for a host.

let folder = ''
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-install-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function newHost(): string {
  const host = join(folder, `host-${count++}`)
  mkdirSync(host)
  return host
}

function run(host: string, command: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, command, '--root', host, ...args])
  const steps = stdout
    .toString()
    .split('\n')
    .flatMap((line) => /^ {2}(\w+) +(\S+)/.exec(line)?.slice(1).join(' ').replace(host, '') ?? [])
  return { code: exitCode, steps, out: stdout.toString(), err: stderr.toString() }
}

function filesOf(host: string): string[] {
  return [...new Bun.Glob('**').scanSync({ cwd: host, dot: true })].sort()
}

const all = [
  'etc/falco/falco.yaml',
  'etc/falco/falco_rules.local.yaml',
  'etc/falco/falco_rules.yaml',
  'etc/logrotate.d/eyas',
  'etc/systemd/system/eyas.service',
  'usr/bin/eyas',
  'var/lib/eyas/installed.json',
]
// As a newer program finds what an older one has offered.
function age(host: string, path: string): void {
  const manifest = join(host, 'var/lib/eyas/installed.json')
  const now = JSON.parse(readFileSync(manifest, 'utf8'))
  writeFileSync(join(host, path), 'of an older release\n')
  now.files[`/${path}`] = new Bun.CryptoHasher('sha256').update('of an older release\n').digest('hex')
  writeFileSync(manifest, JSON.stringify(now))
}

describe('install', () => {
  test('--dry-run says what it would do, and does nothing', () => {
    const host = newHost()
    const dry = run(host, 'install', '--dry-run')
    expect(dry.code).toBe(0)
    expect(dry.out).toStartWith('Nothing was done. This would be:\n')
    expect(filesOf(host)).toEqual([])
    expect(run(host, 'install').steps).toEqual(dry.steps)
  })

  test('writes what it takes, of which the program works and the configuration is valid; once more changes nothing', () => {
    const host = newHost()
    expect(run(host, 'install').code).toBe(0)
    expect(filesOf(host)).toEqual(all)
    expect(Bun.spawnSync([join(host, 'usr/bin/eyas'), '--version']).stdout.toString()).toStartWith('Eyas version')
    expect(statSync(join(host, 'usr/bin/eyas')).mode & 0o777).toBe(0o755)
    expect(statSync(join(host, 'var/lib/eyas')).mode & 0o777).toBe(0o700)
    for (const path of all.slice(0, 5)) expect([path, statSync(join(host, path)).mode & 0o777]).toEqual([path, 0o644])
    const rules = join(host, 'etc/falco/falco_rules.yaml')
    const checked = Bun.spawnSync([binary, '-c', join(host, 'etc/falco/falco.yaml'), '-V', rules])
    expect(checked.stderr.toString()).toContain('falco.yaml | schema validation: ok')
    expect(checked.exitCode).toBe(0)
    expect(run(host, 'install').steps.every((step) => step.startsWith('same '))).toBe(true)
  })

  test('leaves what somebody has changed, and puts what is new beside it', () => {
    const host = newHost()
    run(host, 'install')
    const config = join(host, 'etc/falco/falco.yaml')
    age(host, 'etc/falco/falco.yaml')
    age(host, 'etc/systemd/system/eyas.service')
    appendFileSync(config, '# mine\n')
    appendFileSync(join(host, 'etc/falco/falco_rules.local.yaml'), '# mine\n')
    appendFileSync(join(host, 'etc/falco/falco_rules.yaml'), '# mine, and nothing new\n')
    const { steps } = run(host, 'install')
    expect(steps.filter((step) => !step.startsWith('same '))).toEqual([
      'beside /etc/falco/falco.yaml.new',
      'keep /etc/falco/falco_rules.yaml',
      'keep /etc/falco/falco_rules.local.yaml',
      'replace /etc/systemd/system/eyas.service',
    ])
    expect(readFileSync(config, 'utf8')).toBe('of an older release\n# mine\n')
    expect(readFileSync(`${config}.new`, 'utf8')).toBe(readFileSync(join(root, 'packaging/falco.yaml'), 'utf8'))
    // What was offered once is not offered again.
    rmSync(`${config}.new`)
    run(host, 'install')
    expect(existsSync(`${config}.new`)).toBe(false)
  })

  test("leaves Falco's own configuration where it is", () => {
    const host = newHost()
    mkdirSync(join(host, 'etc/falco'), { recursive: true })
    writeFileSync(join(host, 'etc/falco/falco.yaml'), 'stdout_output: { enabled: true }\n')
    expect(run(host, 'install').steps).toContain('beside /etc/falco/falco.yaml.new')
    expect(readFileSync(join(host, 'etc/falco/falco.yaml'), 'utf8')).toBe('stdout_output: { enabled: true }\n')
  })

  test.each([
    [['install', 'x'], "install takes no 'x'"],
    [['install', '--root', '/proc/none'], 'Error: /proc/none/etc/falco: '],
  ])('%j is one message with a way out', (args, message) => {
    const { exitCode, stderr } = Bun.spawnSync([binary, ...args])
    expect(stderr.toString()).toContain(message)
    expect(stderr.toString().trim().split('\n')).toHaveLength(2)
    expect(exitCode).toBe(1)
  })
})

describe('uninstall', () => {
  test('leaves nothing behind', () => {
    const host = newHost()
    run(host, 'install')
    expect(run(host, 'uninstall', '--dry-run').code).toBe(0)
    expect(filesOf(host)).toEqual(all)
    expect(run(host, 'uninstall').code).toBe(0)
    expect(filesOf(host)).toEqual([])
    expect(existsSync(join(host, 'etc/falco'))).toBe(false)
    expect(existsSync(join(host, 'var/lib/eyas'))).toBe(false)
    expect(run(host, 'uninstall')).toMatchObject({ code: 1, err: expect.stringContaining('there is no installation') })
  })

  test('leaves what was changed and what others wrote; --purge takes what was changed', () => {
    const [host, purged] = [newHost(), newHost()]
    for (const each of [host, purged]) {
      run(each, 'install')
      appendFileSync(join(each, 'etc/falco/falco.yaml'), '# mine\n')
      writeFileSync(join(each, 'var/log/falco/alerts.log'), 'an alert\n')
      mkdirSync(join(each, 'var/lib/eyas/spool'))
      writeFileSync(join(each, 'var/lib/eyas/spool/alerts.sqlite'), 'alerts')
    }
    run(host, 'uninstall')
    expect(filesOf(host)).toEqual(['etc/falco/falco.yaml', 'var/lib/eyas/spool/alerts.sqlite', 'var/log/falco/alerts.log'])
    run(purged, 'uninstall', '--purge')
    expect(filesOf(purged)).toEqual(['var/log/falco/alerts.log'])
  })
})

const analyze = Bun.which('systemd-analyze')
if (analyze === null) console.warn('the test of the unit is skipped: there is no systemd-analyze')

describe('the unit', () => {
  const text = readFileSync(join(root, 'packaging/eyas.service'), 'utf8')

  test.skipIf(analyze === null)('is what systemd understands, and exposes little', () => {
    const host = newHost()
    run(host, 'install')
    const unit = join(host, 'etc/systemd/system/eyas.service')
    // The program that it names is not on this host.
    writeFileSync(unit, text.replaceAll('/usr/bin/eyas', join(host, 'usr/bin/eyas')))
    const { exitCode, stdout, stderr } = Bun.spawnSync([analyze ?? '', 'verify', unit])
    expect(`${stdout}${stderr}`).toBe('')
    expect(exitCode).toBe(0)
    // 10 is all, 9.6 what a unit has that says nothing.
    const { exitCode: exposed } = Bun.spawnSync([analyze ?? '', 'security', '--offline=yes', '--threshold=35', unit])
    expect(exposed).toBe(0)
  })

  test('takes the variables away that the runtime would obey', () => {
    for (const name of ['BUN_OPTIONS', 'BUN_BE_BUN', 'BUN_INSPECT', 'LD_PRELOAD'])
      expect(text).toMatch(new RegExp(`^UnsetEnvironment=.*\\b${name}\\b`, 'm'))
  })

  test('has no capability that nothing needs', () => {
    const [, names = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(text) ?? []
    expect(names.split(' ').sort()).toEqual(['CAP_BPF', 'CAP_DAC_READ_SEARCH', 'CAP_PERFMON', 'CAP_SYS_PTRACE', 'CAP_SYS_RESOURCE'])
  })
})
