import { print } from '../base/print.ts'
import {
  defaultDriverVersion,
  driverApiVersion,
  driverSchemaVersion,
  engineVersion,
  eyasVersion,
  falcoVersion,
  libsVersion,
  pluginApiVersion,
} from '../base/version.ts'
import type { Action } from './command.ts'

/** The versions as tools read them: the keys of Falco's `GET /versions`, and our own. */
export function versions(): Readonly<Record<string, string>> {
  return {
    default_driver_version: defaultDriverVersion,
    driver_api_version: driverApiVersion,
    driver_schema_version: driverSchemaVersion,
    engine_version: engineVersion.split('.')[1] ?? engineVersion,
    engine_version_semver: engineVersion,
    eyas_version: eyasVersion,
    falco_version: falcoVersion,
    libs_version: libsVersion,
    plugin_api_version: pluginApiVersion,
  }
}

/** The versions as people read them. */
export function versionText(): string {
  return [
    `Eyas version:  ${eyasVersion}`,
    `Falco version: ${falcoVersion}`,
    `Libs version:  ${libsVersion}`,
    `Plugin API:    ${pluginApiVersion}`,
    `Engine:        ${engineVersion}`,
    'Driver:',
    `  API version:    ${driverApiVersion}`,
    `  Schema version: ${driverSchemaVersion}`,
    `  Default driver: ${defaultDriverVersion}`,
    '',
  ].join('\n')
}

export const versionAction: Action = {
  name: 'version',
  isWanted: ({ args }) => args.version,
  run: ({ config }) => (print(config.settings.json_output ? `${JSON.stringify(versions())}\n` : versionText()) ? 0 : 1),
}
