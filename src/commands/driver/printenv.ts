import { print } from '../../base/print.ts'
import { targetOf } from '../../drivers/kmod/target.ts'
import { defineCommand } from '../command.ts'
import { chooseType } from './choice.ts'
import { type DriverOptions, driverFlags, driverOptions } from './options.ts'

/** `eyas driver printenv`. */
export const printenvCommand = defineCommand({
  name: 'driver printenv',
  summary: 'Prints what the other commands go by, as assignments for a shell.',
  usage: '[OPTION...]',
  flags: driverFlags,
  run: ({ args, env }) => (print(environmentText(driverOptions(args, env))) ? 0 : 1),
})

/** The variables that tools around falcoctl read. */
export function environmentText(options: DriverOptions): string {
  const { host, name, version, repositories } = options
  const target = targetOf(host)
  const variables = {
    DRIVER: chooseType(options).type,
    DRIVERS_REPO: repositories.join(', '),
    DRIVER_VERSION: version,
    DRIVER_NAME: name,
    HOST_ROOT: host.root,
    TARGET_ID: target.id,
    ARCH: host.arch,
    KERNEL_RELEASE: host.release,
    KERNEL_VERSION: host.version,
    FIXED_KERNEL_RELEASE: target.release,
    FIXED_KERNEL_VERSION: target.version,
  }
  return Object.entries(variables)
    .map(([key, value]) => `${key}="${value.replace(/["\\$`]/g, '\\$&')}"\n`)
    .join('')
}
