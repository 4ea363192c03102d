import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Log } from '../../src/base/log.ts'
import { AuditListener, tokenOf } from '../../src/commands/shared/audit_listener.ts'
import { parseOptions } from '../../src/plugins/k8s_audit/options.ts'
import type { IntakeRoute } from '../../src/server/routes/route.ts'

const dir = mkdtempSync(join(tmpdir(), 'eyas-audit-'))
afterAll(() => rmSync(dir, { recursive: true }))

const listeners: AuditListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

function certificate(name: string) {
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  Bun.spawnSync(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject])
  const text = (file: string) => Bun.file(file).text()
  return { key, cert, text: async () => ({ key: await text(key), cert: await text(cert) }) }
}

const [first, second, client] = [certificate('first'), certificate('second'), certificate('client')]
const lines: string[] = []
const log = new Log({ level: 'info', isIso8601: false, targets: [(line) => lines.push(line)] })
const echo: IntakeRoute = { method: 'ALL', path: '/k', answer: async () => ({ status: 200, headers: {}, body: 'here' }) }

async function pemOf(made: typeof first): Promise<string> {
  const { key, cert } = await made.text()
  return key + cert
}

async function listen(init: object, isTls = true): Promise<number> {
  const options = parseOptions(JSON.stringify(init))
  const listener = await AuditListener.open({ kind: 'webhook', isTls, hostname: '127.0.0.1', port: 0, path: '/k' }, options, [echo], log)
  listeners.push(listener)
  return listener.port
}

async function ask(port: number, tls: object): Promise<string> {
  try {
    return await (await fetch(`https://127.0.0.1:${port}/k`, { tls, keepalive: false })).text()
  } catch {
    return 'refused'
  }
}

describe('the audit webhook', () => {
  test('shows a new certificate when its file changes, and keeps the old one where that is none', async () => {
    const pem = join(dir, 'server.pem')
    writeFileSync(pem, await pemOf(first))
    const port = await listen({ sslCertificate: pem })
    const [old, next] = [{ ca: (await first.text()).cert }, { ca: (await second.text()).cert }]
    expect([await ask(port, old), await ask(port, next)]).toEqual(['here', 'refused'])

    writeFileSync(`${pem}.bad`, 'no PEM')
    renameSync(`${pem}.bad`, pem)
    while (!lines.some((line) => line.includes('keeps its old certificate'))) await new Promise((resolve) => setImmediate(resolve))
    expect(await ask(port, old)).toBe('here')

    writeFileSync(`${pem}.new`, await pemOf(second))
    renameSync(`${pem}.new`, pem)
    while ((await ask(port, next)) !== 'here');
    expect(await ask(port, old)).toBe('refused')
  }, 20_000)

  test('takes only clients with a certificate of its authorities, where it has some', async () => {
    const pem = join(dir, 'mutual.pem')
    writeFileSync(pem, await pemOf(first))
    const port = await listen({ sslCertificate: pem, clientCa: client.cert })
    const ca = (await first.text()).cert
    const [known, stranger] = [await client.text(), await second.text()]
    expect(await ask(port, { ca, ...known })).toBe('here')
    expect(await ask(port, { ca, ...stranger })).toBe('refused')
    expect(await ask(port, { ca })).toBe('refused')
  })

  test.each([
    [{ sslCertificate: '/no/such.pem' }, true, 'cannot read /no/such.pem: it does not exist'],
    [
      { sslCertificate: first.cert },
      true,
      'sslCertificate of the plugin k8saudit is no PEM file with a key and a certificate: one of them is missing',
    ],
    [{ clientCa: client.cert }, false, 'clientCa of the plugin k8saudit needs https in open_params'],
  ])('%j is a mistake', async (init, isTls, message) => {
    expect(listen(init, isTls)).rejects.toThrow(message)
  })
})

describe('the token', () => {
  test('is that of the file', () => {
    const file = join(dir, 'token')
    writeFileSync(file, 'sesame\n')
    expect(tokenOf(file)()).toBe('sesame')
    expect(tokenOf('')()).toBeUndefined()
  })

  test('must be there', () => {
    const file = join(dir, 'empty')
    writeFileSync(file, '\n')
    expect(() => tokenOf(file)).toThrow('tokenFile of the plugin k8saudit is empty')
    expect(() => tokenOf('/no/such/token')).toThrow('cannot read /no/such/token')
  })
})
