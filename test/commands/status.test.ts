import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, mortal } from '../tools/agent.ts'

// `eyas status` and `eyas doctor`, of agents that need no kernel.

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-status-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function ask(directory: string, ...args: readonly string[]) {
  const env = { ...process.env, RUNTIME_DIRECTORY: directory }
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, 'status', ...args], { env })
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}

async function startAgent(directory: string, ...options: readonly string[]) {
  const keys = ['engine.kind=nodriver', 'stdout_output.enabled=true', 'webserver.enabled=true', 'webserver.listen_port=0', ...options]
  const rules = join(folder, 'rules.yaml')
  writeFileSync(rules, '[]')
  const args = ['-r', rules, '-o', 'webserver.listen_address=127.0.0.1', ...keys.flatMap((key) => ['-o', key])]
  const child = Bun.spawn([...mortal, binary, ...args], {
    env: { ...process.env, RUNTIME_DIRECTORY: directory },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  while (!directoryHas(directory, `${child.pid}.sock`)) await Bun.sleep(10)
  return child
}

function directoryHas(directory: string, name: string): boolean {
  try {
    return readdirSync(directory).includes(name)
  } catch {
    return false
  }
}

describe('status', () => {
  test('says that none runs', () => {
    expect(ask(join(folder, 'none'))).toMatchObject({ code: 3, out: expect.stringContaining('No agent runs on this host') })
    expect(ask(join(folder, 'none'), '--json')).toMatchObject({ code: 3, out: '[]\n' })
  })

  test('says how an agent is, and forgets one that was killed', async () => {
    const directory = join(folder, 'one')
    const spool = join(folder, 'spool')
    const agent = await startAgent(directory, 'outputs_spool.enabled=true', `outputs_spool.directory=${spool}`)
    const { code, out } = ask(directory)
    expect(out).toContain(`process ${agent.pid} on `)
    expect(out).toMatch(/^ {2}health {4}in order$/m)
    expect(out).toMatch(/^ {2}stdout {4}0 written, 0 waiting, 0 dropped, 0 failed$/m)
    expect(out).toMatch(/^ {2}spool {5}0 kept in \d+ MB of 1024 MB; 0 put aside, 0 given up, 0 refused$/m)
    expect(code).toBe(0)
    const [status] = JSON.parse(ask(directory, '--json').out)
    expect(status).toMatchObject({
      pid: agent.pid,
      engine: 'nodriver',
      health: { status: 'ok' },
      rules: 0,
      alerts: 0,
      outputs: [{ name: 'stdout', waiting: 0 }],
      spool: { directory: spool, max_bytes: 1024 ** 3 },
    })
    agent.kill('SIGKILL')
    await agent.exited
    expect(ask(directory).code).toBe(3)
    expect(readdirSync(directory)).toEqual([])
  })

  test('an agent that ends leaves no socket behind', async () => {
    const directory = join(folder, 'ended')
    const agent = await startAgent(directory)
    agent.kill('SIGTERM')
    expect(await agent.exited).toBe(0)
    expect(readdirSync(directory)).toEqual([])
  })

  test('an agent that does not answer is told, and is a failure', () => {
    const directory = join(folder, 'silent')
    mkdirSync(directory)
    writeFileSync(join(directory, `${process.pid}.sock`), '')
    const { code, out } = ask(directory)
    expect(out).toStartWith(`Agent ${process.pid} does not say how it is: `)
    expect(code).toBe(1)
  })
})

describe('doctor', () => {
  const examine = (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([binary, 'doctor', '--json', ...args])
    expect(stderr.toString()).toBe('')
    const results: { name: string; verdict: string; text: string; hint?: string; ms: number }[] = JSON.parse(stdout.toString())
    return { code: exitCode, of: (name: string) => results.find((result) => result.name === name), results }
  }
  const keys = (...all: readonly string[]) => ['engine.kind=nodriver', ...all].flatMap((key) => ['-o', key])

  test('looks at every precondition, with the time that took, and has a way out of what is missing', () => {
    const { results } = examine()
    const names = [
      'kernel',
      'btf',
      'rights',
      'lockdown',
      'tracefs',
      'cgroups',
      'containers',
      'clock',
      'certificates',
      'disk',
      'config',
      'rules',
    ]
    expect(results.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    for (const { verdict, hint, ms } of results) {
      expect(ms).toBeGreaterThanOrEqual(0)
      if (verdict === 'warning' || verdict === 'failed') expect(hint).not.toBe('')
    }
  })

  test('needs nothing of the kernel where no system calls are read', () => {
    const { of } = examine(...keys())
    for (const name of ['driver', 'kernel', 'btf', 'rights', 'capture']) expect(of(name)?.verdict).toBe('skipped')
  })

  test('looks at the kernel module, and not at eBPF, where that is to be read', () => {
    const { of } = examine('-o', 'engine.kind=kmod')
    for (const name of ['kernel', 'btf', 'lockdown', 'tracefs']) expect(of(name)).toMatchObject({ text: 'engine.kind is kmod' })
    expect(of('driver')).toMatchObject({ verdict: 'ok', text: 'kmod' })
    for (const name of ['rights', 'module', 'capture', 'proc']) expect(of(name)?.verdict).not.toBe('skipped')
    expect(of('module')?.verdict).toBe(of('capture')?.verdict as string)
  })

  test('says what engine.kind auto takes, and looks at just that', () => {
    const { of } = examine('-o', 'engine.kind=auto')
    const { text = '' } = of('driver') ?? {}
    expect(text).toMatch(/^auto: modern_ebpf: /)
    const isEbpf = text === 'auto: modern_ebpf: this kernel takes the eBPF programs'
    expect(of('btf')?.verdict === 'skipped').toBe(!isEbpf)
    if (isEbpf) expect(of('module')).toMatchObject({ text: 'engine.kind is auto, which takes modern_ebpf here' })
  })

  test.each([
    ['http', ['http_output.enabled=true', 'http_output.url=http://127.0.0.1:1/'], '127.0.0.1:1 takes no connection'],
    ['http', ['http_output.enabled=true', 'http_output.url=http://no.such.invalid/'], 'the name no.such.invalid cannot be resolved'],
    [
      'certificates',
      ['http_output.enabled=true', 'http_output.url=https://x/', 'http_output.ca_cert=/none.pem'],
      '/none.pem cannot be read',
    ],
    ['file', ['file_output.enabled=true', 'file_output.filename=/none/alerts'], '/none/alerts cannot be written (ENOENT)'],
    ['outputs', ['stdout_output.enabled=false'], 'none is enabled'],
  ])('%s %j is a failure', (name, options, text) => {
    const { of, code } = examine(...keys(...options))
    expect(of(name)).toMatchObject({ verdict: 'failed', text })
    expect(code).toBe(1)
  })

  test('a configuration that cannot be read is one failure, and the rest is still looked at', () => {
    const file = join(folder, 'broken.yaml')
    writeFileSync(file, 'a: [')
    const { of } = examine('-c', file)
    expect(of('config')?.text).toStartWith(`${file}:`)
    expect(of('rules')?.verdict).toBe('skipped')
    expect(of('memory')?.verdict).not.toBe('skipped')
  })

  test('rules with mistakes are a failure', () => {
    const rules = join(folder, 'wrong.yaml')
    writeFileSync(rules, '- rule: x')
    const { of } = examine(...keys('rules_files=[]', `rules_files[]=${rules}`))
    expect(of('rules')).toMatchObject({ verdict: 'failed', hint: expect.stringContaining('eyas check') })
  })

  test('people get a line for each, and a word at the end', () => {
    const { stdout } = Bun.spawnSync([binary, 'doctor', ...keys()])
    expect(stdout.toString()).toMatch(/^ok +\d+\.\d ms {2}config +built-in defaults$/m)
    expect(stdout.toString()).toMatch(/\n\n(All is in order|It can run; \d+ warnings|It cannot run as it should: .*)\.\n$/)
  })
})
