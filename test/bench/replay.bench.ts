// Replay of recordings as a whole process: events/s beside what Falco 0.44.1 does, and beside a pass that only walks the events' headers.
// EYAS_BENCH_RULES: a folder with falco_rules.yaml, falco-incubating_rules.yaml and falco-sandbox_rules.yaml of upstream; without it,
// the built-in rules. EYAS_BENCH_EVENTS: events of a recording. EYAS_BENCH_ROUNDS: replays, of which the median counts.
import { closeSync, createReadStream, createWriteStream, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { binary } from '../tools/agent.ts'
import { type MixName, mixes, writeRecording } from './recording/mixes.ts'
import { median, table } from './report.ts'

const events = Number(process.env.EYAS_BENCH_EVENTS ?? 2_000_000)
const rounds = Number(process.env.EYAS_BENCH_ROUNDS ?? 3)
const rulesDir = process.env.EYAS_BENCH_RULES
const upstream = ['falco_rules.yaml', 'falco-incubating_rules.yaml', 'falco-sandbox_rules.yaml']

const windowBytes = 1024 * 1024

interface RuleSet {
  readonly name: string
  readonly args: readonly string[]
  /** Million events/s of the realistic recording that are wanted, and that Falco does. */
  readonly bound: string
}

interface Run {
  readonly seconds: number
  readonly rssMb: number
}

const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
try {
  const lines: string[][] = []
  for (const mix of Object.keys(mixes) as MixName[]) {
    const file = join(dir, `${mix}.scap`)
    const { count } = writeRecording(file, mix, events)
    const walkSeconds = walkHeaders(file)
    for (const rules of ruleSets()) lines.push(line(mix, rules, count, file, walkSeconds))
    if (mix === 'realistic') {
      const packed = `${file}.gz`
      await pipeline(createReadStream(file), createGzip(), createWriteStream(packed))
      for (const rules of ruleSets()) lines.push(line(`${mix}, gzip`, rules, count, packed, walkSeconds))
      rmSync(packed)
    }
    rmSync(file)
  }
  console.log(`Replay of ${events / 1e6} million events as a whole process (RSS bound 150 MB)`)
  console.log(table(['recording', 'rules', 'million events/s', 'wanted (Falco)', 'RSS', 'times the walk of headers'], lines))
} finally {
  rmSync(dir, { recursive: true })
}

function ruleSets(): RuleSet[] {
  if (rulesDir === undefined) return [{ name: 'built-in', args: ['-r', 'builtin:falco_rules.yaml'], bound: '' }]
  const files = upstream.map((name) => join(rulesDir, name)).filter((path) => existsSync(path))
  return [
    { name: 'stable', args: ['-r', files[0] ?? ''], bound: '1.5 (1.17)' },
    { name: 'all three', args: files.flatMap((path) => ['-r', path]), bound: '1.0 (0.38)' },
  ]
}

function line(mix: string, rules: RuleSet, count: number, file: string, walkSeconds: number): string[] {
  const runs = Array.from({ length: rounds }, () => replay(file, rules))
  const seconds = median(runs.map((run) => run.seconds))
  return [
    mix,
    rules.name,
    (count / seconds / 1e6).toFixed(2),
    mix.startsWith('realistic') ? rules.bound : '',
    `${Math.max(...runs.map((run) => run.rssMb)).toFixed(0)} MB`,
    (seconds / walkSeconds).toFixed(1),
  ]
}

function replay(file: string, rules: RuleSet): Run {
  const start = performance.now()
  const args = [...rules.args, '-o', 'engine.kind=replay', '-o', `engine.replay.capture_file=${file}`]
  const done = Bun.spawnSync([binary, ...args], { stdout: 'ignore', stderr: 'pipe' })
  const seconds = (performance.now() - start) / 1000
  if (done.exitCode !== 0) throw new Error(done.stderr.toString())
  return { seconds, rssMb: (done.resourceUsage?.maxRSS ?? 0) / 1024 / 1024 }
}

/** Seconds that it takes to go from block to block, looking at times and codes only. */
function walkHeaders(file: string): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now()
    walk(file)
    return (performance.now() - start) / 1000
  })
  return median(times)
}

function walk(file: string): number {
  const fd = openSync(file, 'r')
  const bytes = Buffer.allocUnsafeSlow(windowBytes)
  const view = new DataView(bytes.buffer)
  const total = statSync(file).size
  let sum = 0
  for (let at = 0; at < total; ) {
    const got = readSync(fd, bytes, 0, windowBytes, at)
    let next = 0
    while (next + 32 <= got) {
      sum += view.getUint32(next + 10, true) + view.getUint16(next + 30, true)
      const length = view.getUint32(next + 4, true)
      if (next + length > got) break
      next += length
    }
    if (next === 0) break
    at += next
  }
  closeSync(fd)
  return sum
}
