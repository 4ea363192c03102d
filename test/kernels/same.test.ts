import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadedModule } from '../../src/drivers/kmod/index.ts'
import { type Agent, compileC, patient, startAgent } from '../tools/agent.ts'

// What a program does, as rules see it through the kernel module and through the eBPF programs: the same.

const engines = ['modern_ebpf', 'kmod'] as const
const acts = ['files', 'data', 'tcp4', 'udp', 'unix', 'life'] as const
// Of calls that are newer than Debian's module (pipe2, dup3, eventfd2 ...) it only tells that they were.
const types =
  `open openat openat2 mkdirat linkat symlinkat renameat2 fchmodat fchmod unlinkat chdir fchdir dup fcntl close read write readv writev socket bind listen connect accept4 sendto recvfrom sendmsg recvmsg shutdown setuid setgid
  execve clone vfork kill ptrace`
    .trim()
    .split(/\s+/)
const fields = [
  'evt.type',
  'evt.failed',
  'fd.type',
  'fd.name',
  'proc.name',
  'proc.cmdline',
  'proc.exepath',
  'proc.cwd',
  'user.name',
  'container.id',
]

const why = loadedModule() === undefined ? 'no kernel module is loaded' : undefined
if (why !== undefined) console.warn(`drivers are not compared: ${why}`)

describe.skipIf(why !== undefined)('both drivers tell the same', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-same-'))
  const actor = join(dir, 'actor')
  const agents = new Map<string, Agent>()
  let runs = 0

  beforeAll(async () => {
    compileC(join(import.meta.dir, '..', 'kernel', 'actor.c'), actor, ['-static'])
    const rules = join(dir, 'rules.yaml')
    const common = { desc: 'Of the test.', priority: 'WARNING' }
    const output = fields.map((field) => `%${field}`).join(' ')
    const condition = `proc.exepath = ${actor} and evt.type in (${types.join(', ')})`
    const fence = `evt.type in (open, openat) and evt.is_open_write = true and fd.name startswith ${dir}/fence`
    writeFileSync(
      rules,
      JSON.stringify([
        { rule: 'Trace', condition, output, ...common },
        { rule: 'Fence', condition: fence, output: '%fd.name', ...common },
      ]),
    )
    for (const engine of engines) {
      const options = [`engine.kind=${engine}`, 'json_output=true', 'log_stderr=true', 'rule_matching=all', 'time_format_iso_8601=false']
      agents.set(engine, await startAgent(['-r', rules, ...options.flatMap((option) => ['-o', option])]))
    }
  }, patient(60_000))

  afterAll(async () => {
    for (const agent of agents.values()) await agent.stop()
    rmSync(dir, { recursive: true })
  })

  test.each(acts)(
    'of %s',
    async (act) => {
      const run = `run${runs++}`
      const cwd = join(dir, run)
      mkdirSync(cwd)
      await Bun.spawn([actor, act], { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }).exited
      const fence = join(dir, `fence-${run}`)
      writeFileSync(fence, '')
      const [programs, module] = await Promise.all(engines.map((engine) => tracesOf(agents.get(engine), act, fence)))
      expect(programs?.length).toBeGreaterThan(0)
      expect(module).toEqual(programs ?? [])
    },
    120_000,
  )
})

async function tracesOf(agent: Agent | undefined, act: string, fence: string): Promise<readonly string[]> {
  const seen = await agent?.alert((line) => line.includes(`"${fence}"`), patient(20_000))
  if (agent === undefined || seen === undefined) throw new Error(`the agent stopped to see events:\n${agent?.log.join('\n')}`)
  return agent.alerts
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly rule: string; readonly output_fields: Readonly<Record<string, unknown>> })
    .filter(({ rule, output_fields }) => rule === 'Trace' && String(output_fields['proc.cmdline']).endsWith(`actor ${act}`))
    .map(({ output_fields }) => fields.map((field) => `${field}=${shown(output_fields[field])}`).join(' '))
}

// What is not known may be null or empty. The module of 2022 tells the ends of a UNIX connection in the other order, and not the
// port that the kernel chooses for a first datagram.
function shown(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  return text.replace(/[0-9a-f]{16}->[0-9a-f]{16}/, 'SOCKETS').replace(/^127\.0\.0\.1:\d+->/, '127.0.0.1:*->')
}
