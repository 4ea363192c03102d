// Start to first event, memory, idle CPU, and the time from a system call to the alert's line, beside a hello-world of Bun.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, startAgent } from '../tools/agent.ts'
import { median, percentile, table } from './report.ts'

const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
const isAlert = (line: string) => line.includes('Read sensitive file untrusted')

try {
  const hello = buildHello()
  const starts: Start[] = []
  const helloStarts: number[] = []
  for (let round = 0; round < 5; round++) {
    helloStarts.push(timeHello(hello))
    starts.push(await timeStart())
  }
  const { latencies, idle, rss } = await watchOne()
  console.log('Start, memory and latency')
  console.log(
    table(
      ['figure', 'eyas', 'bound', 'hello-world of Bun'],
      [
        [
          'start to capture',
          `${median(starts.map(({ capture }) => capture)).toFixed(0)} ms`,
          '500 ms',
          `${median(helloStarts).toFixed(0)} ms to exit`,
        ],
        ['start to first alert', `${median(starts.map(({ alert }) => alert)).toFixed(0)} ms`, '', ''],
        ['system call to alert line, median', `${median(latencies).toFixed(1)} ms`, '20 ms', ''],
        ['system call to alert line, p99', `${percentile(latencies, 0.99).toFixed(1)} ms`, '', ''],
        ['idle CPU of one core', `${(idle * 100).toFixed(2)} %`, '1.5 %', ''],
        ['RSS idle', `${rss.toFixed(0)} MB`, '120 MB', `${helloRss(hello)} MB`],
      ],
    ),
  )
} finally {
  rmSync(dir, { recursive: true })
}

function buildHello(): string {
  const source = join(dir, 'hello.ts')
  const binary = join(dir, 'hello')
  writeFileSync(source, "console.log('hello'); if (process.argv[2]) setTimeout(() => {}, 3000)")
  const bun = join(root, 'node_modules/.bin/bun')
  const done = Bun.spawnSync([bun, 'build', '--compile', source, '--outfile', binary])
  if (done.exitCode !== 0) throw new Error(done.stderr.toString())
  return binary
}

function timeHello(hello: string): number {
  const start = performance.now()
  Bun.spawnSync([hello])
  return performance.now() - start
}

function helloRss(hello: string): number {
  const child = Bun.spawn([hello, 'stay'], { stdout: 'ignore' })
  Bun.sleepSync(500)
  const text = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  child.kill()
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024)
}

interface Start {
  /** Milliseconds until the probes run and all processes are known, and until the first alert is printed. */
  readonly capture: number
  readonly alert: number
}

/** From exec of the agent to the first alert, while /etc/shadow is being read again and again. */
async function timeStart(): Promise<Start> {
  const attacks = Bun.spawn(['sh', '-c', 'i=0; while [ $i -lt 500 ]; do cat /etc/shadow >/dev/null; sleep 0.02; i=$((i+1)); done'])
  const start = performance.now()
  const agent = await startAgent(['-o', 'json_output=true'])
  const capture = performance.now() - start
  await agent.alert(isAlert, 10_000)
  const alert = performance.now() - start
  attacks.kill()
  await attacks.exited
  await agent.stop()
  return { capture, alert }
}

async function watchOne(): Promise<{ latencies: number[]; idle: number; rss: number }> {
  const agent = await startAgent(['-o', 'json_output=true'])
  await Bun.sleep(2000)
  const before = agent.cpuSeconds()
  const seconds = 10
  await Bun.sleep(seconds * 1000)
  const idle = (agent.cpuSeconds() - before) / seconds
  const rss = agent.rssMb()
  const latencies: number[] = []
  for (let round = 0; round < 200; round++) {
    const count = agent.alerts.filter(isAlert).length
    const start = performance.now()
    closeSync(openSync('/etc/shadow', 'r'))
    await agent.alert(() => agent.alerts.filter(isAlert).length > count, 2000)
    latencies.push(performance.now() - start)
    await Bun.sleep(5 + Math.random() * 20)
  }
  await agent.stop()
  return { latencies, idle, rss }
}
