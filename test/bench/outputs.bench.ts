// How many alerts a second each output takes, beside writing the same bytes directly to the same place.
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePipe } from '../../src/capture/pipe.ts'
import { openFileOutput } from '../../src/outputs/file.ts'
import { openHttp } from '../../src/outputs/http.ts'
import type { Message, Output } from '../../src/outputs/output.ts'
import { openProgram } from '../../src/outputs/program.ts'
import { Delivery } from '../../src/outputs/shared/delivery.ts'
import { OutputQueue } from '../../src/outputs/shared/queue.ts'
import { Spool } from '../../src/outputs/shared/spool.ts'
import { SpoolWriter } from '../../src/outputs/shared/spool_writer.ts'
import { openSyslog } from '../../src/outputs/syslog.ts'
import { plainHttp } from '../tools/http_options.ts'
import { median, table } from './report.ts'

const rounds = 5
const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
const limits = { capacity: 1e9, slowMs: 60_000, log: { error: console.error, warning: console.error } }
const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, i) => ({
    line: `{"id":"${i}","output":"${'x'.repeat(350)}","priority":"Warning","rule":"Bench"}`,
    priority: 4,
  }))

interface Contender {
  readonly name: string
  readonly count: number
  /** Through the queue, and by hand. */
  readonly ours: (all: readonly Message[]) => Promise<void>
  readonly direct: (all: readonly Message[]) => Promise<void> | void
}

async function throughQueue(output: Output, all: readonly Message[]): Promise<void> {
  const queue = new OutputQueue(output, limits)
  for (const message of all) queue.push(message)
  await queue.flush()
  await queue.close(60_000)
}

async function throughSpool(output: Output, all: readonly Message[]): Promise<void> {
  const directory = join(dir, `spool-${Math.random()}`)
  const spool = new Spool({ directory, maxBytes: 1e10, maxAgeMs: 1e9, fsync: 'batch' })
  const delivery = new Delivery(output, { ...limits, spool, maxAttempts: 0 })
  const writer = new SpoolWriter(spool, limits, () => delivery.wake())
  // As they come: what one turn of the event loop raises is one transaction.
  for (let at = 0; at < all.length; at += 500) {
    for (const message of all.slice(at, at + 500)) writer.push(message)
    await undefined
    writer.flush()
    if (at % 10_000 === 0) spool.prune()
  }
  await delivery.close(60_000)
  spool.close()
  rmSync(directory, { recursive: true })
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => {
    await request.text()
    return new Response('ok')
  },
})
const url = `http://127.0.0.1:${server.port}/`
const httpOutput = () => openHttp({ ...plainHttp, url, userAgent: 'bench', keepAlive: true })
const post = async (line: string) => {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: line })
  await response.text()
}
const file = join(dir, 'alerts')
const fileOutput = (keepAlive: boolean) => openFileOutput({ filename: file, keepAlive })
const byHand = (all: readonly Message[]) => {
  const fd = openSync(file, 'a')
  for (const { line } of all) writeSync(fd, `${line}\n`)
  closeSync(fd)
}
const intoOne = async (all: readonly Message[]) => {
  const cat = Bun.spawn(['/bin/sh', '-c', 'cat > /dev/null'], { stdin: 'pipe' })
  for (const { line } of all) cat.stdin.write(`${line}\n`)
  await cat.stdin.end()
  await cat.exited
}
const intoEach = async (all: readonly Message[]) => {
  for (const message of all) await intoOne([message])
}
const program = (keepAlive: boolean) => openProgram({ program: 'cat > /dev/null', keepAlive, pipe: makePipe })

const contenders: readonly Contender[] = [
  { name: 'file, kept open', count: 100_000, ours: (all) => throughQueue(fileOutput(true), all), direct: byHand },
  {
    name: 'file, opened each time',
    count: 50_000,
    ours: (all) => throughQueue(fileOutput(false), all),
    direct: (all) => {
      for (const { line } of all) appendFileSync(file, `${line}\n`)
    },
  },
  { name: 'file, with a spool', count: 50_000, ours: (all) => throughSpool(fileOutput(true), all), direct: byHand },
  {
    name: 'syslog (nobody listens)',
    count: 100_000,
    ours: (all) => throughQueue(openSyslog({ send: () => 'sent' }), all),
    direct: (all) => {
      for (const { line } of all) Buffer.from(line)
    },
  },
  {
    name: 'http',
    count: 3000,
    ours: (all) => throughQueue(httpOutput(), all),
    direct: async (all) => {
      for (const { line } of all) await post(line)
    },
  },
  { name: 'program, kept alive', count: 50_000, ours: (all) => throughQueue(program(true), all), direct: intoOne },
  { name: 'program, one each', count: 100, ours: (all) => throughQueue(program(false), all), direct: intoEach },
]

async function perSecond(work: () => Promise<void> | void, count: number): Promise<number> {
  const begin = performance.now()
  await work()
  return count / ((performance.now() - begin) / 1000)
}

const rows: string[][] = []
for (const { name, count, ours, direct } of contenders) {
  const all = messages(count)
  const measured: { readonly ours: number; readonly direct: number }[] = []
  // In turns, so that both meet the same machine.
  for (let round = 0; round < rounds; round++) {
    measured.push({ direct: await perSecond(() => direct(all), count), ours: await perSecond(() => ours(all), count) })
    rmSync(file, { force: true })
  }
  const number = (value: number) => Math.round(value).toLocaleString('en-US')
  const ratio = median(measured.map((each) => each.ours / each.direct))
  rows.push([
    name,
    number(median(measured.map((each) => each.ours))),
    number(median(measured.map((each) => each.direct))),
    ratio.toFixed(2),
  ])
}
console.log(`outputs: alerts a second, of ${messages(1)[0]?.line.length} bytes each, median of ${rounds}`)
console.log(table(['output', 'ours', 'directly', 'ratio'], rows))
await server.stop(true)
rmSync(dir, { recursive: true })
