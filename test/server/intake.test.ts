import { afterEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { AuditIntake } from '../../src/plugins/k8s_audit/intake.ts'
import { IntakeServer, type IntakeServerOptions } from '../../src/server/intake_server.ts'
import { AuditIntakeRoutes, type AuditRouteOptions } from '../../src/server/routes/k8s_audit.ts'
import { auditEvent } from '../plugins/audit_events.ts'
import { RawClient } from './client.ts'

const servers: IntakeServer[] = []
const clients: RawClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.end()
  for (const server of servers.splice(0)) await server.close(0)
})

interface Setup {
  readonly route?: Partial<AuditRouteOptions>
  readonly server?: Partial<IntakeServerOptions>
  /** Holds up the answers until it resolves. */
  readonly settle?: () => Promise<void>
}

async function serve({ route, server, settle }: Setup = {}) {
  const verbs: unknown[] = []
  const reports: string[] = []
  const intake = new AuditIntake({
    duplicateWindow: 100,
    settle: settle ?? (async () => undefined),
    process: ({ audit }) => verbs.push(audit?.verb),
  })
  const { routes } = new AuditIntakeRoutes({
    path: '/k8s-audit',
    intake,
    bodyBytes: 100_000,
    queueBytes: 1_000_000,
    requests: 100,
    report: (from, { malformed, problem }) => malformed > 0 && reports.push(`${from}: ${problem}`),
    token: () => undefined,
    ...route,
  })
  const words = { server: 'the audit webhook', certificate: 'sslCertificate', hint: 'choose another' }
  const limits = { connections: 20, headersMs: 10_000, requestMs: 10_000, idleMs: 10_000 }
  const opened = await IntakeServer.open({
    address: '127.0.0.1',
    port: 0,
    pem: undefined,
    words,
    routes,
    onError: (error) => reports.push(error.message),
    ...limits,
    ...server,
  })
  servers.push(opened)
  return { port: opened.port, server: opened, verbs, reports, intake }
}

function client(port: number): RawClient {
  const made = new RawClient(port)
  clients.push(made)
  return made
}

const body = (verb: string, auditID = verb) => JSON.stringify(auditEvent({ verb, auditID }))

function request(text: string, headers = '', length: string | number = Buffer.byteLength(text)): string {
  return `POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${headers}\r\n${text}`
}

async function ask(port: number, init: RequestInit = {}, path = '/k8s-audit') {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', keepalive: false, ...init })
  return [response.status, await response.json()] as const
}

describe('the webhook', () => {
  test('takes events, and says what became of them', async () => {
    const { port, verbs } = await serve()
    expect(await ask(port, { body: body('get') })).toEqual([200, { accepted: 1, duplicates: 0, malformed: 0 }])
    expect(await ask(port, { body: body('get') })).toEqual([200, { accepted: 0, duplicates: 1, malformed: 0 }])
    const mixed = `[${body('list')},{"kind":"Pod"}]`
    expect(await ask(port, { body: mixed })).toEqual([
      200,
      { accepted: 1, duplicates: 0, malformed: 1, problem: 'kind is Event or EventList, not Pod' },
    ])
    expect(verbs).toEqual(['get', 'list'])
  })

  test.each<[string, RequestInit, number, string]>([
    ['a body that is no JSON', { body: 'hello' }, 400, "'hello' is no JSON"],
    ['nothing', {}, 400, 'the body is empty'],
    ['what is no UTF-8', { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'the body is no UTF-8 text'],
    ['what is no gzip', { body: 'hello', headers: { 'Content-Encoding': 'gzip' } }, 400, 'the body is no gzip'],
    [
      'a bomb',
      { body: gzipSync(Buffer.alloc(200_000, 0x20)), headers: { 'Content-Encoding': 'gzip' } },
      400,
      'the body has more than 100000 bytes, decompressed',
    ],
    ['another encoding', { body: 'hello', headers: { 'Content-Encoding': 'br' } }, 415, "Content-Encoding is gzip or nothing, not 'br'"],
    ['too much', { body: ' '.repeat(100_001) }, 413, 'the body has more than 100000 bytes'],
    ['another method', { method: 'GET' }, 405, 'audit events come by POST'],
  ])('refuses %s', async (_, init, status, problem) => {
    const { port, verbs, reports } = await serve()
    const [found, answer] = await ask(port, init)
    expect([found, (answer as { problem: string }).problem]).toEqual([status, problem])
    expect(verbs).toEqual([])
    expect(reports.length).toBe(status === 400 || status === 415 ? 1 : 0)
    expect(await ask(port, { body: body('get') })).toMatchObject([200, {}])
  })

  test('takes what is compressed', async () => {
    const { port, verbs } = await serve()
    await ask(port, { body: gzipSync(body('get')), headers: { 'Content-Encoding': 'gzip' } })
    expect(verbs).toEqual(['get'])
  })

  test('wants the token, where there is one', async () => {
    const { port, verbs } = await serve({ route: { token: () => 'sesame' } })
    for (const value of ['', 'Bearer open', 'Basic sesame', 'Bearer sesame2']) {
      expect((await ask(port, { body: body('get'), headers: { Authorization: value } }))[0]).toBe(401)
    }
    expect((await ask(port, { method: 'GET' }, '/k8s-audit/status'))[0]).toBe(401)
    expect((await ask(port, { body: body('get'), headers: { Authorization: 'Bearer sesame' } }))[0]).toBe(200)
    expect(verbs).toEqual(['get'])
  })

  test('answers when the alerts are written, and puts others off when too many wait', async () => {
    const written = Promise.withResolvers<void>()
    const { port } = await serve({ route: { requests: 2 }, settle: () => written.promise })
    const waiting = [ask(port, { body: body('get') }), ask(port, { body: body('list') })]
    const status = async () =>
      (await (await fetch(`http://127.0.0.1:${port}/k8s-audit/status`)).json()) as { accepted: number; refused: number; busy: boolean }
    while ((await status()).accepted < 2);
    const response = await fetch(`http://127.0.0.1:${port}/k8s-audit`, { method: 'POST', body: body('watch') })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await status()).toMatchObject({ accepted: 2, refused: 1, busy: true })
    written.resolve()
    expect((await Promise.all(waiting)).map(([code]) => code)).toEqual([200, 200])
    expect((await ask(port, { body: body('watch') }))[0]).toBe(200)
    expect(await status()).toMatchObject({ accepted: 3, refused: 1, busy: false })
  })

  test('puts off what finds no room beside what is under way, by its length alone', async () => {
    const { port, verbs } = await serve({ route: { queueBytes: 1000 } })
    const slow = client(port)
    slow.send(request('x'.repeat(10), '', 90_000))
    const other = client(port)
    let received = ''
    while (!received.includes(' 429 ')) {
      other.received = ''
      other.send(request(body('get', crypto.randomUUID())))
      received = await other.until(/\r\n\r\n[\s\S]*}\n/)
    }
    slow.end()
    while (!other.received.includes(' 200 ')) {
      other.received = ''
      other.send(request(body('list', crypto.randomUUID())))
      await other.until(/\r\n\r\n[\s\S]*}\n/)
    }
    expect(verbs).toContain('list')
  })

  test('tells how events arrive', async () => {
    const { port } = await serve()
    const before = await ask(port, { method: 'GET' }, '/k8s-audit/status')
    expect(before).toEqual([
      200,
      { accepted: 0, duplicates: 0, malformed: 0, refused: 0, busy: false, silentSeconds: null, lagSeconds: null, perMinute: 0 },
    ])
    await ask(port, { body: body('get') })
    const [, after] = await ask(port, { method: 'GET' }, '/k8s-audit/status')
    expect(after).toMatchObject({ accepted: 1, perMinute: 1 })
    expect((await ask(port, {}, '/k8s-audit/status'))[0]).toBe(405)
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404)
  })
})

describe('the protocol', () => {
  test('several requests on one connection, in pieces and at once', async () => {
    const { port, verbs } = await serve()
    const one = client(port)
    const [first, second, third] = [request(body('get')), request(body('list')), request(body('watch'))]
    for (const byte of first.slice(0, 60)) one.send(byte)
    one.send(first.slice(60))
    await one.until(/"accepted":1/)
    one.received = ''
    one.send(second + third)
    await one.until(/"accepted":1[\s\S]*"accepted":1/)
    expect(one.received.match(/HTTP\/1\.1 200 OK\r\nContent-Length: \d+\r\nContent-Type: application\/json\r\n\r\n/g)).toHaveLength(2)
    expect(verbs).toEqual(['get', 'list', 'watch'])
  })

  test('a body in chunks', async () => {
    const { port, verbs } = await serve()
    const one = client(port)
    const text = body('get')
    const chunk = (part: string) => `${part.length.toString(16)};x=y\r\n${part}\r\n`
    const whole = `POST /k8s-audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(text.slice(0, 7))}${chunk(text.slice(7))}0\r\nTrailer: x\r\n\r\n`
    for (const byte of whole) one.send(byte)
    await one.until(/"accepted":1/)
    one.received = ''
    one.send(request(body('list')))
    await one.until(/"accepted":1/)
    expect(verbs).toEqual(['get', 'list'])
  })

  test('a client that asks before it sends', async () => {
    const { port } = await serve()
    const one = client(port)
    const text = body('get')
    one.send(request('', 'Expect: 100-continue\r\n', text.length))
    await one.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    one.send(text)
    await one.until(/"accepted":1/)
  })

  test.each([
    ['Connection: close\r\n', 'HTTP/1.1'],
    ['', 'HTTP/1.0'],
  ])('ends the connection when that is asked for: %j %s', async (header, version) => {
    const { port } = await serve()
    const one = client(port)
    one.send(request(body('get'), header).replace('HTTP/1.1', version))
    await one.until(/"accepted":1/)
    await one.closed()
    expect(one.received).toContain('Connection: close\r\n')
  })

  test.each([
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['a TLS greeting', '\x16\x03\x01\x00\xa5\x01\r\n\r\n', 400],
    ['another version', 'GET / HTTP/2.0\r\n\r\n', 400],
    ['a target that is no path', 'GET http://x/ HTTP/1.1\r\n\r\n', 400],
    ['a header that is none', 'GET / HTTP/1.1\r\nHost\r\n\r\n', 400],
    ['a header that goes on', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n', 400],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nA : b\r\n\r\n', 400],
    ['a length that is none', request('x', '', '-1'), 400],
    ['two lengths', request('x', 'Content-Length: 2\r\n'), 400],
    ['a length and chunks', request('x', 'Transfer-Encoding: chunked\r\n'), 400],
    ['another encoding', 'POST /k8s-audit HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 400],
    ['a chunk that is none', 'POST /k8s-audit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a chunk without an end', 'POST /k8s-audit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}`, 431],
    ['a length that is too large', request('', '', 100_001), 413],
  ])('refuses %s, and closes', async (_, text, status) => {
    const { port, verbs } = await serve()
    const one = client(port)
    one.send(text)
    await one.closed()
    expect(one.received).toStartWith(`HTTP/1.1 ${status} `)
    expect(one.received).toContain('Connection: close')
    expect(verbs).toEqual([])
  })

  test('chunks without end are cut off', async () => {
    const { port } = await serve()
    const one = client(port)
    one.send('POST /k8s-audit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let i = 0; i < 20; i++) one.send(`2710\r\n${'x'.repeat(10_000)}\r\n`)
    await one.closed()
    expect(one.received).toStartWith('HTTP/1.1 413 ')
  })

  test.each([
    ['a head', 'POST /k8s-aud', { headersMs: 0 }, /^HTTP\/1\.1 408 /],
    ['a body', request('x', '', 10), { requestMs: 0 }, /^HTTP\/1\.1 408 /],
    ['nothing', '', { idleMs: 0 }, /^$/],
  ])('cuts off who sends %s and then no more', async (_, text, server, answer) => {
    const { port } = await serve({ server })
    const one = client(port)
    one.send(text)
    await one.closed()
    expect(one.received).toMatch(answer)
  })

  test('takes so many connections, and no more', async () => {
    const { port } = await serve({ server: { connections: 2 } })
    const [one, two] = [client(port), client(port)]
    for (const each of [one, two]) each.send(request(body('get', crypto.randomUUID())))
    for (const each of [one, two]) await each.until(/"accepted":1/)
    const more = client(port)
    more.send(request(body('list')))
    await more.closed()
    expect(more.received).toBe('')
  })

  test('who reads no answers gets none, and all of them when he reads again', async () => {
    const { port, intake } = await serve({ server: { connections: 3 } })
    const count = 30_000
    const lazy = connect(port, '127.0.0.1')
    lazy.pause()
    lazy.write(request('[]').repeat(count))
    // What is answered to others in between says that nobody waits for him.
    expect((await ask(port, { body: body('get') }))[0]).toBe(200)
    let [answers, tail] = [0, '']
    const all = Promise.withResolvers<void>()
    lazy.on('data', (bytes) => {
      const text = tail + bytes.toString('latin1')
      const parts = text.split('HTTP/1.1 200 OK')
      answers += parts.length - 1
      tail = (parts.at(-1) ?? '').slice(-14)
      if (answers === count) all.resolve()
    })
    lazy.resume()
    await all.promise
    lazy.destroy()
    expect([answers, intake.counts.accepted]).toEqual([count, 1])
  })

  test('who goes away in the middle costs nothing', async () => {
    const { port, verbs } = await serve({ route: { requests: 1 } })
    const one = client(port)
    one.send(request('x', '', 1000))
    one.end()
    await one.closed()
    let status = 0
    while (status !== 200) [status] = await ask(port, { body: body('get') })
    expect(verbs).toEqual(['get'])
  })

  test('answers what is under way when it closes', async () => {
    const written = Promise.withResolvers<void>()
    const { port, server, intake } = await serve({ settle: () => written.promise })
    const one = client(port)
    one.send(request(body('get')))
    const idle = client(port)
    while (intake.counts.accepted === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = server.close(10_000)
    await idle.closed()
    written.resolve()
    await one.until(/"accepted":1/)
    await closed
    expect(one.received).toContain('Connection: close')
  })
})
