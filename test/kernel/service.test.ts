import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileC, root, startAgent } from '../tools/agent.ts'
import { Probe } from './probe.ts'
import { whyNotLive } from './stage.ts'

// The program as systemd starts it: what it tells its manager, and which rights it has and keeps.

const reason = whyNotLive()
if (reason !== undefined) console.warn(`tests of the service are skipped: ${reason}`)
const setpriv = Bun.which('setpriv')

describe.skipIf(reason !== undefined)('as a service', () => {
  const probe = new Probe()
  afterAll(() => probe.remove())
  const [, names = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(join(root, 'packaging/eyas.service'), 'utf8')) ?? []
  const bounding = names.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)

  test('it tells its manager when it is ready, reloads and stops, and that it is alive', async () => {
    const manager = new Manager(probe.dir)
    await manager.until(/bound/)
    const env = { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '150000' }
    const agent = await startAgent(['-r', probe.rules], env)
    await manager.until(/^READY=1 STATUS=1 rules run$[\s\S]*^WATCHDOG=1$[\s\S]*^WATCHDOG=1$/m)
    process.kill(agent.pid, 'SIGHUP')
    await manager.until(/^RELOADING=1 MONOTONIC_USEC=\d+$[\s\S]*^READY=1 STATUS=1 rules run$/m)
    expect(await agent.stop()).toBe(0)
    await manager.until(/^STOPPING=1$/m)
    manager.close()
  })

  test.skipIf(setpriv === null)('it works with the rights of its unit, and keeps only those it needs, in all threads', async () => {
    const agent = await startAgent(['-r', probe.rules, '-o', 'log_level=debug'], {}, [
      setpriv ?? '',
      '--no-new-privs',
      `--bounding-set=-all,${bounding.join(',')}`,
    ])
    await agent.said((log) => log.some((line) => line.includes('were given up')), 10_000)
    // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_PERFMON and CAP_BPF.
    const kept = (1n << 2n) | (1n << 19n) | (1n << 38n) | (1n << 39n)
    const rights = readdirSync(`/proc/${agent.pid}/task`).map((thread) => {
      const status = readFileSync(`/proc/${agent.pid}/task/${thread}/status`, 'latin1')
      return ['CapPrm', 'CapEff'].map((set) => BigInt(`0x${new RegExp(`^${set}:\\s+(\\w+)`, 'm').exec(status)?.[1]}`))
    })
    expect(rights.length).toBeGreaterThan(3)
    for (const set of rights.flat()) expect(set & ~kept).toBe(0n)
    const path = probe.open('probe-without-rights')
    expect(await agent.alert((line) => line.endsWith(path), 5000)).toBeDefined()
    // A system call that nobody asked for so far: its program is loaded now.
    const condition = `evt.type = mkdir and evt.arg.path startswith ${probe.dir}/later`
    writeFileSync(probe.rules, JSON.stringify([{ rule: 'Later', desc: 'd', condition, output: 'made %evt.arg.path', priority: 'WARNING' }]))
    process.kill(agent.pid, 'SIGHUP')
    expect(await agent.said((log) => log.some((line) => line.includes('reloaded without a gap')), 30_000)).toBe(true)
    mkdirSync(join(probe.dir, 'later'))
    expect(await agent.alert((line) => line.endsWith(`made ${probe.dir}/later`), 5000)).toBeDefined()
    expect(agent.log.join('\n')).not.toContain('warning')
    expect(await agent.stop()).toBe(0)
  })
})

/** Stands in for systemd. */
class Manager {
  readonly socket: string
  readonly #process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  readonly #chunks: AsyncIterator<Uint8Array>
  #said = ''

  constructor(dir: string) {
    this.socket = join(dir, 'notify')
    const program = join(dir, 'manager')
    compileC(join(import.meta.dir, 'manager.c'), program)
    this.#process = Bun.spawn([program, this.socket], { stdout: 'pipe' })
    this.#chunks = this.#process.stdout[Symbol.asyncIterator]()
  }

  /** Waits for what it was told; what matched is not looked at again. */
  async until(pattern: RegExp): Promise<void> {
    for (let match = pattern.exec(this.#said); ; match = pattern.exec(this.#said)) {
      if (match) {
        this.#said = this.#said.slice(match.index + match[0].length)
        return
      }
      const { value, done } = await this.#chunks.next()
      if (done) throw new Error(`it never said ${pattern}: ${this.#said}`)
      this.#said += new TextDecoder().decode(value)
    }
  }

  close(): void {
    this.#process.kill()
  }
}
