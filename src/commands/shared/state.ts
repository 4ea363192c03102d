import type { Settings } from '../../config/keys.ts'
import { noContainers } from '../../state/containers.ts'
import { Procfs } from '../../state/procfs.ts'
import { RuntimeContainers } from '../../state/runtimes.ts'
import { State } from '../../state/state.ts'
import { HostUsers, ListedUsers } from '../../state/users.ts'
import type { Environment } from '../context.ts'

/** An empty state, as the configuration wants it kept: of this host, or of a recording, which knows all by itself. */
export function newState(settings: Settings, env: Environment): State {
  const tableSize = settings['falco_libs.thread_table_size']
  if (settings['engine.kind'] === 'replay')
    return new State({ source: 'replay', tableSize, users: new ListedUsers(), containers: noContainers })
  const hostRoot = env.HOST_ROOT ?? ''
  const containers = new RuntimeContainers({ hostRoot })
  void containers.discover()
  return new State({
    source: 'live',
    tableSize,
    threadTimeoutMs: settings['falco_libs.thread_table_auto_purging_thread_timeout_s'] * 1000,
    procfs: new Procfs({ root: `${hostRoot}/proc` }),
    users: new HostUsers(hostRoot),
    containers,
  })
}

/** An empty state of the live kind that looks nothing up. */
export function scratchState(): State {
  return new State({ source: 'live', users: new HostUsers(''), containers: noContainers })
}
