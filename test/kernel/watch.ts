import { closeSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Agent, patient, startAgent } from '../tools/agent.ts'
import { outsideIp } from './attacks/attack.ts'

/** An alert as `json_output` writes it. */
export interface Alert {
  readonly rule: string
  readonly priority: string
  readonly source: string
  readonly output: string
  readonly output_fields: Readonly<Record<string, unknown>>
}

/** An agent with one rules file, whose alerts tell which attack they belong to. */
export interface Watch {
  /** All alerts of what carried this mark, once everything that happened before the call has been judged. */
  alertsOf(mark: string): Promise<readonly Alert[]>
  /** The next alert for a read of the probe file in a container. */
  probed(act: () => Promise<void>): Promise<Alert>
  stop(): Promise<void>
}

export const markVariable = 'EYAS_TEST_MARK'
/** A file of the image that nothing but a probe reads. */
export const probeFile = '/etc/secret'

const markField = `proc.env[${markVariable}]`
const containerFields = ['container.id', 'container.name', 'container.image.repository', 'container.image.tag', 'container.privileged']
const fenceRule = 'Fence'
const probeRule = 'Probe'
const timeoutMs = patient(20_000)

/** Starts the agent. It takes the API server of Kubernetes to be at `outsideIp`, and asks docker at `dockerSocket`. */
export async function startWatch(
  dir: string,
  rulesFile: string,
  rules: readonly string[],
  dockerSocket: string | undefined,
): Promise<Watch> {
  const extra = join(dir, 'extra_rules.yaml')
  const config = join(dir, 'falco.yaml')
  const hosts = join(dir, 'hosts')
  writeFileSync(extra, extraRules(dir, rules))
  writeFileSync(config, configText([rulesFile, extra]))
  writeFileSync(hosts, `127.0.0.1 localhost\n${outsideIp} kubernetes.default.svc.cluster.local\n`)
  // A mount namespace of its own, so that only this agent sees that name, and finds docker where it usually is.
  const mounts = [`mount --bind ${hosts} /etc/hosts`]
  if (dockerSocket !== undefined) mounts.push(`mount --bind ${dirname(dockerSocket)} /run`)
  const agent = await startAgent(['-c', config], {}, ['unshare', '--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'sh'])
  return new AgentWatch(agent, dir)
}

class AgentWatch implements Watch {
  private readonly alerts: Alert[] = []
  private taken = 0
  private fences = 0

  constructor(
    private readonly agent: Agent,
    private readonly dir: string,
  ) {}

  async alertsOf(mark: string): Promise<readonly Alert[]> {
    await this.fence()
    return this.known().filter((alert) => alert.output_fields[markField] === mark)
  }

  async probed(act: () => Promise<void>): Promise<Alert> {
    const before = this.known().filter((alert) => alert.rule === probeRule).length
    await act()
    await this.fence()
    const probe = this.known().filter((alert) => alert.rule === probeRule)[before]
    if (probe === undefined) throw new Error(`the agent did not see the probe:\n${this.agent.log.join('\n')}`)
    return probe
  }

  async stop(): Promise<void> {
    await this.agent.stop()
  }

  // Events are judged in the order of time, so that the alert for the fence ends those of what was before it.
  private async fence(): Promise<void> {
    const path = join(this.dir, `fence-${this.fences++}`)
    closeSync(openSync(path, 'w'))
    const seen = await this.agent.alert((line) => line.includes(`"${path}"`), timeoutMs)
    if (seen === undefined) throw new Error(`the agent stopped to see events:\n${this.agent.log.join('\n')}`)
  }

  private known(): readonly Alert[] {
    for (; this.taken < this.agent.alerts.length; this.taken++) {
      const line = this.agent.alerts[this.taken] ?? ''
      if (line.startsWith('{')) this.alerts.push(JSON.parse(line))
    }
    return this.alerts
  }
}

function configText(rulesFiles: readonly string[]): string {
  return JSON.stringify({
    rules_files: rulesFiles,
    engine: { kind: process.env.EYAS_TEST_ENGINE ?? 'modern_ebpf' },
    json_output: true,
    priority: 'debug',
    rule_matching: 'all',
    stdout_output: { enabled: true },
    log_stderr: true,
  })
}

function extraRules(dir: string, rules: readonly string[]): string {
  const marks = [markField, ...containerFields].map((field) => `%${field}`).join(' ')
  const appended = rules.map((rule) => ({ rule, output: marks, override: { output: 'append' } }))
  const common = { priority: 'DEBUG', desc: 'Of the test.' }
  const opened = 'evt.type in (open, openat) and fd.num >= 0'
  const fence = { rule: fenceRule, condition: `${opened} and fd.name startswith ${dir}/fence-`, output: '%fd.name', ...common }
  const probe = { rule: probeRule, condition: `${opened} and fd.name = ${probeFile} and container.id != host`, output: marks, ...common }
  return JSON.stringify([...appended, fence, probe])
}
