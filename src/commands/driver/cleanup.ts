import { cleanup, planCleanup } from '../../drivers/kmod/cleanup.ts'
import { defineCommand } from '../command.ts'
import { type DriverOptions, driverFlags, driverOptions } from './options.ts'
import { printedJournal, requireRights } from './steps.ts'

/** `eyas driver cleanup`. */
export const cleanupCommand = defineCommand({
  name: 'driver cleanup',
  summary: 'Takes the module out of the kernel, and removes what installing it left.',
  usage: '[OPTION...]',
  flags: [...driverFlags, { name: 'dryRun', long: 'dry-run', help: 'Say what would be done, and do nothing.' }],
  run: ({ args, env }) => cleanUp(driverOptions(args, env), args.dryRun),
})

/** @throws Fault `not-permitted`. */
export async function cleanUp(options: DriverOptions, isDryRun: boolean): Promise<number> {
  const journal = printedJournal(options.isJson)
  if (isDryRun) {
    await planCleanup(options, journal)
    return 0
  }
  requireRights('cleaning up')
  return (await cleanup(options, journal)) ? 0 : 1
}
