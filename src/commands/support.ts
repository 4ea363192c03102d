import { readFileSync } from 'node:fs'
import { maskSecrets } from '../base/mask.ts'
import { print } from '../base/print.ts'
import { driverApiVersion, driverSchemaVersion, engineVersion, eyasVersion, falcoVersion } from '../base/version.ts'
import { plain } from '../config/read.ts'
import type { Action } from './command.ts'
import { rulesFiles } from './shared/rules.ts'

/** `--support`: what a bug report needs, as JSON. */
export const supportAction: Action = {
  name: 'support',
  isWanted: ({ args }) => args.support,
  run: (context) => {
    const document = {
      version: falcoVersion,
      eyas_version: eyasVersion,
      engine_info: {
        engine_version: engineVersion.split('.')[1],
        engine_version_semver: engineVersion,
        driver_api_version: driverApiVersion,
        driver_schema_version: driverSchemaVersion,
      },
      cmdline: maskSecrets([context.program, ...context.argv].join(' ')),
      config: maskSecrets(JSON.stringify(plain(context.config.tree))),
      rules_files: rulesFiles(context).map(({ name, text }) => ({ name, variants: [{ content: text }] })),
      system_info: systemInfo(),
    }
    return print(`${JSON.stringify(document)}\n`) ? 0 : 1
  },
}

// As uname(2) gives them.
function systemInfo() {
  const kernel = (name: string) => readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim()
  return {
    machine: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    nodename: kernel('hostname'),
    release: kernel('osrelease'),
    sysname: kernel('ostype'),
    version: kernel('version'),
  }
}
