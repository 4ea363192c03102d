// Opens, connections and execs at full speed for ten minutes (EYAS_BENCH_MINUTES): memory and tables every ten seconds, and at the end what
// was counted beside what the load says that it did.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileC, root, startAgent } from '../tools/agent.ts'
import { median, table } from './report.ts'

interface Sample {
  readonly second: number
  readonly rssMb: number
  readonly threads: number
  readonly fds: number
  readonly seen: number
  readonly dropped: number
}

interface Done {
  readonly opens: number
  readonly execs: number
  readonly connections: number
}

const seconds = Number(process.env.EYAS_BENCH_MINUTES ?? 10) * 60
const workers = Number(process.env.EYAS_BENCH_WORKERS ?? 2)
// Further settings, as words: `-o falco_libs.thread_table_size=1000`.
const more = (process.env.EYAS_BENCH_OPTIONS ?? '').split(' ').filter((word) => word !== '')
const everyMs = 10_000
const settleMs = 2000
// Growth is looked at from then on.
const warmSeconds = 60
const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))

try {
  compileC(join(root, 'test/bench/load/load.c'), join(dir, 'load'))
  const port = await freePort()
  const settings = ['webserver.enabled=true', `webserver.listen_port=${port}`, 'webserver.prometheus_metrics_enabled=true']
  const counters = [
    'metrics.enabled=true',
    'metrics.interval=1h',
    'metrics.state_counters_enabled=true',
    'metrics.kernel_event_counters_enabled=true',
  ]
  const agent = await startAgent([...[...settings, ...counters].flatMap((setting) => ['-o', setting]), ...more])
  const samples: Sample[] = []
  const started = performance.now()
  const sample = async () => {
    const numbers = await numbersAt(port)
    const of = (name: string) => numbers.get(`falcosecurity_scap_${name}_total`) ?? 0
    const second = Math.round((performance.now() - started) / 1000)
    const taken = { second, rssMb: agent.rssMb(), threads: of('n_threads'), fds: of('n_fds'), seen: of('n_evts'), dropped: of('n_drops') }
    samples.push(taken)
    console.log(
      `${second} s: RSS ${taken.rssMb.toFixed(0)} MB, ${taken.threads} threads, ${taken.fds} descriptors, ${taken.seen} events, ${taken.dropped} lost`,
    )
  }
  // The web server comes a little after the capture.
  for (let tries = 0; tries < 50 && (await numbersAt(port)).size === 0; tries++) await Bun.sleep(100)
  await sample()
  const load = Bun.spawn([join(dir, 'load'), 'mix', String(seconds), String(workers)], { stdout: 'pipe' })
  const timer = setInterval(() => void sample(), everyMs)
  const done: Done = JSON.parse(await new Response(load.stdout).text())
  clearInterval(timer)
  await Bun.sleep(settleMs)
  await sample()
  await agent.stop()
  report(done, samples, agent.log)
} finally {
  rmSync(dir, { recursive: true })
}

function report(done: Done, samples: readonly Sample[], log: readonly string[]): void {
  const rows = (
    [
      ['openat', done.opens],
      ['execve', done.execs],
      ['connect', done.connections],
    ] as const
  ).map(([name, made]) => {
    const { captured, dropped } = countOf(name, log)
    return [
      name,
      String(made),
      String(captured),
      String(dropped),
      captured + dropped >= made ? `yes (${captured + dropped - made} of others)` : 'NO',
    ]
  })
  console.log(table(['call', 'made by the load', 'captured', 'lost', 'accounted for'], rows))
  const warm = samples.filter(({ second }) => second >= warmSeconds)
  const [first, last] = [samples[0], samples.at(-1)]
  const rate = last && first ? (last.seen - first.seen) / Math.max(1, last.second - first.second) : 0
  console.log(`${rate.toFixed(0)} events/s; RSS at most ${Math.max(...samples.map(({ rssMb }) => rssMb)).toFixed(0)} MB, ${slopeOf(warm)}`)
}

/** By how much memory grows after the first minute, from the medians of its halves: single samples lie where the collector was. */
function slopeOf(samples: readonly Sample[]): string {
  if (samples.length < 4) return 'too short to say whether it grows'
  const half = Math.floor(samples.length / 2)
  const of = (part: readonly Sample[]) => ({
    rss: median(part.map(({ rssMb }) => rssMb)),
    second: median(part.map(({ second }) => second)),
  })
  const [early, late] = [of(samples.slice(0, half)), of(samples.slice(half))]
  return `${(((late.rss - early.rss) * 60) / Math.max(1, late.second - early.second)).toFixed(2)} MB a minute after the first`
}

function countOf(name: string, log: readonly string[]): { captured: number; dropped: number } {
  const number = (text = '0') => Number(text.replaceAll(',', ''))
  const [, captured, dropped] = new RegExp(`^\\s+${name}\\s+([\\d,]+) captured, ([\\d,]+) dropped`, 'm').exec(log.join('\n')) ?? []
  return { captured: number(captured), dropped: number(dropped) }
}

async function numbersAt(port: number): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  const text = (await answer?.text()) ?? ''
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(rows.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
