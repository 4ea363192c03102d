import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { auditEvent, podSpec } from '../plugins/audit_events.ts'
import { binary } from '../tools/agent.ts'

const dir = mkdtempSync(join(tmpdir(), 'eyas-audit-cli-'))
const running = new Set<Bun.Subprocess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})
afterAll(() => rmSync(dir, { recursive: true }))

function audit(...args: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, 'audit', ...args], { cwd: dir, env: { PATH: process.env.PATH ?? '' } })
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}

const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const admin = { username: 'kubernetes-admin' }
const events = [
  auditEvent({ user: admin, requestObject: { kind: 'Pod', spec: podSpec } }),
  auditEvent({ user: { username: 'eve' }, verb: 'list', auditID: 'b', objectRef: { resource: 'nodes' } }),
  auditEvent({ user: admin, verb: 'get', auditID: 'c' }),
]
const log = file('audit.log', events.map((event) => `${JSON.stringify(event)}\n`).join(''))

describe('audit kubeconfig', () => {
  test('has what kube-apiserver needs', () => {
    const [ca, cert, key, token] = [file('ca.crt', 'CA'), file('c.crt', 'CERT'), file('c.key', 'KEY'), file('token', 'sesame\n')]
    const { out, code } = audit(
      'kubeconfig',
      '--server',
      'https://h:9765',
      '--ca',
      ca,
      '--client-cert',
      cert,
      '--client-key',
      key,
      '--token-file',
      token,
    )
    expect(code).toBe(0)
    expect(parse(out)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'eyas', cluster: { server: 'https://h:9765/k8s-audit', 'certificate-authority-data': btoa('CA') } }],
      users: [
        { name: 'kube-apiserver', user: { token: 'sesame', 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') } },
      ],
      contexts: [{ name: 'eyas', context: { cluster: 'eyas', user: 'kube-apiserver' } }],
      'current-context': 'eyas',
    })
  })

  test.each([
    [['kubeconfig'], '--server is missing'],
    [['kubeconfig', '--server', 'h:9765'], "--server takes a URL, not 'h:9765'"],
    [['kubeconfig', '--server', 'http://h', '--client-cert', 'x'], 'a client certificate and its key come together'],
    [['kubeconfig', '--server', 'http://h', '--ca', 'none.crt'], 'cannot read none.crt: it does not exist'],
    [['apiserver', '--cluster', 'k9s'], "there is no --cluster 'k9s'"],
    [['send'], 'audit send wants a FILE'],
    [['send', log, '--batch', '0'], "--batch takes a whole number from 1, not '0'"],
    [['scan', 'none.log'], 'cannot read audit events from none.log: it does not exist'],
    [['policy', '--full', '--minimal'], 'Cannot specify both --minimal and --full'],
    [['policy', 'none.yaml'], 'cannot read none.yaml: it does not exist'],
    [['check', '--server', 'http://127.0.0.1:1'], 'cannot ask http://127.0.0.1:1/k8s-audit/status: nothing listens there'],
    [['polcy'], "there is no command 'audit polcy'"],
  ])('%j is a mistake', (args, message) => {
    const { code, err, out } = audit(...args)
    expect(err).toStartWith(`Error: ${message}`)
    expect([code, out]).toEqual([1, ''])
  })
})

describe('audit apiserver', () => {
  test.each([[[]], [['--cluster', 'kind']], [['--cluster', 'k3s', '--log']], [['--log', '--dir', '/etc/a']]])('%j is YAML', (args) => {
    const { out, code } = audit('apiserver', ...args)
    expect(code).toBe(0)
    expect(() => parse(out)).not.toThrow()
    expect(out).toMatch(/audit-policy-file[=:]/)
  })
})

describe('audit policy', () => {
  test('is one for kube-apiserver, and blinds no rule', () => {
    const policy = audit('policy')
    expect(parse(policy.out)).toMatchObject({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'] })
    expect(audit('policy', file('policy.yaml', policy.out))).toEqual({ code: 0, out: '48 rules: 0 blind, 0 in part\n', err: '' })
  })

  test('of other rules, and what another one blinds', () => {
    const rules = file(
      'rules.yaml',
      JSON.stringify([
        { rule: 'r', desc: 'd', condition: 'ka.target.resource = secrets', output: 'x', priority: 'INFO', source: 'k8s_audit' },
      ]),
    )
    const poor = file(
      'poor.yaml',
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: None\n    resources: [{group: "", resources: [secrets]}]\n  - level: Metadata\n',
    )
    const { code, out } = audit('policy', '-r', rules, poor)
    expect([code, out.split('\n')[0], out.split('\n').at(-2)]).toEqual([1, 'blind: r', '1 rules: 1 blind, 0 in part'])
    expect(JSON.parse(audit('policy', '-r', rules, '--json', poor).out)).toMatchObject({ rules: 1, blind: [{ rule: 'r', isWhole: true }] })
  })
})

describe('audit scan', () => {
  test('prints alerts, and a summary', () => {
    const { out, err, code } = audit('scan', log)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{9}: Warning Privileged pod \(user=kubernetes-admin/)
    expect(out.slice(out.indexOf('\n\n') + 2)).toBe(`3 events, 2 alerts
Alerts by rule:
        1  Create Privileged Pod
        1  Disallowed K8s User
Alerts by user:
        1  eve
        1  kubernetes-admin
Alerts by resource:
        1  nodes
        1  pods
`)
  })

  test('as JSON', () => {
    const lines = audit('scan', '--json', '--top', '1', log).out.trimEnd().split('\n')
    expect(lines.map((line) => Object.keys(JSON.parse(line)).includes('rule'))).toEqual([true, true, false])
    expect(JSON.parse(lines[2] ?? '')).toEqual({
      summary: {
        events: 3,
        alerts: 2,
        malformed: 0,
        rules: { 'Create Privileged Pod': 1, 'Disallowed K8s User': 1 },
        users: { eve: 1 },
        resources: { nodes: 1 },
      },
    })
  })

  test('of a file that breaks off: what is whole in it, and why that is not all', () => {
    const many = Array.from(
      { length: 2000 },
      () => `${JSON.stringify(auditEvent({ user: admin, verb: 'get', auditID: crypto.randomUUID() }))}\n`,
    )
    const whole = gzipSync(many.join(''))
    writeFileSync(join(dir, 'cut.log.gz'), whole.subarray(0, whole.length / 2))
    const { out, err, code } = audit('scan', '-q', 'cut.log.gz')
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('Error: cannot read audit events from cut.log.gz: its compressed data breaks off'),
    ])
    expect(Number(/^(\d+) events/.exec(out)?.[1])).toBeGreaterThan(500)
  })
})

test('audit send and audit check, with an agent that has no privileges', async () => {
  const listen = 'plugins[]={"name":"k8saudit","library_path":"libk8saudit.so","open_params":"http://127.0.0.1:0/k8s-audit"}'
  const json = 'plugins[]={"name":"json","library_path":"libjson.so"}'
  const drop =
    process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--no-new-privs'] : []
  const isDropped = drop.length > 0 && Bun.which('setpriv') !== null
  // The program itself may be where nobody else may look.
  const program = file('eyas', '')
  await Bun.write(program, Bun.file(binary))
  Bun.spawnSync(['chmod', '-R', 'a+rx', dir])
  const child = Bun.spawn([...(isDropped ? drop : []), program, '-o', listen, '-o', json, '--enable-source', 'k8s_audit'], {
    cwd: '/',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  running.add(child)
  const reader = child.stderr.getReader()
  let told = ''
  let port: string | undefined
  while (port === undefined) {
    const { value, done } = await reader.read()
    if (done) throw new Error(told)
    told += new TextDecoder().decode(value)
    port = /http:\/\/127\.0\.0\.1:(\d+)\/k8s-audit/.exec(told)?.[1]
  }
  const server = ['--server', `http://127.0.0.1:${port}`]
  expect(audit('check', ...server)).toMatchObject({ code: 1, out: expect.stringContaining('no event has come yet') })
  expect(audit('send', ...server, '--repeat', '50', '--batch', '20', '--gzip', log)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^150 events accepted, 0 known already, 0 malformed, .*\n8 requests, 0 of them again; 0 given up/),
  })
  expect(audit('send', ...server, log).out).toContain('0 events accepted, 3 known already')
  expect(audit('check', ...server, '--silence', '999999999')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^events {7}150 accepted, 150 in the last minute\n/),
  })
  expect(JSON.parse(audit('check', ...server, '--json').out)).toMatchObject({ accepted: 150, duplicates: 3, problem: null })
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(await new Response(child.stdout).text()).toContain('Events detected: 100\n')
})
