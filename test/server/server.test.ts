import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../src/base/fault.ts'
import { type HealthCheck, health } from '../../src/server/routes/health.ts'
import { routes } from '../../src/server/routes/index.ts'
import { type Route, textType } from '../../src/server/routes/route.ts'
import { type ServerOptions, WebServer } from '../../src/server/server.ts'
import { RawClient } from './client.ts'

const servers: WebServer[] = []
const clients: RawClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.end()
  for (const server of servers.splice(0)) server.close()
})

const errors: string[] = []
const plain: ServerOptions = { address: '127.0.0.1', port: 0, pem: undefined, onError: ({ message }) => errors.push(message) }

async function serve(served: readonly Route[], options: Partial<ServerOptions> = {}): Promise<WebServer> {
  const server = await WebServer.open({ ...plain, ...options })
  servers.push(server)
  server.serve(served)
  return server
}

function client(server: WebServer): RawClient {
  const made = new RawClient(server.port)
  clients.push(made)
  return made
}

function check(name: string, problem?: string): HealthCheck {
  return { name, problem: () => problem }
}

const echo: Route = {
  method: 'POST',
  path: '/echo',
  bodyBytes: 1000,
  answer: async (request) => new Response(await request.text(), { headers: textType }),
}
const broken: Route = {
  method: 'GET',
  path: '/broken',
  answer: () => {
    throw new Error('no luck')
  },
}

describe('the web server', () => {
  test('answers what its routes answer, and nothing else', async () => {
    const server = await serve([routes.health({ path: '/alive', checks: () => [] }), routes.versions({ falco_version: '1' }), echo, broken])
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
      return [response.status, response.headers.get('content-type'), await response.text()]
    }
    expect(await ask('/alive')).toEqual([200, 'application/json', '{"status": "ok"}'])
    expect(await ask('/alive?x=1', { method: 'HEAD' })).toEqual([200, 'application/json', ''])
    expect(await ask('/versions')).toEqual([200, 'application/json', '{"falco_version":"1"}'])
    expect(await ask('/healthz')).toEqual([404, 'text/plain', 'not found\n'])
    expect(await ask('/alive', { method: 'DELETE' })).toEqual([404, 'text/plain', 'not found\n'])
    expect(await ask('/echo', { method: 'POST', body: 'hällo' })).toEqual([200, 'text/plain', 'hällo'])
    expect(await ask('/broken')).toEqual([500, 'text/plain', 'internal error\n'])
    expect(errors.splice(0)).toEqual(['no luck'])
  })

  test('exchanges its routes between two requests of one connection', async () => {
    const server = await serve([routes.health({ path: '/healthz', checks: () => [] })])
    const one = client(server)
    one.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await one.until(/"ok"}/)
    server.serve([routes.health({ path: '/alive', checks: () => [] })])
    one.received = ''
    one.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await one.until(/not found/)).toStartWith('HTTP/1.1 404')
  })

  test.each([
    ['a body that is too large', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n${'a'.repeat(2000)}`, /^HTTP\/1\.1 413/],
    [
      'a body that has no length',
      `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'a'.repeat(2000)}\r\n`,
      /^HTTP\/1\.1 413/,
    ],
    ['headers that are too large', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 4\d\d/],
    ['what is not HTTP', '\x16\x03\x01\x00\xa5\x01\r\n\r\n', /^HTTP\/1\.1 400|^$/],
    ['a path that is none', 'GET http://other/ HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 40\d/],
  ])('refuses %s', async (_, text, answer) => {
    const server = await serve([echo])
    const one = client(server)
    one.send(text)
    await Promise.race([one.until(/\r\n\r\n/), one.closed()])
    expect(one.received).toMatch(answer)
    const response = await fetch(`http://127.0.0.1:${server.port}/echo`, { method: 'POST', body: 'still there' })
    expect(await response.text()).toBe('still there')
  })

  test('takes no more than 64 connections, and others again when these end', async () => {
    const server = await serve([routes.health({ path: '/healthz', checks: () => [] })])
    const idle = Array.from({ length: 64 }, () => client(server))
    for (const one of idle) one.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    for (const one of idle) await one.until(/"ok"}/)
    const more = client(server)
    more.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await more.closed()
    expect(more.received).toBe('')
    idle[0]?.end()
    idle[1]?.end()
    let answer = ''
    while (answer === '') {
      const next = client(server)
      next.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
      await Promise.race([next.until(/"ok"}/), next.closed()])
      answer = next.received
      next.end()
    }
    expect(answer).toStartWith('HTTP/1.1 200')
  })

  test('a port that is taken is a mistake with a way out', async () => {
    const { port } = await serve([])
    const error = await WebServer.open({ ...plain, port }).catch((cause) => cause)
    expect(error).toBeInstanceOf(Fault)
    expect(error.format()).toBe(
      `the web server cannot listen on 127.0.0.1:${port}: another program listens there\n  choose another webserver.listen_port or listen_address, or go without: -o webserver.enabled=false`,
    )
  })

  test('an address that this machine has not is one, too', async () => {
    const error = await WebServer.open({ ...plain, address: '192.0.2.77' }).catch((cause) => cause)
    expect(error).toBeInstanceOf(Fault)
    expect(error.code).toBe('webserver-unavailable')
  })

  test('gives its port back when it is closed', async () => {
    const server = await serve([])
    const { port } = server
    server.close()
    await serve([routes.health({ path: '/healthz', checks: () => [] })], { port })
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  })
})

describe('TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-tls-'))
  const pemFor = (name: string) => {
    const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)]
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
    Bun.spawnSync(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject])
    return { pem: readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), ca: readFileSync(cert, 'utf8') }
  }
  const [first, second] = [pemFor('first'), pemFor('second')]
  rmSync(dir, { recursive: true })

  const ask = async (port: number, ca: string) => {
    const response = await fetch(`https://127.0.0.1:${port}/healthz`, { tls: { ca }, keepalive: false })
    return response.text()
  }

  test('one PEM file has the key and the certificate, and another can take its place', async () => {
    const server = await serve([routes.health({ path: '/healthz', checks: () => [] })], { pem: first.pem })
    expect(await ask(server.port, first.ca)).toBe('{"status": "ok"}')
    expect(ask(server.port, second.ca)).rejects.toThrow()
    server.present(server.readCertificate(second.pem))
    expect(await ask(server.port, second.ca)).toBe('{"status": "ok"}')
    expect(ask(server.port, first.ca)).rejects.toThrow()
  })

  test('who never shakes hands counts as a connection', async () => {
    const server = await serve([routes.health({ path: '/healthz', checks: () => [] })], { pem: first.pem })
    for (let i = 0; i < 64; i++) client(server)
    const more = client(server)
    await more.closed()
    expect(more.isClosed).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['a certificate alone', first.ca],
    ['other text', 'no PEM'],
    ['what only looks like it', first.pem.replaceAll(/[a-z]/g, 'A')],
  ])('a file with %s is a mistake', async (_, pem) => {
    const error = await WebServer.open({ ...plain, pem }).catch((cause) => cause)
    expect(error).toBeInstanceOf(Fault)
    expect(error.message).toStartWith('webserver.ssl_certificate is no PEM file with a key and a certificate')
  })
})

describe('health', () => {
  const answerOf = async (checks: readonly HealthCheck[], query = '') => {
    const response = await health({ path: '/healthz', checks: () => checks }).answer(new Request(`http://localhost/healthz${query}`))
    return [response.status, await response.text()]
  }

  test.each([
    [[], '', 200, '{"status": "ok"}'],
    [[check('capture'), check('engine')], '', 200, '{"status": "ok"}'],
    [[check('capture'), check('engine', 'slow')], '', 503, '{"status": "failing"}'],
    [
      [check('capture'), check('engine', 'slow')],
      '?verbose',
      503,
      '{"status":"failing","checks":[{"name":"capture","status":"ok"},{"name":"engine","status":"failing","reason":"slow"}]}',
    ],
    [[check('capture'), check('output http', 'down')], '?only=capture', 200, '{"status": "ok"}'],
    [[check('capture'), check('output http', 'down')], '?only=capture&only=output%20http', 503, '{"status": "failing"}'],
    [[check('capture')], '?only=captrue', 503, '{"status": "failing"}'],
    [[check('capture')], '?verbose=1', 200, '{"status":"ok","checks":[{"name":"capture","status":"ok"}]}'],
  ] as const)('%#', async (checks, query, status, body) => {
    expect(await answerOf(checks, query)).toEqual([status, body])
  })
})
