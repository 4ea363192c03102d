// Slowdown of a load and the CPU time that we spend on it, beside what Falco 0.44.1 did on the same kind of machine.
// Each round runs the load without us, then with us; the figures are medians over the rounds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, compileC, root, startAgent } from '../tools/agent.ts'
import { median, percent, table } from './report.ts'

interface Row {
  readonly mode: string
  readonly workers: number
  readonly seconds: number
  readonly rate?: number
  /** Falco 0.44.1, modern eBPF, 25 stable rules, 2 cores: slowdown and CPU seconds of the agent. */
  readonly falcoSlowdown: number
  readonly falcoCpu: number
  /** Events that it captured meanwhile, thousands. */
  readonly falcoKiloEvents: number
}

// What one iteration of each load is to Falco, in events: so its CPU time can be told for the work, which our runs do more of.
const falcoEventsOf: Readonly<Record<string, number>> = { mix: 275, file: 200, net: 70, exec: 13.9 }

const rows: readonly Row[] = [
  { mode: 'mix', workers: 1, seconds: 10, falcoSlowdown: 0.177, falcoCpu: 2.01, falcoKiloEvents: 1690 },
  { mode: 'mix', workers: 2, seconds: 10, falcoSlowdown: 0.352, falcoCpu: 3.0, falcoKiloEvents: 2920 },
  { mode: 'file', workers: 1, seconds: 6, falcoSlowdown: 0.418, falcoCpu: 2.72, falcoKiloEvents: 2790 },
  { mode: 'file', workers: 2, seconds: 6, falcoSlowdown: 0.595, falcoCpu: 3.32, falcoKiloEvents: 3960 },
  { mode: 'file', workers: 6, seconds: 6, falcoSlowdown: 0.518, falcoCpu: 1.84, falcoKiloEvents: 4610 },
  { mode: 'net', workers: 1, seconds: 6, falcoSlowdown: 0.161, falcoCpu: 0.77, falcoKiloEvents: 1060 },
  { mode: 'exec', workers: 1, seconds: 6, falcoSlowdown: 0.084, falcoCpu: 0.54, falcoKiloEvents: 81 },
  { mode: 'mix', workers: 1, seconds: 10, rate: 100, falcoSlowdown: 0, falcoCpu: 0.41, falcoKiloEvents: 275 },
]

interface Run {
  readonly iterations: number
  readonly opens: number
  readonly seconds: number
}

interface Round {
  readonly slowdown: number
  readonly cpu: number
  readonly iterations: number
  readonly captured: number
  readonly dropped: number
  readonly isAccounted: boolean
  readonly isCaught: boolean
}

// Its first seconds are over when it needs less than this of a core.
const restingCpu = 0.03
const settleMs = 1000
const mostSettles = 30
const rounds = Number(process.env.EYAS_BENCH_ROUNDS ?? 3)
const only = process.env.EYAS_BENCH_ROWS?.split(',').map(Number)
const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
const load = join(dir, 'load')

try {
  compileC(join(root, 'test/bench/load/load.c'), load)
  const lines: string[][] = []
  for (const [index, row] of rows.entries()) {
    if (only && !only.includes(index)) continue
    const done: Round[] = []
    for (let round = 0; round < rounds; round++) done.push(await measure(row))
    lines.push(describe(row, done))
  }
  console.log('Load: slowdown and agent CPU, beside Falco 0.44.1')
  console.log(
    table(
      [
        'load',
        'slowdown',
        'Falco',
        'agent CPU',
        'Falco',
        'per 1000 iterations',
        'Falco',
        'events',
        'dropped',
        'accounted',
        'attack caught',
      ],
      lines,
    ),
  )
} finally {
  rmSync(dir, { recursive: true })
}

async function measure(row: Row): Promise<Round> {
  const before = await rateAlone(row)
  const agent = await startAgent(['-o', 'json_output=true'])
  await settle(agent)
  const cpuBefore = agent.cpuSeconds()
  const running = runLoad(row)
  // The attack in the middle of the load: a read of /etc/shadow by a program that has no business there.
  await Bun.sleep(row.seconds * 500)
  Bun.spawnSync(['cat', '/etc/shadow'], { stdout: 'ignore' })
  const watched = await running
  const cpu = agent.cpuSeconds() - cpuBefore
  const alert = await agent.alert((line) => line.includes('Read sensitive file untrusted'), 10_000)
  await agent.stop()
  const { seen, dropped, opens } = summaryOf(agent.log)
  const alone = (before + (await rateAlone(row))) / 2
  return {
    slowdown: row.rate === undefined ? 1 - watched.iterations / watched.seconds / alone : 0,
    cpu,
    iterations: watched.iterations,
    captured: seen - dropped,
    dropped,
    isAccounted: opens >= watched.opens,
    isCaught: alert !== undefined,
  }
}

/** Iterations a second without the agent: measured before and after it ran, as the machine's speed drifts. */
async function rateAlone(row: Row): Promise<number> {
  if (row.rate !== undefined) return row.rate
  const { iterations, seconds } = await runLoad(row)
  return iterations / seconds
}

/** Waits for its first seconds to be over: like Falco's figures, ours leave out what starting costs. */
async function settle(agent: Agent): Promise<void> {
  for (let i = 0; i < mostSettles; i++) {
    const before = agent.cpuSeconds()
    await Bun.sleep(settleMs)
    if (i > 1 && agent.cpuSeconds() - before < (restingCpu * settleMs) / 1000) return
  }
}

async function runLoad(row: Row): Promise<Run> {
  const args = [row.mode, String(row.seconds), String(row.workers), String(row.rate ?? 0)]
  const child = Bun.spawn([load, ...args], { stdout: 'pipe' })
  return JSON.parse(await new Response(child.stdout).text())
}

/** The totals that the agent prints when it ends, and how many opens it saw, captured or dropped. */
function summaryOf(log: readonly string[]): { seen: number; dropped: number; opens: number } {
  const number = (pattern: RegExp) => log.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined) ?? '0'
  const count = (pattern: RegExp) => Number(number(pattern).replaceAll(',', ''))
  const opens = count(/^\s+openat\s+([\d,]+) captured/) + count(/^\s+openat\s+[\d,]+ captured, ([\d,]+) dropped/)
  return { seen: count(/Events: ([\d,]+) seen/), dropped: count(/Events: .* ([\d,]+) dropped/), opens }
}

function describe(row: Row, done: readonly Round[]): string[] {
  const rate = row.rate === undefined ? '' : `, ${row.rate}/s`
  return [
    `${row.mode}, ${row.workers} worker${row.workers > 1 ? 's' : ''}, ${row.seconds} s${rate}`,
    percent(median(done.map((round) => round.slowdown))),
    percent(row.falcoSlowdown),
    `${median(done.map((round) => round.cpu)).toFixed(2)} s`,
    `${row.falcoCpu.toFixed(2)} s`,
    ms(median(done.map(({ cpu, iterations }) => cpu / iterations))),
    ms((row.falcoCpu * (falcoEventsOf[row.mode] ?? 0)) / (row.falcoKiloEvents * 1000)),
    String(median(done.map((round) => round.captured))),
    String(median(done.map((round) => round.dropped))),
    done.every((round) => round.isAccounted) ? 'all' : 'NO',
    done.every((round) => round.isCaught) ? 'always' : 'NO',
  ]
}

// Seconds for one, as milliseconds for a thousand.
function ms(seconds: number): string {
  return `${(seconds * 1e6).toFixed(0)} ms`
}
