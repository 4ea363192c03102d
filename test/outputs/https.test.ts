import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type HttpOptions, openHttp } from '../../src/outputs/http.ts'
import { plainHttp } from '../tools/http_options.ts'

// A receiver that speaks HTTPS and asks for client certificates, with a CA of its own.

const dir = mkdtempSync(join(tmpdir(), 'eyas-https-'))
const path = (name: string) => join(dir, name)
const openssl = Bun.which('openssl')
if (openssl === null) console.warn('tests of HTTPS are skipped: there is no openssl')

function run(...args: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([openssl ?? '', ...args], { cwd: dir })
  if (exitCode !== 0) throw new Error(stderr.toString())
}

function authority(name: string): void {
  run(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-subj',
    `/CN=${name}`,
  )
}

function certificate(name: string, ca: string): void {
  writeFileSync(path(`${name}.ext`), 'subjectAltName=IP:127.0.0.1')
  run('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
  const signed = ['-in', `${name}.csr`, '-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', '2']
  run('x509', '-req', ...signed, '-extfile', `${name}.ext`, '-out', `${name}.crt`)
}

describe.skipIf(openssl === null)('a receiver with certificates', () => {
  let server: Server
  let url = ''
  const bodies: string[] = []

  beforeAll(async () => {
    for (const name of ['ca', 'other']) authority(name)
    certificate('server', 'ca')
    certificate('client', 'ca')
    certificate('stranger', 'other')
    mkdirSync(path('directory'))
    writeFileSync(path('directory/mine.pem'), readFileSync(path('ca.crt')))
    const options = { key: readFileSync(path('server.key')), cert: readFileSync(path('server.crt')), ca: readFileSync(path('ca.crt')) }
    server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const whole = Buffer.concat(chunks)
        bodies.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole).toString())
        response.end('ok')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `https://127.0.0.1:${(server.address() as { port: number }).port}/`
  })
  afterAll(() => {
    server?.close()
    rmSync(dir, { recursive: true })
  })

  const pair = (name: string) => ({ cert: path(`${name}.crt`), key: path(`${name}.key`) })
  const send = async (options: Partial<HttpOptions>) => {
    bodies.length = 0
    await openHttp({ ...plainHttp, url, ...options }).write([{ line: '{"rule":"A"}', priority: 4 }])
    return [...bodies]
  }

  test.each([
    ['ca_cert', () => ({ caCert: path('ca.crt') })],
    ['ca_bundle', () => ({ caBundle: path('ca.crt') })],
    ['ca_path', () => ({ caPath: path('directory') })],
    ['insecure', () => ({ insecure: true })],
    ['ca_cert and gzip', () => ({ caCert: path('ca.crt'), compress: true })],
    ['ca_cert and keep_alive', () => ({ caCert: path('ca.crt'), keepAlive: true })],
  ])('gets alerts with %s', async (_, options) => {
    expect(await send({ ...options(), client: pair('client') })).toEqual(['{"rule":"A"}'])
  })

  test.each([
    ['another CA of the server', () => ({ caCert: path('other.crt'), client: pair('client') })],
    ['no CA at all', () => ({ caPath: path('nothing'), client: pair('client') })],
    ['no client certificate', () => ({ caCert: path('ca.crt') })],
    ['a client certificate of a stranger', () => ({ caCert: path('ca.crt'), client: pair('stranger') })],
  ])('gets none with %s, and it is told', async (_, options) => {
    await expect(send(options())).rejects.toThrow(/^cannot post to https:.* \(libcurl failed to perform call\): /)
    expect(bodies).toEqual([])
  })
})
