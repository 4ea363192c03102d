import { afterAll, afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Sender } from '../../src/commands/audit/sender.ts'
import { auditEvent } from '../plugins/audit_events.ts'
import { binary, mortal } from '../tools/agent.ts'

// kube-apiserver sends; the receiver is killed, stopped, held up, and shows another certificate meanwhile. AUDIT_EVENTS=100000 makes
// it longer.
const events = Number(process.env.AUDIT_EVENTS ?? 20_000)
const batchSize = 100
const alertEvery = 50

const dir = mkdtempSync(join(tmpdir(), 'eyas-reliable-'))
const running = new Set<Bun.Subprocess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})
afterAll(() => rmSync(dir, { recursive: true }))

const certificates = ['first', 'second'].map((name) => {
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  Bun.spawnSync(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject])
  return { pem: readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), ca: readFileSync(cert, 'utf8') }
})
const pem = join(dir, 'server.pem')

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function showCertificate(index: number): void {
  writeFileSync(`${pem}.new`, certificates[index]?.pem ?? '')
  renameSync(`${pem}.new`, pem)
}

const alertsFile = join(dir, 'alerts.jsonl')

async function writeConfig(port: number): Promise<string> {
  const rule = { rule: 'marked', desc: 'd', condition: 'ka.verb = delete', output: '%ka.auditid', priority: 'INFO', source: 'k8s_audit' }
  writeFileSync(join(dir, 'rules.yaml'), JSON.stringify([rule]))
  writeFileSync(join(dir, 'token'), 'sesame')
  const init = { sslCertificate: pem, tokenFile: join(dir, 'token') }
  const config = {
    engine: { kind: 'nodriver' },
    rules_files: [join(dir, 'rules.yaml')],
    plugins: [
      { name: 'k8saudit', library_path: 'libk8saudit.so', init_config: init, open_params: `https://127.0.0.1:${port}/k8s-audit` },
      { name: 'json', library_path: 'libjson.so' },
    ],
    json_output: true,
    json_include_message_property: true,
    file_output: { enabled: true, filename: alertsFile, keep_alive: true },
    log_stderr: true,
    log_syslog: false,
  }
  writeFileSync(join(dir, 'falco.yaml'), JSON.stringify(config))
  return join(dir, 'falco.yaml')
}

/** Starts the receiver, without any privilege; resolves when it listens. */
async function start(config: string): Promise<Bun.Subprocess<'ignore', 'ignore', 'pipe'>> {
  const child = Bun.spawn([...mortal, binary, '-c', config, '--enable-source', 'k8s_audit'], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  running.add(child)
  const reader = child.stderr.getReader()
  let log = ''
  while (!log.includes('Listening for audit events')) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`the receiver ended:\n${log}`)
    log += new TextDecoder().decode(value)
  }
  // Or it stops at a full pipe.
  void (async () => {
    while (!(await reader.read()).done);
  })()
  return child
}

async function end(child: Bun.Subprocess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  child.kill(signal)
  await child.exited
  running.delete(child)
}

function* batches(onBatch: (index: number) => void): Generator<string[]> {
  for (let first = 0; first < events; first += batchSize) {
    onBatch(first / batchSize)
    yield Array.from({ length: Math.min(batchSize, events - first) }, (_, i) => {
      const n = first + i
      return JSON.stringify(auditEvent({ auditID: `id-${n}`, verb: n % alertEvery === 0 ? 'delete' : 'get' }))
    })
  }
}

test(`${events} events arrive, whatever happens to the receiver`, async () => {
  showCertificate(0)
  const port = await freePort()
  const config = await writeConfig(port)
  let child = await start(config)
  const timedOut = Promise.withResolvers<void>()
  const sender = new Sender({
    client: {
      url: new URL(`https://127.0.0.1:${port}/k8s-audit`),
      headers: { Authorization: 'Bearer sesame' },
      tls: { ca: certificates.map(({ ca }) => ca) },
    },
    parallel: 4,
    batchesPerSecond: 0,
    burst: 1,
    retries: 200,
    backoffMs: 20,
    timeoutMs: 2000,
    compress: true,
    onProblem: (problem) => problem === 'no answer in time' && timedOut.resolve(),
  })

  const last = Math.ceil(events / batchSize)
  const troubles: readonly (() => Promise<void>)[] = [
    async () => {
      await end(child, 'SIGKILL')
      child = await start(config)
    },
    async () => {
      await end(child, 'SIGTERM')
      child = await start(config)
    },
    async () => {
      child.kill('SIGSTOP')
      await timedOut.promise
      child.kill('SIGCONT')
    },
    async () => showCertificate(1),
    async () => {
      await end(child, 'SIGKILL')
      child = await start(config)
    },
  ]
  let trouble = Promise.resolve()
  await sender.send(
    batches((index) => {
      const which = troubles.findIndex((_, i) => index === Math.floor((last * (i + 1)) / (troubles.length + 1)))
      if (which >= 0) trouble = trouble.then(troubles[which])
    }),
  )
  await trouble
  await end(child, 'SIGTERM')

  const { accepted, duplicates, malformed, lost, retries } = sender.counts
  expect({ lost, malformed, told: accepted + duplicates }).toEqual({ lost: 0, malformed: 0, told: events })
  expect(retries).toBeGreaterThan(0)
  const found = readFileSync(alertsFile, 'utf8').trimEnd().split('\n')
  const alerted = new Set(found.map((line) => (JSON.parse(line) as { message: string }).message))
  expect(alerted.size).toBe(Math.ceil(events / alertEvery))
}, 120_000)
