import { basename } from 'node:path'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import { parseArgs } from './args.ts'
import type { Action, Command, EarlyAction } from './command.ts'
import { type Call, type Environment, openContext } from './context.ts'
import { describeAction } from './describe.ts'
import { usage } from './help.ts'
import { ignoredAction } from './ignored.ts'
import { listEventsAction } from './list_events.ts'
import { listFieldsAction } from './list_fields.ts'
import { pageSizeAction } from './page_size.ts'
import { listPluginsAction, pluginInfoAction } from './plugins.ts'
import { configSchemaAction, ruleSchemaAction } from './schemas.ts'
import { explain } from './shared/explain.ts'
import { supportAction } from './support.ts'
import { validateAction } from './validate.ts'
import { versionAction } from './version.ts'

// `eyas NAME ...`: loaded when they are asked for, since most calls want none of them.
const loads: Readonly<Record<string, () => Command>> = {
  check: () => (require('./check.ts') as typeof import('./check.ts')).checkCommand,
  explain: () => (require('./explain.ts') as typeof import('./explain.ts')).explainCommand,
  fmt: () => (require('./fmt.ts') as typeof import('./fmt.ts')).fmtCommand,
  inspect: () => (require('./inspect.ts') as typeof import('./inspect.ts')).inspectCommand,
  driver: () => (require('./driver/index.ts') as typeof import('./driver/index.ts')).driverCommand,
  record: () => (require('./record.ts') as typeof import('./record.ts')).recordCommand,
  audit: () => (require('./audit/index.ts') as typeof import('./audit/index.ts')).auditCommand,
  status: () => (require('./status.ts') as typeof import('./status.ts')).statusCommand,
  doctor: () => (require('./doctor/index.ts') as typeof import('./doctor/index.ts')).doctorCommand,
  install: () => (require('./install/index.ts') as typeof import('./install/index.ts')).installCommand,
  uninstall: () => (require('./install/index.ts') as typeof import('./install/index.ts')).uninstallCommand,
  completion: () => (require('./completion.ts') as typeof import('./completion.ts')).completionCommand(allCommands),
}

/** `eyas NAME ...`. */
export function allCommands(): readonly Command[] {
  return Object.values(loads).map((load) => load())
}

/** What flags ask for, in the order in which one goes before another: first those that need no configuration. */
export const earlyActions: readonly EarlyAction[] = [configSchemaAction, ruleSchemaAction, ignoredAction, listEventsAction]
export const actions: readonly Action[] = [
  versionAction,
  pageSizeAction,
  pluginInfoAction,
  listPluginsAction,
  listFieldsAction,
  validateAction,
  describeAction,
  supportAction,
]

/** Runs the program: the exit code is 0, or 1 for anything that went wrong, which is then on standard error. */
export async function main(argv0: string, argv: readonly string[], env: Environment): Promise<number> {
  try {
    refuseUnsafe(env)
    return await dispatch(basename(argv0), argv, env)
  } catch (error) {
    print(
      explain(error)
        .map((text) => `Error: ${text}\n`)
        .join(''),
      2,
    )
    return 1
  }
}

async function dispatch(program: string, argv: readonly string[], env: Environment): Promise<number> {
  if (program.endsWith('-driver-loader')) {
    const { isLoader, runLoader } = require('./driver/loader.ts') as typeof import('./driver/loader.ts')
    if (isLoader(program)) return runLoader({ program, words: argv, env })
  }
  const isFalco = program === 'falco'
  const [first = ''] = argv
  const load = isFalco || !Object.hasOwn(loads, first) ? undefined : loads[first]
  if (load) return load().run({ program, words: argv.slice(1), env })
  const { args, rest } = parseArgs(argv, isFalco)
  if (rest.length > 0 && !isFalco) throw unknownWord(rest[0] ?? '')
  if (args.help) return print(usage(program, isFalco, isFalco ? [] : allCommands())) ? 0 : 1
  const call: Call = { program, isFalco, argv, args, env }
  return act(call)
}

async function act(call: Call): Promise<number> {
  const early = earlyActions.find((action) => action.isWanted(call))
  if (early) return early.run(call)
  const action = actions.find((each) => each.isWanted(call))
  if (action) return action.run(openContext(call, true))
  // What only a running agent needs takes as long to load as all the rest.
  const { start } = await import('./start.ts')
  return start(call)
}

function unknownWord(word: string): Fault {
  const near = closest(word, Object.keys(loads))
  return new Fault('command-unknown', `there is no command '${word}'`, {
    hint: near ? `did you mean ${near}?` : 'see --help for commands and options',
  })
}

// Bun obeys these before any of our code runs: other code comes with it, or a debugger listens. For a program of root that is a way in.
const unsafeVariables = ['BUN_OPTIONS', 'BUN_INSPECT', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_PRELOAD']

function refuseUnsafe(env: Environment): void {
  const name = unsafeVariables.find((each) => env[each])
  if (name === undefined) return
  throw new Fault('environment-unsafe', `${name} is set, which can make the runtime load other code into this program`, {
    hint: `start it without that variable: env -u ${name} eyas ...`,
  })
}
