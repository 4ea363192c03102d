import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { syscalls } from '../../src/schema/event.ts'
import { compileC, patient } from '../tools/agent.ts'
import { startDocker, whyNoDocker } from './docker.ts'
import { isKmod, record, whyNotCapture } from './recorder.ts'
import { moduleWorkers, toldByModule } from './truth/module.ts'

// A program makes some 300 system calls in each of four threads, two of them as 32-bit programs do, and says of each call what its
// event must tell. Every parameter of every event is compared.

const reason = whyNotCapture()
const workers = isKmod ? moduleWorkers : ['0', '1', '2', '3']
const sources = join(import.meta.dir, 'truth')

describe.skipIf(reason !== undefined || process.arch !== 'x64')('the truth of events', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-truth-'))
  const program = join(dir, 'truth')

  beforeAll(() => {
    const files = ['main.c', 'calls64.c', 'calls32.c'].map((name) => join(sources, name))
    compileC(files, program, ['-D_GNU_SOURCE', '-mno-red-zone', '-static', '-pthread'])
  }, patient(30_000))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each([
    ['of a process of the host', []],
    ['in namespaces of its own, as in a container', ['unshare', '--pid', '--fork', '--mount', '--ipc', '--uts', '--cgroup']],
  ])(
    '%s',
    async (_, wrapper) => {
      await compare([...wrapper, program], false)
    },
    patient(20_000),
  )

  test.skipIf(whyNoDocker() !== undefined)(
    'in a container of Docker',
    async () => {
      const docker = await startDocker(mkdtempSync(join(dir, 'docker-')), {}, {})
      try {
        const rights = [
          '--cap-add=SYS_ADMIN',
          '--security-opt=seccomp=unconfined',
          '--network=none',
          '--sysctl=net.ipv6.conf.all.disable_ipv6=0',
          '--sysctl=net.ipv6.conf.lo.disable_ipv6=0',
        ]
        const mounts = (place: string) => ['--volume', `${place}:/place`, '--workdir', '/place', '--volume', `${program}:/truth:ro`]
        const run = ['docker', '-H', `unix://${docker.socket}`, 'run', '--rm', ...rights]
        await compare((place) => [...run, ...mounts(place), `${docker.image}:${docker.tag}`, '/truth'], true)
      } finally {
        await docker.stop()
      }
    },
    patient(60_000),
  )

  async function compare(command: readonly string[] | ((place: string) => readonly string[]), ofAll: boolean): Promise<void> {
    const place = mkdtempSync(join(dir, 'run-'))
    const all = syscalls.filter(({ name, sc }) => sc > 0 && !/^(sched_|page_|signal_)/.test(name)).map(({ name }) => name)
    const words = typeof command === 'function' ? command(place) : command
    const { damaged, byThread } = await record([...all, 'sched_yield'], words, place, { ofAll })
    expect(damaged).toBe(0)
    for (const worker of workers) {
      const truth = readFileSync(join(place, worker, 'log'), 'latin1')
        .trimEnd()
        .split('\n')
      expect(truth.length).toBeGreaterThan(290)
      const lines = isKmod ? toldByModule(truth) : truth
      const begin = `chdir res=0 path=${worker}`
      const told = [...byThread.values()].find((events) => events.includes(begin)) ?? []
      const start = told.indexOf(begin) + 1
      const seen = told.slice(start, start + lines.length)
      expect(seen.map((line, i) => matching(line, lines[i]))).toEqual([...lines])
    }
  }
})

/** The line, or the pattern that it fits: * stands for what is different each time. */
function matching(line: string, pattern = ''): string {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '\\S*')
  return new RegExp(`^${escaped}$`).test(line) ? pattern : line
}
