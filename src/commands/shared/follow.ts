import type { Config } from '../../config/load.ts'
import { reconfigureLog } from '../context.ts'
import { dropOptions } from './drop_actions.ts'
import type { DropMonitor } from './drops.ts'
import type { FileWatch } from './file_watch.ts'
import type { Loaded } from './prepare.ts'
import type { Reloadable } from './reloadable.ts'

// Small parts that follow the configuration: nothing of them can fail.

/** The log becomes as verbose as it should be. */
export const followingLog: Reloadable = { prepare: ({ context }) => ({ commit: () => reconfigureLog(context) }) }

export function followingDrops(drops: DropMonitor): Reloadable {
  return {
    prepare: ({ context }) => ({
      commit: () => {
        drops.options = dropOptions(context.config.settings)
      },
    }),
  }
}

/** Watches the files of the configuration that holds, where that is wanted (`watch_config_files`). */
export function followingFiles(watch: FileWatch): Reloadable {
  return {
    prepare: ({ context, paths, fingerprint }) => ({
      commit: () => {
        if (context.config.settings.watch_config_files) watch.watch(paths, fingerprint)
        else watch.close()
      },
    }),
  }
}

/** Says which changes wait for the next start: the capture, the process table, recordings and the plugins stay as they are. */
export function namingTheRest({ context: started }: Loaded): Reloadable {
  const fixed = fixedValues(started.config)
  return {
    prepare: ({ context }) => ({
      commit: () => {
        const now = fixedValues(context.config)
        const changed = [...fixed].flatMap(([key, value]) => (now.get(key) === value ? [] : [key]))
        if (changed.length > 0) context.log.warning(`Takes effect at the next start: ${changed.join(', ')}`)
      },
    }),
  }
}

const fixedKeys = /^(engine|falco_libs|load_plugins|capture)\b/

function fixedValues({ settings, plugins }: Config): ReadonlyMap<string, string | undefined> {
  const values = Object.entries(settings).filter(([key]) => fixedKeys.test(key))
  return new Map([...values, ['plugins', plugins] as const].map(([key, value]) => [key, JSON.stringify(value)]))
}
