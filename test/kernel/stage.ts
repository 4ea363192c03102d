import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, compileC } from '../tools/agent.ts'
import type { Attack, Ground } from './attacks/attack.ts'
import { enterRootCgroups } from './cgroups.ts'
import { type Docker, searchPath, startDocker, whyNoDocker } from './docker.ts'
import { markVariable, probeFile, startWatch, type Watch } from './watch.ts'

/** The place where attacks happen: agents that watch, a directory and a container. */
export interface Stage {
  readonly watches: ReadonlyMap<string, Watch>
  readonly docker: Docker | undefined
  /** Does something, once, whose processes carry this mark. */
  perform<T>(mark: string, act: (ground: Ground) => Promise<T>): Promise<T>
  ground(mark: string): Ground
  close(): Promise<void>
}

/** Why live tests cannot be made here, as a sentence; undefined where they can. */
export function whyNotLive(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF'
  if (!existsSync(binary)) return 'dist/eyas is not built'
  return undefined
}

/** Mark of what the daemons of docker do themselves. */
export const daemonMark = 'docker'

/** Makes the stage with one agent for each rules file, by name. */
export async function openStage(rulesFiles: Readonly<Record<string, string>>, attacks: readonly Attack[]): Promise<Stage> {
  const stage = new LiveStage()
  try {
    await stage.open(rulesFiles, attacks)
    return stage
  } catch (error) {
    await stage.close()
    throw error
  }
}

class LiveStage implements Stage {
  readonly watches = new Map<string, Watch>()
  docker: Docker | undefined
  private readonly dir = mkdtempSync(join(tmpdir(), 'eyas-test-'))
  private readonly leaveRootCgroups = enterRootCgroups()
  private readonly performed = new Map<string, Promise<unknown>>()

  async open(rulesFiles: Readonly<Record<string, string>>, attacks: readonly Attack[]): Promise<void> {
    compileC(join(import.meta.dir, 'attacks', 'tool.c'), join(this.dir, 'tool'), ['-static'])
    const programs = { 'bin/tool': join(this.dir, 'tool'), 'bin/debugfs': join(this.dir, 'tool') }
    if (whyNoDocker() === undefined) this.docker = await startDocker(this.subdir('docker'), programs, { [markVariable]: daemonMark })
    const rules = [...new Set(attacks.map((attack) => attack.rule))]
    for (const [name, file] of Object.entries(rulesFiles)) {
      this.watches.set(name, await startWatch(this.subdir(name), file, rules, this.docker?.socket))
    }
    if (this.docker !== undefined) for (const watch of this.watches.values()) await this.learnContainer(watch)
  }

  perform<T>(mark: string, act: (ground: Ground) => Promise<T>): Promise<T> {
    const before = this.performed.get(mark)
    if (before !== undefined) return before as Promise<T>
    const now = act(this.ground(mark))
    this.performed.set(mark, now)
    return now
  }

  ground(mark: string): Ground {
    const env = { PATH: searchPath, HOME: '/root', [markVariable]: mark }
    return {
      dir: this.subdir(`work-${mark.replaceAll(/\W+/g, '-')}`),
      tool: (name) => this.tool(name),
      run: async (argv, cwd) => {
        const child = Bun.spawn([...argv], {
          env,
          stdin: 'ignore',
          stdout: 'ignore',
          stderr: 'ignore',
          ...(cwd === undefined ? {} : { cwd }),
        })
        await child.exited
      },
      runInContainer: (argv, options) => this.inContainer(argv, { env, ...options }),
      serve: (name, path, afterSeconds) => serve(this.tool(name), env, path, afterSeconds),
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.performed.values())
    for (const watch of this.watches.values()) await watch.stop()
    await this.docker?.stop()
    rmSync(this.dir, { recursive: true, force: true })
    this.leaveRootCgroups()
  }

  // The first look at a container sets the agent to ask docker for its name; later events know it.
  private async learnContainer(watch: Watch): Promise<void> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const probe = await watch.probed(() => this.inContainer(['/bin/cat', probeFile], { env: { [markVariable]: 'probe' } }))
      if (probe.output_fields['container.name'] === this.docker?.containerName) return
      if (Date.now() > deadline) throw new Error(`the agent does not learn the container's name: ${JSON.stringify(probe)}`)
    }
  }

  private async inContainer(argv: readonly string[], options: Parameters<Docker['exec']>[1]): Promise<void> {
    if (this.docker === undefined) throw new Error('there is no container here')
    await this.docker.exec(argv, options)
  }

  private tool(name: string): string {
    const path = join(this.subdir('tools'), name)
    if (!existsSync(path)) {
      copyFileSync(join(this.dir, 'tool'), path)
      chmodSync(path, 0o755)
    }
    return path
  }

  private subdir(name: string): string {
    const path = join(this.dir, name)
    mkdirSync(path, { recursive: true })
    // Attacks act as other users, too.
    chmodSync(this.dir, 0o755)
    return path
  }
}

async function serve(program: string, env: Record<string, string>, path: string, afterSeconds: number): Promise<void> {
  const child = Bun.spawn([program, 'serve'], { env, stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' })
  try {
    while (ageSeconds(child.pid) <= afterSeconds) await Bun.sleep(100)
    child.stdin.write(`${path}\n`)
    await child.stdin.flush()
    await child.stdout.getReader().read()
  } finally {
    child.stdin.end()
    await child.exited
  }
}

// USER_HZ is 100 on every Linux that we run on (include/asm-generic/param.h).
function ageSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  return Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) - startTicks / 100
}
