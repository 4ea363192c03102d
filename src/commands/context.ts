import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { Log, type LogLevel, type LogOptions, logLevels } from '../base/log.ts'
import { print } from '../base/print.ts'
import { eyasVersion, falcoVersion } from '../base/version.ts'
import builtInConfig from '../config/falco.yaml' with { type: 'text' }
import { type Config, loadConfig } from '../config/load.ts'
import { find } from '../config/read.ts'
import { parseArgs } from './args.ts'
import type { CommandCall } from './command.ts'
import type { Args } from './flags.ts'
import { optionsOf } from './shared/options.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What every action is given. */
export interface Context {
  /** The name it was called by. */
  readonly program: string
  /** Whether that name is `falco`: then it takes exactly Falco's flags. */
  readonly isFalco: boolean
  readonly argv: readonly string[]
  readonly args: Args
  readonly env: Environment
  readonly config: Config
  readonly log: Log
}

/** The program's name and command line, before any configuration. */
export type Call = Pick<Context, 'program' | 'isFalco' | 'argv' | 'args' | 'env'>

/** The call of a command that reads the configuration: like one of the program itself with the flags in `given`. */
export function callOf({ program, words, env }: Pick<CommandCall, 'program' | 'words' | 'env'>, given: Partial<Args>): Call {
  return { program, isFalco: false, argv: words, env, args: { ...parseArgs([], false).args, ...given } }
}

/** What both alerts and messages of the program are named by in the system log: what watches Falco's looks for this. */
export const systemLogTag = 'falco'

const defaultConfigPath = '/etc/falco/falco.yaml'

/**
 * Loads the configuration that the command line asks for, and says on the log what it was.
 *
 * `isBrief`: something is only to be printed, so that the defaults that hold without a file are not worth lines of log.
 *
 * @throws Fault, Faults as `config/load.ts` does.
 */
export function openContext(call: Call, isBrief: boolean): Context {
  return contextFrom(call, configPathOf(call), isBrief)
}

/** As `openContext`, but without `-c` the built-in defaults hold, whatever this host has in /etc. */
export function openPlainContext(call: Call): Context {
  return contextFrom(call, call.args.config, true)
}

/** As `openContext`, saying nothing. */
export function openSilentContext(call: Call): Context {
  return { ...call, config: readConfig(call, configPathOf(call)), log: new Log({ level: 'emergency', isIso8601: false, targets: [] }) }
}

/**
 * The same with the configuration as the files have it now, which the log does not follow before `reconfigureLog`.
 *
 * @throws Fault, Faults as `openContext` does.
 */
export function reopenContext(context: Context): Context {
  const now = { ...context, config: withKind(readConfig(context, configPathOf(context)), context.config.settings['engine.kind']) }
  announceFiles(now)
  return now
}

/** The files and directories that a configuration comes from, also those that are not there. */
export function configPaths(context: Context): readonly string[] {
  const { paths } = context.config
  return context.args.config === undefined && !paths.includes(defaultConfigPath) ? [defaultConfigPath, ...paths] : paths
}

/** Lets the log be as a new configuration asks for. */
export function reconfigureLog({ log, config }: Context): void {
  log.configure(logOptions(config, config.settings.log_level, true))
}

// What auto came to at the start stays.
function withKind(config: Config, kind: Config['settings']['engine.kind']): Config {
  return config.settings['engine.kind'] === 'auto' ? { ...config, settings: { ...config.settings, 'engine.kind': kind } } : config
}

function configPathOf({ args }: Call): string | undefined {
  return args.config ?? (existsSync(defaultConfigPath) ? defaultConfigPath : undefined)
}

function contextFrom(call: Call, path: string | undefined, isBrief: boolean): Context {
  const config = readConfig(call, path)
  const level = isBrief && path === undefined ? 'warning' : config.settings.log_level
  const context = { ...call, config, log: new Log(logOptions(config, level, !isBrief)) }
  announce(context)
  return context
}

function readConfig({ args, env }: Call, path: string | undefined): Config {
  const source = path === undefined ? { path: 'built-in defaults', text: builtInConfig } : { path }
  return loadConfig({ ...source, options: optionsOf(args), env })
}

function logOptions({ settings }: Config, level: LogLevel, hasSystemLog: boolean): LogOptions {
  const { log_stderr, log_syslog, log_format, time_format_iso_8601 } = settings
  const targets = [...(log_stderr ? [stderrTarget] : []), ...(log_syslog && hasSystemLog ? [systemLogTarget] : [])]
  return { level, isIso8601: time_format_iso_8601, isJson: log_format === 'json', targets }
}

function stderrTarget(line: string): void {
  print(`${line}\n`, 2)
}

function systemLogTarget(_line: string, level: LogLevel, text: string): void {
  const { sendToSystemLog } = require('../capture/system_log.ts') as typeof import('../capture/system_log.ts')
  sendToSystemLog(systemLogTag, logLevels.indexOf(level), text)
}

function announce(context: Context): void {
  const { log, argv, program } = context
  log.debug(`CLI args: ${[program, ...argv].join(' ')}`)
  log.info(`Falco version: ${falcoVersion} (${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}), as Eyas ${eyasVersion} provides it`)
  log.info('Falco initialized with configuration files:')
  announceFiles(context)
  log.info(`System info: Linux ${release()}`)
}

function announceFiles({ config, log, args }: Context): void {
  for (const { path, isEmpty, problems } of config.files) {
    const [first] = problems
    const verdict = isEmpty ? 'none' : first ? `failed for <root>: ${at(first.place)}${first.message}` : 'ok'
    log.info(`   ${path} | schema validation: ${verdict}`)
    for (const { place, message } of problems.slice(1)) log.warning(`   ${path}: ${at(place)}${message}`)
  }
  for (const { place, message } of config.optionProblems) log.warning(`   ${place.file}: ${message}`)
  if (config.notInEffect.length > 0) log.warning(`Not yet in effect in this release: ${config.notInEffect.join(', ')}`)
  if (find(config.tree, 'rules_file')) log.warning("The key 'rules_file' is deprecated: use 'rules_files'")
  if (args.print !== undefined) log.warning('The -p/--print option is deprecated: use -o append_output... instead')
}

function at({ line, column }: { readonly line?: number; readonly column?: number }): string {
  return line === undefined ? '' : `line ${line}, column ${column}: `
}
