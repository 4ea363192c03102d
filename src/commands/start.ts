import { type Call, type Context, openContext } from './context.ts'
import { run } from './run.ts'
import { prepareCapture } from './shared/captures.ts'
import { prepare } from './shared/prepare.ts'
import { Signals } from './shared/signals.ts'
import { isSyscallEnabled } from './shared/sources.ts'

/**
 * Runs the agent, or with `--dry-run` all but the reading of events.
 *
 * @throws Fault where the configuration, the rules or the source of events is not as it should be.
 */
export async function start(call: Call): Promise<number> {
  const signals = new Signals()
  const opened = openContext(call, false)
  const context = isAuto(opened) ? (await import('./shared/engine_kind.ts')).settleEngine(opened) : opened
  if (!call.args.dryRun && isSyscallEnabled(call.args)) prepareCapture(context.config.settings)
  const prepared = prepare(context)
  if (!call.args.dryRun) return run(context, prepared, signals)
  await prepared.outputs.close()
  return 0
}

function isAuto({ config, args }: Context): boolean {
  return config.settings['engine.kind'] === 'auto' && isSyscallEnabled(args)
}
