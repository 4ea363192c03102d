import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { driverKinds, engineKindIn, withDriverSection } from '../../config/driver_file.ts'
import type { Journal } from '../../drivers/kmod/journal.ts'
import { defineCommand } from '../command.ts'
import { chooseType } from './choice.ts'
import { updateConfigMap } from './configmap.ts'
import { type DriverOptions, type DriverType, driverFlags, driverOptions, isOn, switchArg } from './options.ts'
import { printedJournal } from './steps.ts'

/** `eyas driver config`. */
export const configCommand = defineCommand({
  name: 'driver config',
  summary: "Writes the chosen driver into falcoctl's configuration, and engine.kind into Falco's.",
  usage: '[OPTION...]',
  flags: [
    ...driverFlags,
    { name: 'updateFalco', long: 'update-falco', ...switchArg, help: "Change Falco's configuration, too (default true)." },
    { name: 'falcoConfigDir', long: 'falco-config-dir', arg: 'DIR', help: "Directory of Falco's configuration (default /etc/falco)." },
    { name: 'namespace', long: 'namespace', arg: 'NAME', help: 'Change a ConfigMap in this namespace, in place of the directory.' },
    { name: 'configmap', long: 'configmap', arg: 'NAME', help: 'The ConfigMap, which has falco.yaml.' },
    { name: 'kubeconfig', long: 'kubeconfig', arg: 'FILE', help: 'How to reach the cluster (default: as a pod does).' },
    { name: 'dryRun', long: 'dry-run', help: 'Say what would be done, and do nothing.' },
  ],
  run: async ({ args, env }) => {
    const options = driverOptions(args, env, true)
    const { type, reason } = chooseType(options)
    const journal = printedJournal(options.isJson)
    journal.done('choose a driver', `${type}: ${reason}`)
    writeSection(options, type, journal, args.dryRun)
    if (!isOn(args.updateFalco ?? env.FALCOCTL_DRIVER_CONFIG_UPDATE_FALCO, true, 'update-falco')) return 0
    const namespace = args.namespace || env.FALCOCTL_DRIVER_CONFIG_NAMESPACE
    const configmap = args.configmap || env.FALCOCTL_DRIVER_CONFIG_CONFIGMAP
    if (namespace && configmap)
      await updateConfigMap({ namespace, configmap, kubeconfig: args.kubeconfig, kind: type, isDryRun: args.dryRun, env }, journal)
    else if (namespace || configmap) throw new Fault('flag-invalid', 'a ConfigMap takes both --namespace and --configmap')
    else updateDirectory(args.falcoConfigDir ?? '/etc/falco', type, journal, args.dryRun)
    return 0
  },
})

function writeSection(options: DriverOptions, type: DriverType, journal: Journal, isDryRun: boolean): void {
  const { configFile, name, repositories, version, host } = options
  const text = existsSync(configFile) ? readText(configFile) : ''
  const section = { type: [type], name, repos: repositories, version, hostRoot: host.root }
  write(configFile, withDriverSection(text, configFile, section), journal, isDryRun)
}

function updateDirectory(dir: string, kind: DriverType, journal: Journal, isDryRun: boolean): void {
  const main = join(dir, 'falco.yaml')
  const path = join(dir, 'config.d', 'engine-kind-falcoctl.yaml')
  const present = existsSync(main) ? (engineKindIn(readText(main), main) ?? 'kmod') : undefined
  if (present === undefined) journal.skip(`write ${path}`, `there is no ${main}`)
  else if (!driverKinds.has(present)) journal.skip(`write ${path}`, `engine.kind is ${present} in ${main}, which is no driver`)
  else write(path, `engine:\n  kind: ${kind}\n`, journal, isDryRun)
}

function write(path: string, text: string, journal: Journal, isDryRun: boolean): void {
  const what = `write ${path}`
  if (isDryRun) {
    journal.plan(what, text.trim().replaceAll('\n', '\n    '))
    return
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    const near = `${path}.${process.pid}.new`
    writeFileSync(near, text, { flag: 'wx', mode: 0o644 })
    renameSync(near, path)
  } catch (cause) {
    throw new Fault('file-refused', `${path} cannot be written: ${fileProblem(cause)}`, {
      hint: 'run this as root, or name other places by --config and --falco-config-dir',
      cause,
    })
  }
  journal.done(what, 'written')
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('config-unreadable', `cannot read ${path}: ${fileProblem(cause)}`, { cause })
  }
}
