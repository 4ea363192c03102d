import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readExposition } from '../metrics/exposition.ts'
import { binary, mortal } from '../tools/agent.ts'

// The built program as a service, without a kernel: what it says over HTTP and in its metrics, and what it makes of new files.

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'eyas-service-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

const rule = { rule: 'R', desc: 'd', condition: 'evt.type = openat', output: 'o', priority: 'WARNING' }

interface Running {
  readonly log: () => string
  readonly out: () => string
  readonly port: number
  readonly until: (stream: 'log' | 'out', pattern: RegExp) => Promise<void>
  readonly signal: (name: 'SIGHUP') => void
  readonly stop: () => Promise<number>
}

function write(name: string, content: unknown): string {
  const path = join(dir, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function configOf(more: object): object {
  return {
    engine: { kind: 'nodriver' },
    rules_files: [join(dir, 'rules.yaml')],
    stdout_output: { enabled: true },
    json_output: true,
    log_stderr: true,
    webserver: { enabled: true, listen_address: '127.0.0.1', listen_port: 0 },
    ...more,
  }
}

async function start(more: object, args: readonly string[] = []): Promise<Running> {
  write('rules.yaml', [rule])
  const config = write('falco.yaml', configOf(more))
  const child = Bun.spawn([...mortal, binary, '-c', config, ...args], { stdout: 'pipe', stderr: 'pipe' })
  const text = { log: '', out: '' }
  const waiting = new Set<() => void>()
  const follow = async (name: 'log' | 'out', stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text[name] += decoder.decode(chunk, { stream: true })
      for (const wake of waiting) wake()
    }
    for (const wake of waiting) wake()
  }
  const ended = Promise.all([follow('log', child.stderr), follow('out', child.stdout), child.exited])
  const until = async (name: 'log' | 'out', pattern: RegExp) => {
    while (!pattern.test(text[name])) {
      if (child.exitCode !== null) throw new Error(`it ended before it said ${pattern}:\n${text.log}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
      })
    }
  }
  await until('log', /listening on [^\n]*:\d+\n/)
  return {
    log: () => text.log,
    out: () => text.out,
    port: Number(/listening on [^\n]*:(\d+)\n/.exec(text.log)?.[1]),
    until,
    signal: (name) => child.kill(name),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      return child.exitCode ?? -1
    },
  }
}

const get = async (port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

describe('over HTTP', () => {
  test('health, versions and metrics', async () => {
    const service = await start({
      metrics: { enabled: true, interval: '1h' },
      webserver: { enabled: true, listen_address: '127.0.0.1', listen_port: 0, prometheus_metrics_enabled: true },
    })
    expect(await get(service.port, '/healthz')).toEqual({ status: 200, type: 'application/json', text: '{"status": "ok"}' })
    const versions = JSON.parse((await get(service.port, '/versions')).text)
    expect(versions).toMatchObject({
      engine_version_semver: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      plugin_versions: { container: expect.any(String) },
    })
    const metrics = await get(service.port, '/metrics')
    expect(metrics).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
    const { families, problems } = readExposition(metrics.text)
    expect(problems).toEqual([])
    expect(families.map(({ name }) => name)).toEqual(expect.arrayContaining(['falcosecurity_falco_version_info', 'eyas_reloads_total']))
    const [file] = families.find(({ name }) => name === 'falcosecurity_falco_sha256_rules_files_info')?.samples ?? []
    expect(file?.labels).toEqual({
      file_name: 'rules.yaml',
      sha256: new Bun.CryptoHasher('sha256').update(readFileSync(join(dir, 'rules.yaml'))).digest('hex'),
    })
    expect(await service.stop()).toBe(0)
  })

  test.each([
    [{ metrics: { enabled: false } }, 404],
    [{ metrics: { enabled: true, output_rule: true, interval: '1h' } }, 404],
  ])('no metrics with %j', async (more, status) => {
    const service = await start(more)
    expect((await get(service.port, '/metrics')).status).toBe(status)
    await service.stop()
  })

  test('a port that is taken ends the start with a way out', async () => {
    const service = await start({})
    const webserver = { enabled: true, listen_address: '127.0.0.1', listen_port: service.port }
    const config = write('second.yaml', configOf({ webserver }))
    const { exitCode, stderr } = Bun.spawnSync([binary, '-c', config])
    expect(exitCode).toBe(1)
    expect(stderr.toString()).toContain(
      `Error: the web server cannot listen on 127.0.0.1:${service.port}: another program listens there\n  choose another`,
    )
    await service.stop()
  })
})

describe('metrics', () => {
  test('as alerts and as lines of a file, from the start on', async () => {
    const file = join(dir, 'metrics.jsonl')
    const service = await start({ metrics: { enabled: true, interval: '100ms', output_rule: true, output_file: file } })
    await service.until('out', /(.*metrics snapshot.*\n){3}/)
    expect(await service.stop()).toBe(0)
    const alert = JSON.parse(service.out().split('\n')[0] ?? '')
    expect(alert).toMatchObject({ rule: 'Falco internal: metrics snapshot', priority: 'Informational', source: 'internal' })
    expect(alert.output).toBe('Falco metrics snapshot')
    expect(alert.output_fields).toMatchObject({ 'evt.source': 'syscall', 'scap.engine_name': 'nodriver', 'falco.num_evts': 0 })
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.slice(0, 3).map(({ sample }) => sample)).toEqual([1, 2, 3])
    expect(Object.keys(lines[0].output_fields)).toEqual(Object.keys(alert.output_fields))
    // They are no matches of rules.
    expect(service.out()).toContain('Events detected: 0\n')
  })

  test('a file that cannot be written ends the start', () => {
    write('rules.yaml', [rule])
    const config = write(
      'bad.yaml',
      configOf({ webserver: { enabled: false }, metrics: { enabled: true, interval: '1h', output_file: join(dir, 'no/m') } }),
    )
    const { exitCode, stderr } = Bun.spawnSync([binary, '-c', config])
    expect(exitCode).toBe(1)
    expect(stderr.toString()).toContain(`Error: cannot write metrics to ${join(dir, 'no/m')}: it does not exist\n`)
  })
})

describe('new files', () => {
  test('take effect by themselves, and wrong ones do not', async () => {
    const service = await start({})
    write('rules.yaml', [rule, { ...rule, rule: 'Two' }])
    await service.until('log', /2 rules run/)
    write('rules.yaml', [{ ...rule, condition: 'evt.type = ' }])
    await service.until('out', /hot restart failure/)
    expect(service.log()).toContain('The configuration cannot be reloaded; what was loaded before goes on.')
    write('rules.yaml', [rule])
    await service.until('log', /[\s\S]*2 rules run[\s\S]*1 rules run/)
    write(
      'falco.yaml',
      configOf({ webserver: { enabled: true, listen_address: '127.0.0.1', listen_port: 0, k8s_healthz_endpoint: '/alive' } }),
    )
    await service.until('log', /1 rules run[\s\S]*1 rules run/)
    expect((await get(service.port, '/alive')).status).toBe(200)
    expect((await get(service.port, '/healthz')).status).toBe(404)
    expect(await service.stop()).toBe(0)
  }, 30_000)

  test('wait for a signal where they are not watched', async () => {
    const service = await start({ watch_config_files: false })
    write('rules.yaml', [rule, { ...rule, rule: 'Two' }])
    expect(service.log()).not.toContain('SIGHUP')
    service.signal('SIGHUP')
    await service.until('log', /SIGHUP received, restarting\.\.\.\n[\s\S]*2 rules run/)
    expect(await service.stop()).toBe(0)
  })

  test('can switch the web server off and on, and say what waits for the next start', async () => {
    const service = await start({})
    write('falco.yaml', configOf({ webserver: { enabled: false }, falco_libs: { thread_table_size: 100 } }))
    await service.until('log', /Takes effect at the next start: falco_libs\.thread_table_size\n/)
    expect(get(service.port, '/healthz')).rejects.toThrow()
    write('falco.yaml', configOf({ log_level: 'debug' }))
    await service.until('log', /listening on[\s\S]*listening on/)
    expect(await service.stop()).toBe(0)
  }, 30_000)
})
