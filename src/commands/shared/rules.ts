import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import syscallRules from '../../../rules/falco_rules.yaml' with { type: 'text' }
import auditRules from '../../../rules/k8s_audit_rules.yaml' with { type: 'text' }
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import type { RulesFile } from '../../rule/load.ts'
import type { Context } from '../context.ts'
import { loadedPlugins } from './plugins.ts'

const auditRulesName = 'builtin:k8s_audit_rules.yaml'
const builtIns: ReadonlyMap<string, string> = new Map([
  ['builtin:falco_rules.yaml', syscallRules],
  [auditRulesName, auditRules],
])

/**
 * The rules files that the command line or else the configuration names, in order; a directory gives its .yml and .yaml
 * files in order of name. Paths of the configuration that do not exist are left out.
 *
 * @throws Fault `rules-unreadable` for a path of the command line that is not there, or a file that cannot be read.
 */
export function rulesFiles(context: RulesContext): RulesFile[] {
  const isOrdered = context.args.rules.length > 0
  return namedPaths(context).flatMap((path) => filesAt(path, isOrdered))
}

/** The files and directories where rules are looked for, also those that are not there. */
export function rulesPaths(context: RulesContext): string[] {
  return namedPaths(context).filter((path) => !builtIns.has(path))
}

type RulesContext = Pick<Context, 'args' | 'config'>

function namedPaths(context: RulesContext): readonly string[] {
  const { settings } = context.config
  if (context.args.rules.length > 0) return context.args.rules
  const hasAudit = loadedPlugins(context).some(({ plugin }) => plugin.source?.name === 'k8s_audit')
  // The built-in configuration has rules for a source that few hosts have.
  return [...settings.rules_files, ...settings.rules_file].filter((path) => path !== auditRulesName || hasAudit)
}

/** As `rulesFiles`, but there must be one. */
export function someRulesFiles(context: Pick<Context, 'args' | 'config'>): RulesFile[] {
  const files = rulesFiles(context)
  if (files.length > 0) return files
  throw new Fault('rules-missing', 'You must specify at least one rules file/directory via -r or a rules_files entry in falco.yaml', {
    hint: 'rules_files: [builtin:falco_rules.yaml] loads the rules that are built in',
  })
}

/** One file's text under the name that users know it by. */
export function readRules(path: string): RulesFile {
  const builtIn = builtIns.get(path)
  if (builtIn !== undefined) return { name: path, text: builtIn }
  try {
    return { name: path, text: readFileSync(path, 'utf8') }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/**
 * The file, the files of the directory, or the built-in file that a path names.
 *
 * @throws Fault `rules-unreadable`.
 */
export function filesAt(path: string, mustExist: boolean): RulesFile[] {
  if (builtIns.has(path)) return [readRules(path)]
  return pathsAt(path, mustExist).map(readRules)
}

/** The file, or the rules files of the directory, that a path names. */
export function pathsAt(path: string, mustExist: boolean): string[] {
  try {
    const info = statSync(path, { throwIfNoEntry: mustExist })
    if (!info) return []
    if (!info.isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name))
    const files = names.sort().map((name) => join(path, name))
    return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): Fault {
  const hint = 'check the path of the rules file and who may read it'
  return new Fault('rules-unreadable', `Could not open file ${path || "''"}: ${fileProblem(cause)}`, { hint, cause })
}
