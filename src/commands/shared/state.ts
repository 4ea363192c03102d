import type { Config } from '../../config/load.ts'
import type { InterfaceAddress } from '../../event/snapshot.ts'
import { noContainers } from '../../state/containers.ts'
import { ListedContainers } from '../../state/listed_containers.ts'
import { Procfs } from '../../state/procfs.ts'
import { RuntimeContainers } from '../../state/runtimes.ts'
import { State } from '../../state/state.ts'
import { HostUsers, ListedUsers } from '../../state/users.ts'
import type { Environment } from '../context.ts'
import { runtimeOptions } from './container_runtimes.ts'

/**
 * An empty state, as the configuration wants it kept: of this host, or of a recording, which knows all by itself.
 *
 * The rules of a recording stay the same: without `keepsEnv`, environments of its processes are left out.
 */
export function newState(config: Pick<Config, 'settings' | 'plugins'>, env: Environment, keepsEnv: boolean): State {
  const { settings } = config
  const tableSize = settings['falco_libs.thread_table_size']
  if (settings['engine.kind'] === 'replay') return recordingState(tableSize, keepsEnv)
  const hostRoot = env.HOST_ROOT ?? ''
  const containers = new RuntimeContainers(runtimeOptions(config, hostRoot))
  // Not before the capture is open: what asks needs a thread, and where there is no room for one that is the clearer failure.
  setImmediate(() => void containers.discover())
  return new State({
    source: 'live',
    tableSize,
    threadTimeoutMs: settings['falco_libs.thread_table_auto_purging_thread_timeout_s'] * 1000,
    procfs: new Procfs({ root: `${hostRoot}/proc` }),
    users: new HostUsers(hostRoot),
    containers,
  })
}

/** An empty state of a recording: nothing of it is looked up on this host. */
export function recordingState(tableSize?: number, keepsEnv = true): State {
  const options = { source: 'replay', users: new ListedUsers(), containers: new ListedContainers(), keepsEnv } as const
  return new State(tableSize === undefined ? options : { ...options, tableSize })
}

/** A state of the live kind that looks nothing up, and knows what is there anywhere: this process, and two interfaces. */
export function scratchState(): State {
  const state = new State({ source: 'live', users: new HostUsers(''), containers: noContainers })
  new Procfs().read(process.pid, state, () => false)
  state.addAddress(interfaceAddress('lo', '\x7f\0\0\x01', '\xff\0\0\0'))
  state.addAddress(interfaceAddress('eth0', '\xc0\0\x02\x01', '\xff\xff\xff\0'))
  return state
}

function interfaceAddress(name: string, address: string, netmask: string): InterfaceAddress {
  return { name, address, netmask, broadcast: '' }
}
