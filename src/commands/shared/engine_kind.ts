import { Fault } from '../../base/fault.ts'
import { chooseDriver } from '../../drivers/index.ts'
import type { Context } from '../context.ts'

/**
 * The context with the driver that `engine.kind: auto` comes to on this machine, in place of auto; says on the log why.
 *
 * @throws Fault `driver-unavailable`.
 */
export function settleEngine(context: Context): Context {
  const choice = chooseDriver()
  if (choice === undefined) throw new Fault('driver-unavailable', 'engine.kind auto finds no driver')
  for (const reason of choice.reasons) context.log.info(`engine.kind auto: ${reason}`)
  if (choice.name === 'nodriver') context.log.warning('engine.kind auto: this machine has no driver, so that no system calls are seen')
  const settings = { ...context.config.settings, 'engine.kind': choice.name }
  return { ...context, config: { ...context.config, settings } }
}
