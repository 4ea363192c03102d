import { existsSync, readdirSync } from 'node:fs'
import { statusDirectory } from '../shared/status_socket.ts'
import { type Check, type Finding, failed, ok, type Patient, skipped, warning, withSettings } from './check.ts'

// What runs on this host already.

export const serviceChecks: readonly Check[] = [
  { name: 'agents', look: ({ env }) => agents(env) },
  {
    name: 'webserver',
    look: withSettings(async (settings, { env }) => {
      if (!settings['webserver.enabled']) return skipped('not enabled')
      const [hostname, port] = [settings['webserver.listen_address'], settings['webserver.listen_port']]
      const place = `${hostname}:${port}`
      if (await isFree(hostname, port)) return ok(`${place} is free`)
      if (running(env).length > 0) return ok(`${place} is taken, as it should be while an agent runs`)
      return failed(`another program listens on ${place}`, 'end it, or choose another webserver.listen_port')
    }),
  },
  { name: 'service', look: lookAtUnit },
]

function running(env: Patient['env']): string[] {
  try {
    return readdirSync(statusDirectory(env)).flatMap((name) => /^(\d+)\.sock$/.exec(name)?.[1] ?? [])
  } catch {
    return []
  }
}

function agents(env: Patient['env']): Finding {
  const pids = running(env).filter((pid) => existsSync(`/proc/${pid}`))
  if (pids.length > 1) return warning(`${pids.length} run: ${pids.join(', ')}`, 'each raises the same alerts; end all but one')
  return ok(pids.length === 0 ? 'none runs' : `process ${pids[0]} runs; eyas status says how it is`)
}

async function isFree(hostname: string, port: number): Promise<boolean> {
  try {
    Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true)
    return true
  } catch {
    return false
  }
}

function lookAtUnit(): Finding {
  if (!existsSync('/run/systemd/system')) return skipped('systemd does not run here')
  if (!existsSync('/etc/systemd/system/eyas.service')) return skipped('not installed as a service (eyas install)')
  const { stdout } = Bun.spawnSync(['systemctl', 'is-enabled', 'eyas.service'], { stderr: 'ignore' })
  const state = stdout.toString().trim()
  return state === 'enabled' ? ok('starts with this host') : warning(`the unit is ${state}`, 'systemctl enable --now eyas')
}
