import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { makePipe as pipe } from '../../src/capture/pipe.ts'
import { openFileOutput } from '../../src/outputs/file.ts'
import { openHttp } from '../../src/outputs/http.ts'
import { outputs } from '../../src/outputs/index.ts'
import type { Message } from '../../src/outputs/output.ts'
import { openProgram } from '../../src/outputs/program.ts'
import { openSyslog } from '../../src/outputs/syslog.ts'
import { plainHttp } from '../tools/http_options.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-outputs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const messages = (...lines: readonly string[]): Message[] => lines.map((line) => ({ line, priority: 4 }))

test('every output is in the list', () => {
  const files = readdirSync(join(import.meta.dir, '../../src/outputs')).filter((name) => name.endsWith('.ts'))
  const members = files.filter((name) => name !== 'index.ts' && name !== 'output.ts').map((name) => name.replace('.ts', ''))
  expect(members.sort()).toEqual(Object.keys(outputs).sort())
})

describe('the file', () => {
  test.each([true, false])('is appended to and follows a rotation (keep_alive %p)', async (keepAlive) => {
    const filename = join(folder, `alerts-${keepAlive}`)
    writeFileSync(filename, 'old\n')
    const output = openFileOutput({ filename, keepAlive })
    await output.write(messages('a', 'b'))
    renameSync(filename, `${filename}.1`)
    output.reopen?.()
    await output.write(messages('ü'))
    await output.close()
    expect(readFileSync(`${filename}.1`, 'utf8')).toBe('old\na\nb\n')
    expect(readFileSync(filename, 'utf8')).toBe('ü\n')
  })

  test.each([
    ['none/alerts', 'its directory does not exist'],
    ['.', 'it is a directory'],
  ])('%s is refused at once', (name, reason) => {
    const filename = join(folder, name)
    expect(() => openFileOutput({ filename, keepAlive: true })).toThrow(`cannot write alerts to ${filename}: ${reason}`)
  })

  test('a folder that has gone is a failure with the path in it', async () => {
    const gone = mkdtempSync(join(folder, 'gone-'))
    const filename = join(gone, 'alerts')
    const output = openFileOutput({ filename, keepAlive: true })
    rmSync(gone, { recursive: true })
    await expect(output.write(messages('a'))).rejects.toThrow(`cannot write to ${filename}: ENOENT`)
  })
})

describe('the program', () => {
  test('runs once for each alert', async () => {
    const file = join(folder, 'each')
    const output = openProgram({ program: `echo START >> ${file}; cat >> ${file}`, keepAlive: false, pipe })
    await output.write(messages('a', 'b'))
    await output.close()
    expect(readFileSync(file, 'utf8')).toBe('START\na\nSTART\nb\n')
  })

  test('or once for all', async () => {
    const file = join(folder, 'all')
    const output = openProgram({ program: `echo START >> ${file}; cat >> ${file}`, keepAlive: true, pipe })
    await output.write(messages('a'))
    await output.write(messages('b'))
    await output.close()
    expect(readFileSync(file, 'utf8')).toBe('START\na\nb\n')
  })

  test.each([
    ['each', 'read x && echo "$x" >> FILE'],
    ['each third', 'for i in 1 2 3; do read x && echo "$x" >> FILE; done'],
    ['each, with a failure', 'read x && echo "$x" >> FILE; exit 1'],
  ])('that dies after %s is started again, and what it has not read is not lost', async (name, command) => {
    const file = join(folder, `dies-${name.replaceAll(' ', '-')}`)
    const output = openProgram({ program: command.replace('FILE', file), keepAlive: true, pipe })
    const lines = Array.from({ length: 20 }, (_, i) => `alert ${i} ${'x'.repeat(100)}`)
    await output.write(messages(...lines.slice(0, 11)))
    await output.write(messages(...lines.slice(11)))
    // At the end there may be nobody left to read what another died with.
    for (let i = 0; i < 500 && linesIn(file).length < lines.length; i++) await Bun.sleep(5)
    expect(linesIn(file)).toEqual(lines)
    await output.close().catch(() => undefined)
  })

  test('that takes nothing is a failure, and tried again by whoever wants to', async () => {
    const output = openProgram({ program: 'exit 7', keepAlive: true, pipe })
    const failure = await output.write(messages('x'.repeat(200_000))).catch((error) => error)
    expect(failure.message).toBe('the program ended with exit code 7 and took no alert')
    expect(failure.written).toBe(0)
    await output.close().catch(() => undefined)
  })

  test('that never reads keeps its writer waiting, and nobody else', async () => {
    const output = openProgram({ program: 'exec sleep 60', keepAlive: true, pipe })
    let isDone = false
    const writing = output.write(messages('x'.repeat(2_000_000))).finally(() => {
      isDone = true
    })
    const file = openFileOutput({ filename: join(folder, 'beside'), keepAlive: true })
    for (let i = 0; i < 20; i++) await file.write(messages('a'))
    expect(readFileSync(join(folder, 'beside'), 'utf8')).toBe('a\n'.repeat(20))
    expect(isDone).toBe(false)
    void writing.catch(() => undefined)
  })

  test('one that fails is told', async () => {
    const output = openProgram({ program: 'cat > /dev/null; exit 3', keepAlive: false, pipe })
    await expect(output.write(messages('a'))).rejects.toThrow('the program ended with exit code 3')
  })
})

function linesIn(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
}

describe('http', () => {
  const options = { ...plainHttp, isJson: false, userAgent: 'falcosecurity/falco' }

  test.each([
    [false, false, 'text/plain'],
    [true, true, 'application/json'],
  ])('posts each alert (JSON %p, compressed %p)', async (isJson, compress, type) => {
    const seen: { type: string | null; agent: string | null; body: string }[] = []
    const server = Bun.serve({
      port: 0,
      async fetch(request) {
        const bytes = Buffer.from(await request.arrayBuffer())
        const isZip = request.headers.get('content-encoding') === 'gzip'
        seen.push({
          type: request.headers.get('content-type'),
          agent: request.headers.get('user-agent'),
          body: (isZip ? gunzipSync(bytes) : bytes).toString(),
        })
        return new Response('ok')
      },
    })
    const output = openHttp({ ...options, url: `http://127.0.0.1:${server.port}/x`, isJson, compress })
    await output.write(messages('a', 'b'))
    await server.stop(true)
    expect(seen).toEqual(['a', 'b'].map((body) => ({ type, agent: 'falcosecurity/falco', body })))
  })

  test('posts many at a time, a few in their order; what failed is told apart from what did not', async () => {
    let [now, most] = [0, 0]
    const seen: string[] = []
    const server = Bun.serve({
      port: 0,
      async fetch(request) {
        most = Math.max(most, ++now)
        const line = await request.text()
        await Bun.sleep(line === '3' ? 0 : 20)
        now--
        if (line === '3') return new Response('', { status: 500 })
        seen.push(line)
        return new Response('ok')
      },
    })
    const output = openHttp({ ...options, url: `http://127.0.0.1:${server.port}/` })
    await output.write(messages('a', 'b', 'c'))
    expect([most, seen.splice(0)]).toEqual([1, ['a', 'b', 'c']])
    const failure = await output.write(messages(...Array.from({ length: 16 }, (_, i) => String(i)))).catch((error) => error)
    await server.stop(true)
    expect(most).toBeGreaterThan(1)
    expect(failure.written).toBe(3)
    const arrived = new Set(seen.map(Number))
    for (let i = 0; i < 16; i++) expect([i, arrived.has(i)]).toEqual([i, i < failure.written || failure.ahead.has(i)])
  })

  test('a receiver that is not there is a failure in words that scripts know', async () => {
    const output = openHttp({ ...options, url: 'http://127.0.0.1:1/x' })
    await expect(output.write(messages('a'))).rejects.toThrow('cannot post to http://127.0.0.1:1/x (libcurl failed to perform call)')
  })

  test('one that does not answer is asked again', async () => {
    let requests = 0
    const fetch = () => {
      requests++
      return new Promise<Response>(() => undefined)
    }
    const server = Bun.serve({ port: 0, fetch })
    const output = openHttp({ ...options, url: `http://127.0.0.1:${server.port}/`, maxConsecutiveTimeouts: 2, timeoutMs: 20 })
    await expect(output.write(messages('a'))).rejects.toThrow('libcurl failed to perform call')
    await server.stop(true)
    expect(requests).toBe(3)
  })

  test('a certificate that cannot be read is told when the output is opened', () => {
    expect(existsSync('/nowhere.pem')).toBe(false)
    expect(() => openHttp({ ...options, url: 'https://x/', caCert: '/nowhere.pem' })).toThrow('cannot read /nowhere.pem')
  })
})

describe('syslog', () => {
  test('has the severity of the rule', async () => {
    const sent: string[] = []
    const output = openSyslog({
      send: (severity, text) => {
        sent.push(`${severity} ${text}`)
        return 'sent'
      },
    })
    await output.write([
      { line: 'a', priority: 0 },
      { line: 'b', priority: 7 },
    ])
    expect(sent).toEqual(['0 a', '7 b'])
  })

  test('a daemon that has no room, or starts anew, is waited for', async () => {
    const answers: Answer[] = ['sent', 'full', 'full', 'absent', 'absent', 'sent']
    const output = openSyslog({ send: () => answers.shift() ?? 'sent' })
    await output.write(messages('a', 'b'))
    expect(answers).toEqual([])
  })

  test.each([
    ['absent', 'nobody takes messages at /dev/log'],
    ['too-long', 'an alert is longer than what the system log takes'],
  ] as const)('%s is a failure', async (answer, words) => {
    await expect(openSyslog({ send: () => answer }).write(messages('a'))).rejects.toThrow(words)
  })

  test('a daemon that stays away is waited for once', async () => {
    const answers: Answer[] = ['sent']
    let calls = 0
    const send = () => {
      calls++
      return answers.shift() ?? 'absent'
    }
    const output = openSyslog({ send, patienceMs: 50 })
    await output.write(messages('a'))
    await expect(output.write(messages('b'))).rejects.toThrow('nobody')
    const before = calls
    await expect(output.write(messages('c'))).rejects.toThrow('nobody')
    expect(calls).toBe(before + 1)
  })
})

type Answer = 'sent' | 'full' | 'absent' | 'too-long'
