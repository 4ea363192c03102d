import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DownloadOptions, download } from '../../src/drivers/kmod/download.ts'
import { proxyFor } from '../../src/drivers/kmod/http.ts'
import { type Answers, serve } from './repository.ts'

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
const sha256 = createHash('sha256').update(bytes).digest('hex')
const plain: DownloadOptions = { timeoutMs: 5000, insecure: false, headers: new Map(), env: {} }

let dir = ''
let count = 0
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'eyas-download-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

async function fetched(answers: Answers, options: Partial<DownloadOptions> = {}) {
  const server = serve(answers)
  const path = join(dir, `file${count++}`)
  try {
    const got = await download(`${server.url}/a/file.ko`, path, { ...plain, ...options }).catch((error: Error) => error.message)
    return { got, asked: server.asked, path }
  } finally {
    server.close()
  }
}

const whole = () => new Response(bytes)

describe('a download', () => {
  test('gives the bytes, and leaves them in the file', async () => {
    const { got, path } = await fetched({ 'a/file.ko': whole })
    expect(got).toEqual(bytes)
    expect(readFileSync(path)).toEqual(bytes)
  })

  test('takes what a server packs for the way, though it was asked not to', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const { got } = await fetched({ 'a/file.ko': () => new Response(Bun.gzipSync(bytes), { headers }) })
    expect(got).toEqual(bytes)
  })

  test.each([
    ['that is not there', { 'a/other.ko': whole }, /^the server answers 404 Not Found$/],
    ['of an empty answer without a length', { 'a/file.ko': () => new Response(null, { status: 403 }) }, /answers 403/],
    [
      'that is redirected in a circle',
      { 'a/file.ko': () => new Response(null, { status: 302, headers: { location: '/a/file.ko' } }) },
      /redirects more than 5 times/,
    ],
    [
      'that is redirected to a file',
      { 'a/file.ko': () => new Response(null, { status: 302, headers: { location: 'file:///etc/passwd' } }) },
      /is no http/,
    ],
    [
      'whose length is beyond all bounds',
      { 'a/file.ko': () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(8 << 20)) })) },
      /larger than 128 MiB/,
    ],
    [
      'that the checksum beside it does not fit',
      { 'a/file.ko': whole, 'a/file.ko.sha256': () => new Response(`${'0'.repeat(64)}  file.ko\n`) },
      /it is damaged: its sha256 is not the one that http:.*file\.ko\.sha256 gives/,
    ],
    [
      'that the digest in its headers does not fit',
      { 'a/file.ko': () => new Response(bytes, { headers: { 'repr-digest': `sha-256=:${'A'.repeat(43)}=:` } }) },
      /its sha256 is not the one that repr-digest gives/,
    ],
    [
      'that Content-MD5 does not fit',
      { 'a/file.ko': () => new Response(bytes, { headers: { 'content-md5': `${'A'.repeat(22)}==` } }) },
      /its md5 is not the one that content-md5 gives/,
    ],
  ] as readonly (readonly [string, Answers, RegExp])[])('%s fails', async (_name, answers, reason) => {
    expect((await fetched(answers)).got).toMatch(reason)
  })

  test('with checksums that fit is taken', async () => {
    const answers = {
      'a/file.ko': () => new Response(bytes, { headers: { digest: `sha-256=${Buffer.from(sha256, 'hex').toString('base64')}` } }),
      'a/file.ko.sha256': () => new Response(`${sha256}  file.ko\n`),
    }
    expect((await fetched(answers, { sha256 })).got).toEqual(bytes)
    expect((await fetched(answers, { sha256: '1'.repeat(64) })).got).toMatch(/that --sha256 gives/)
  })

  test('from a server that says nothing ends', async () => {
    const { got } = await fetched({ 'a/file.ko': () => new Promise<Response>(() => undefined) }, { timeoutMs: 50 })
    expect(got).toMatch(/^not done within 0.05 s \(--http-timeout\)$/)
  })

  test('is tried again where that can help', async () => {
    let times = 0
    const { got, asked } = await fetched({ 'a/file.ko': () => (times++ === 0 ? new Response('busy', { status: 503 }) : whole()) })
    expect(got).toEqual(bytes)
    expect(asked.filter((line) => line.endsWith('.ko'))).toHaveLength(2)
  })

  test('sends the headers it is given', async () => {
    let seen: string | null = ''
    const answers = {
      'a/file.ko': (request: Request) => {
        seen = request.headers.get('x-token')
        return whole()
      },
    }
    await fetched(answers, { headers: new Map([['X-Token', 'secret']]) })
    expect(seen).toBe('secret')
  })

  test('does not send them to another server', async () => {
    let seen: string | null = 'none asked'
    const other = serve({
      x: (request) => {
        seen = request.headers.get('x-token')
        return whole()
      },
    })
    const answers = { 'a/file.ko': () => new Response(null, { status: 307, headers: { location: `${other.url}/x` } }) }
    const { got } = await fetched(answers, { headers: new Map([['X-Token', 'secret']]) })
    other.close()
    expect(got).toEqual(bytes)
    expect(seen).toBeNull()
  })

  test('goes on where the last try broke off', async () => {
    const ranges: (string | undefined)[] = []
    // A server of its own: it hangs up in the middle of the first answer.
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        const range = /^range: bytes=(\d+)-/im.exec(data.toString('latin1'))?.[1]
        if (data.toString('latin1').includes('.sha256')) return socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
        ranges.push(range)
        if (range === undefined) {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\netag: "one"\r\n\r\n`)
          return socket.write(bytes.subarray(0, 40_000), () => setTimeout(() => socket.destroy(), 50))
        }
        const start = Number(range)
        const head = `content-range: bytes ${start}-${bytes.length - 1}/${bytes.length}\r\ncontent-length: ${bytes.length - start}`
        socket.write(`HTTP/1.1 206 Partial Content\r\n${head}\r\nconnection: close\r\n\r\n`)
        return socket.end(bytes.subarray(start))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const got = await download(`http://127.0.0.1:${port}/file.ko`, join(dir, 'resumed'), plain)
    server.close()
    expect(got.equals(bytes)).toBe(true)
    expect(ranges[0]).toBeUndefined()
    expect(Number(ranges[1])).toBeGreaterThan(0)
  })

  test('goes through the proxy that the environment names', async () => {
    const seen: string[] = []
    const proxy = createServer((socket) => {
      socket.once('data', (data) => {
        const [line = ''] = data.toString('latin1').split('\r\n')
        seen.push(line)
        socket.end(
          line.includes('.sha256') ? 'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n' : `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi`,
        )
      })
    })
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
    const { port } = proxy.address() as { port: number }
    const got = await download('http://drivers.invalid/file.ko', join(dir, 'proxied'), {
      ...plain,
      env: { http_proxy: `127.0.0.1:${port}` },
    })
    proxy.close()
    expect(got.toString()).toBe('hi')
    expect(seen[0]).toBe('GET http://drivers.invalid/file.ko HTTP/1.1')
  })

  test('without a network says so', async () => {
    const got = await download('http://127.0.0.1:1/file.ko', join(dir, 'none'), plain).catch((error: Error) => error.message)
    expect(got).toBe('nothing listens there')
  })

  test('takes only servers whose authority is known, or named', async () => {
    const files = ['ca.key', 'ca.pem'].map((name) => join(dir, name))
    const [key = '', cert = ''] = files
    const made = Bun.spawnSync([
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ])
    expect(made.exitCode).toBe(0)
    const server = serve({ 'file.ko': whole }, { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') })
    const fetchTls = (name: string, options: Partial<DownloadOptions>) =>
      download(`${server.url}/file.ko`, join(dir, name), { ...plain, ...options }).catch((error: Error) => error.message)
    expect(await fetchTls('unknown', {})).toMatch(/certificate signed itself|authority is not known/)
    expect(await fetchTls('insecure', { insecure: true })).toEqual(bytes)
    expect(await fetchTls('named', { env: { SSL_CERT_FILE: cert } })).toEqual(bytes)
    server.close()
  })
})

describe('proxies', () => {
  test.each([
    ['http://a.b/x', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['http://a.b/x', { http_proxy: 'p:1' }, 'http://p:1'],
    ['https://a.b/x', { http_proxy: 'p:1' }, undefined],
    ['https://a.b/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.b' }, undefined],
    ['https://a.b/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'c, b:443' }, 'http://p:1'],
    ['https://a.b/x', { HTTPS_PROXY: 'http://p:1', no_proxy: '*' }, undefined],
    ['https://ab/x', { HTTPS_PROXY: 'http://p:1', no_proxy: 'b' }, 'http://p:1'],
    ['http://a.b/x', {}, undefined],
  ] as const)('%s %j', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)).toBe(expected)
  })
})
