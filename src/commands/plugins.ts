import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import type { Action } from './command.ts'

/** `--list-plugins`: those that this process has loaded. */
export const listPluginsAction: Action = {
  name: 'list-plugins',
  isWanted: ({ args }) => args.listPlugins,
  run: () => (print('0 Plugins Loaded:\n\n') ? 0 : 1),
}

/** `--plugin-info NAME`. */
export const pluginInfoAction: Action = {
  name: 'plugin-info',
  isWanted: ({ args }) => args.pluginInfo !== undefined,
  run: ({ args }) => {
    throw new Fault('plugin-unknown', `can't find plugin and print its info: ${args.pluginInfo}`, {
      hint: 'see --list-plugins for those that are loaded',
    })
  },
}
