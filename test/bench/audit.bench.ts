// Audit events over HTTP, 10 of 2 KB in a request, alerts for 1 % of them: the program, beside the same server that only parses the
// JSON, and beside Hono on Bun's own server that does. EYAS_K8S_RULES names other rules than the built-in ones.
//
// Who sends works on the same machine, so that CPU time says more than the time that passes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono/tiny'
import { IntakeServer } from '../../src/server/intake_server.ts'
import type { IntakeRoute } from '../../src/server/routes/route.ts'
import { auditEvent } from '../plugins/audit_events.ts'
import { binary, cpuSeconds } from '../tools/agent.ts'
import { percentile, table } from './report.ts'

const perRequest = 10
const requests = 4000
const rounds = 5
const connections = 64
const path = '/k8s-audit'

if (process.argv[2] === 'serve') await serve(process.argv[3] ?? '')
else await compare()

// ------------------------------------------------------------------------------------------------ the servers

async function serve(kind: string): Promise<void> {
  const count = (text: string) => `{"events":${(JSON.parse(text) as { items: unknown[] }).items.length}}\n`
  const route: IntakeRoute = {
    method: 'ALL',
    path,
    answer: async (request) => ({ status: 200, headers: {}, body: count((await request.read(1e8))?.latin1Slice() ?? '') }),
  }
  if (kind === 'same') {
    const words = { server: '', certificate: '', hint: '' }
    const limits = { connections: 100, headersMs: 1e5, requestMs: 1e5, idleMs: 1e5 }
    const server = await IntakeServer.open({
      address: '127.0.0.1',
      port: 0,
      pem: undefined,
      words,
      routes: [route],
      onError: console.error,
      ...limits,
    })
    console.log(`port ${server.port}`)
    return
  }
  const app = new Hono()
  app.post(path, async ({ req }) => new Response(count(Buffer.from(await req.raw.arrayBuffer()).latin1Slice())))
  console.log(`port ${Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: app.fetch }).port}`)
}

interface Server {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly kill: () => void
}

async function start(name: string, command: readonly string[], pattern: RegExp, stream: 'stdout' | 'stderr'): Promise<Server> {
  const child = Bun.spawn([...command], {
    stdout: stream === 'stdout' ? 'pipe' : 'ignore',
    stderr: stream === 'stderr' ? 'pipe' : 'ignore',
  })
  const reader = (child[stream] as ReadableStream<Uint8Array>).getReader()
  let told = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`${name} ended: ${told}`)
    told += new TextDecoder().decode(value)
    const port = pattern.exec(told)?.[1]
    if (port !== undefined) return { name, pid: child.pid, port: Number(port), kill: () => child.kill('SIGKILL') }
  }
}

// ------------------------------------------------------------------------------------------------ who sends

function makeRequests(): Buffer[] {
  const object = (n: number) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `role-${n}`, labels: { app: 'bench', tier: 'control-plane' }, annotations: { note: 'x'.repeat(560) } },
    rules: [{ apiGroups: [''], resources: ['pods', 'services', 'endpoints'], verbs: ['get', 'list', 'watch'] }],
  })
  const event = (n: number) =>
    auditEvent({
      auditID: crypto.randomUUID(),
      verb: n % 100 === 0 ? 'create' : 'update',
      user: { username: 'system:serviceaccount:kube-system:clusterrole-aggregation-controller', groups: ['system:serviceaccounts'] },
      objectRef: { resource: 'clusterroles', name: `role-${n}`, apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' },
      requestObject: object(n),
      responseObject: object(n),
    })
  return Array.from({ length: requests }, (_, i) => {
    const items = Array.from({ length: perRequest }, (_, k) => event(i * perRequest + k))
    const body = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })
    return Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  })
}

/** Sends all requests over many connections; the times of the answers in ms. */
async function send(port: number, all: readonly Buffer[]): Promise<number[]> {
  const times: number[] = []
  let next = 0
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      let since = 0
      let answer = ''
      const ask = () => {
        const request = all[next++]
        if (request === undefined) return socket.end(() => resolve())
        since = performance.now()
        answer = ''
        return socket.write(request)
      }
      socket.on('connect', ask)
      socket.on('error', reject)
      socket.on('data', (bytes: Buffer) => {
        answer += bytes.latin1Slice()
        if (!answer.endsWith('}\n')) return
        if (!answer.startsWith('HTTP/1.1 200')) reject(new Error(answer))
        times.push(performance.now() - since)
        ask()
      })
    })
  await Promise.all(Array.from({ length: connections }, one))
  return times
}

interface Result {
  cpuSeconds: number
  seconds: number
  times: number[]
}

async function measure({ port, pid }: Server): Promise<Result> {
  const all = makeRequests()
  const before = cpuSeconds(pid)
  const start = performance.now()
  const times = await send(port, all)
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: cpuSeconds(pid) - before, times }
}

// ------------------------------------------------------------------------------------------------ the comparison

function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function config(dir: string): string {
  const plugins = [
    { name: 'k8saudit', library_path: 'libk8saudit.so', open_params: `http://127.0.0.1:0${path}` },
    { name: 'json', library_path: 'libjson.so' },
  ]
  const file = join(dir, 'falco.yaml')
  const rules = process.env.EYAS_K8S_RULES ?? 'builtin:k8s_audit_rules.yaml'
  const output = { enabled: true, filename: join(dir, 'alerts'), keep_alive: true }
  writeFileSync(
    file,
    JSON.stringify({
      engine: { kind: 'nodriver' },
      rules_files: [rules],
      plugins,
      log_stderr: true,
      log_syslog: false,
      file_output: output,
    }),
  )
  return file
}

async function compare(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
  const self = [process.execPath, import.meta.path, 'serve']
  const servers = [
    await start('Hono on Bun, parses', [...self, 'bun'], /port (\d+)/, 'stdout'),
    await start('the same server, parses', [...self, 'same'], /port (\d+)/, 'stdout'),
    await start('Eyas', [binary, '-c', config(dir), '--enable-source', 'k8s_audit'], /http:\/\/127\.0\.0\.1:(\d+)/, 'stderr'),
  ]
  const best = new Map<string, Result>()
  try {
    // In turns, as the machine has others to work for; what counts is the best round of each.
    for (let round = 0; round < rounds; round++) {
      for (const server of servers) {
        const result = await measure(server)
        const known = best.get(server.name)
        if (round > 0 && (known === undefined || result.cpuSeconds < known.cpuSeconds)) best.set(server.name, result)
      }
    }
    report(servers, best)
    const alerts = readFileSync(join(dir, 'alerts'), 'utf8').split('\n').length - 1
    console.log(`\n  ${alerts} alerts for ${rounds * requests * perRequest} events`)
  } finally {
    for (const { kill } of servers) kill()
    rmSync(dir, { recursive: true })
  }
}

function report(servers: readonly Server[], best: ReadonlyMap<string, Result>): void {
  const events = requests * perRequest
  const baseline = best.get('the same server, parses')?.cpuSeconds ?? Number.NaN
  const rows = servers.flatMap(({ name, pid }) => {
    const result = best.get(name)
    if (result === undefined) return []
    const { cpuSeconds: cpu, seconds, times } = result
    const perCore = Math.round(events / cpu).toLocaleString('en-US')
    const latency = `${percentile(times, 0.5).toFixed(1)} / ${percentile(times, 0.99).toFixed(1)} / ${percentile(times, 1).toFixed(1)}`
    return [
      [
        name,
        perCore,
        Math.round(events / seconds).toLocaleString('en-US'),
        (baseline / cpu).toFixed(2),
        latency,
        `${rssMb(pid).toFixed(0)} MB`,
      ],
    ]
  })
  const heads = ['', 'events/s of CPU', 'events/s', 'ratio', 'ms, p50 / p99 / most', 'RSS']
  console.log(`audit events, ${connections} connections, ${perRequest} events of 2 KB a request\n\n${table(heads, rows)}`)
}
