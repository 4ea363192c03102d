import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../bench/recording/random.ts'
import { binary } from '../tools/agent.ts'
import { bombs } from './fuzz/bombs.ts'
import { Chain } from './fuzz/chain.ts'
import { corporaIn, madeCorpus } from './fuzz/corpus.ts'
import { mutated, sample } from './fuzz/mutations.ts'
import { scratch } from './scap_writer.ts'

// Whatever is done to a recording, it is read to its end or refused with a reason: no other error, no hang, no memory without bounds.
// README.md tells the variables that make a long run of it.

const { EYAS_FUZZ_RUNS: longRuns, EYAS_FUZZ_PROGRAMS: programs, EYAS_FUZZ_CAPTURES: folder, EYAS_FUZZ_SEED: firstSeed } = process.env
const runs = Number(longRuns ?? 2500)
const wholeRuns = Number(programs ?? 8)
const from = Number(firstSeed ?? 0)
const mostMs = 2000
const mostBytes = 300 * 1024 * 1024
const mostWrong = 10
const scramble = 2_654_435_761
const rounds = 4
const longest = 24 * 3_600_000
const measurer = join(import.meta.dir, '../tools/measured.ts')

interface Measured {
  readonly exitCode: number | string
  readonly said: string
  readonly cpuMs: number
  readonly bytes: number
}

const dir = scratch()
afterAll(() => dir.clean())

let made: ReturnType<typeof madeCorpus>
let real: ReturnType<typeof corporaIn>
beforeAll(() => {
  made = madeCorpus(new Random(1), rounds)
  real = folder === undefined ? [] : corporaIn(folder)
})

function recordingOf(seed: number): Buffer {
  const random = new Random(Math.imul(seed + 1, scramble))
  const corpora = real.length === 0 || random.chance(0.5) ? [made] : real
  return mutated(sample(corpora, random), random)
}

/** What is held, where it looks like too much: what is over and only waits to be collected does not count. */
function heldBytes(): number {
  const bytes = process.memoryUsage.rss()
  if (bytes <= mostBytes) return bytes
  Bun.gc(true)
  return process.memoryUsage.rss()
}

test(
  'mutated recordings, in this process',
  async () => {
    const chain = new Chain()
    let events = 0
    let alerts = 0
    let faults = 0
    const wrong: string[] = []
    for (let seed = from; seed < from + runs && wrong.length < mostWrong; seed++) {
      const bytes = recordingOf(seed)
      const before = process.cpuUsage()
      try {
        const outcome = await chain.run(dir.file('fuzz', bytes))
        events += outcome.events
        alerts += outcome.alerts
        if (outcome.fault !== undefined) faults++
      } catch (cause) {
        wrong.push(`seed ${seed}: ${cause instanceof Error ? cause.stack : cause}`)
      }
      if (longRuns === undefined) continue
      const { user, system } = process.cpuUsage(before)
      const ms = (user + system) / 1000
      if (ms > mostMs) wrong.push(`seed ${seed}: took ${ms} ms for ${bytes.length} bytes`)
      const held = heldBytes()
      if (held > mostBytes) wrong.push(`seed ${seed}: ${held} bytes of memory`)
    }
    if (longRuns !== undefined) console.log(`${runs} recordings from seed ${from}: ${events} events, ${alerts} alerts, ${faults} refused`)
    expect(wrong).toEqual([])
    expect(events).toBeGreaterThan(runs)
    expect(alerts).toBeGreaterThan(runs)
    expect(faults).toBeGreaterThan(runs / 10)
  },
  longest,
)

describe('the whole program', () => {
  const commands: readonly (readonly [string, (file: string) => string[]])[] = [
    ['replay', (file) => ['-e', file, '-r', 'builtin:falco_rules.yaml', '-c', '/dev/null', '-o', 'stdout_output.enabled=true']],
    ['inspect', (file) => ['inspect', file]],
  ]

  function run(args: readonly string[]): Measured {
    const { stdout } = Bun.spawnSync([process.execPath, measurer, binary, ...args], { stdout: 'pipe', stderr: 'inherit' })
    return JSON.parse(stdout.toString()) as Measured
  }

  describe.each(commands)('%s', (_, argsOf) => {
    test(
      'mutated recordings',
      () => {
        const wrong: string[] = []
        for (let seed = from; seed < from + wholeRuns && wrong.length < mostWrong; seed++) {
          const { exitCode, said, cpuMs, bytes } = run(argsOf(dir.file('fuzz', recordingOf(seed))))
          const isRefused = exitCode === 1 && /^Error: .*\(at (decompressed )?byte \d+\)$/m.test(said)
          if (exitCode !== 0 && !isRefused) wrong.push(`seed ${seed}: exit code ${exitCode}: ${said}`)
          if (bytes > mostBytes) wrong.push(`seed ${seed}: ${bytes} bytes of memory`)
          if (cpuMs > mostMs) wrong.push(`seed ${seed}: took ${cpuMs} ms`)
        }
        expect(wrong).toEqual([])
      },
      longest,
    )

    test.each(bombs.map((bomb) => [bomb.name, bomb] as const))('a flood: %s', (_name, { refused, write }) => {
      const file = dir.file('bomb', new Uint8Array())
      write(file)
      const { exitCode, said, bytes } = run(argsOf(file))
      rmSync(file)
      expect([exitCode, said]).toEqual([refused === undefined ? 0 : 1, expect.stringMatching(refused ?? /^/)])
      expect(bytes).toBeLessThan(mostBytes)
    })
  })
})
