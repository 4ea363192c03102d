import { existsSync, readFileSync } from 'node:fs'
import { print } from '../../base/print.ts'
import { kmodFacts } from '../../capture/kmod.ts'
import { probe } from '../../capture/library.ts'
import { chooseDriver } from '../../drivers/index.ts'
import { firstDevice, isLoaded, loadedVersion, lockdownMode } from '../../drivers/kmod/load.ts'
import { moduleNames } from '../../drivers/kmod/sources.ts'
import { targetOf } from '../../drivers/kmod/target.ts'
import { defineCommand } from '../command.ts'
import { type DriverOptions, driverFlags, driverOptions } from './options.ts'

/** `eyas driver status`. */
export const statusCommand = defineCommand({
  name: 'driver status',
  summary: 'Says which driver this machine would use and why, and what its kernel gives.',
  usage: '[OPTION...]',
  flags: [...driverFlags, { name: 'json', long: 'json', help: 'Print JSON.' }],
  run: ({ args, env }) => {
    const status = statusOf(driverOptions(args, env))
    return print(args.json ? `${JSON.stringify(status, null, 2)}\n` : textOf(status)) ? 0 : 1
  },
})

type Status = ReturnType<typeof statusOf>

function statusOf({ host, name }: DriverOptions) {
  const names = [...new Set([name, ...moduleNames])]
  return {
    auto: chooseDriver() ?? { name: 'none', reasons: [] },
    kernel: { release: host.release, version: host.version, target: targetOf(host), lockdown: lockdownMode() },
    modules: names.map((each) => ({ name: each, ...moduleStatus(each) })),
    features: probe(),
  }
}

function moduleStatus(name: string) {
  if (!isLoaded(name)) return { isLoaded: false as const }
  const uses = existsSync(`/sys/module/${name}/refcnt`) ? Number(readFileSync(`/sys/module/${name}/refcnt`, 'utf8')) : 0
  const device = firstDevice(name) ?? ''
  // As a consumer that looks and goes; without the right to open it, what the system tells of it has to do.
  const { version = loadedVersion(name) ?? '', api = '', schema = '' } = (device === '' ? undefined : kmodFacts(name)) ?? {}
  return { isLoaded: true as const, version, api, schema, device, uses }
}

function textOf({ auto, kernel, modules, features }: Status): string {
  const rows = [
    ['engine.kind auto', auto.name],
    ...auto.reasons.map((reason) => ['', reason]),
    ['kernel', `${kernel.release} (target ${kernel.target.id} ${kernel.target.release} ${kernel.target.version})`],
    ['lockdown', kernel.lockdown],
    ...modules.map((module) => [`module ${module.name}`, moduleText(module)]),
    ...features.map(({ name, isThere, reason }) => [`eBPF ${name}`, `${isThere ? 'yes' : 'no'}: ${reason}`]),
  ]
  return rows.map(([left = '', right = '']) => `${left.padEnd(20)} ${right}\n`).join('')
}

function moduleText(module: Status['modules'][number]): string {
  if (!module.isLoaded) return 'not loaded'
  const versions = module.api === '' ? '' : `, API ${module.api}, schema ${module.schema}`
  return `loaded, ${module.version || 'of no known version'}${versions}, ${module.device || 'without devices'}, ${module.uses} in use`
}
